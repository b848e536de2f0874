"""A door that answers from memory, and a panel over it for one simulated reader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from components.frame import Frame, no_such_salon
from components.viewer import Person, Route, Viewer
from data import Door
from errors import AppError
from i18n import translator
from jobs.prefect_api import Prefect
from live.feeds import OpenFeed
from models import (
    AuditEntry,
    Identity,
    LocaleName,
    Membership,
    Permission,
    Role,
    SessionTimes,
    Tenant,
    TenantUser,
)
from pages import audit, overview, settings, users
from tests.pages import overviews

NOW = datetime(2026, 3, 15, 20, 30, tzinfo=UTC)
LAVENDER = UUID("10000000-0000-4000-8000-000000000001")
THREAD = UUID("10000000-0000-4000-8000-000000000002")
STRANGE = UUID("10000000-0000-4000-8000-000000000009")
ANNA = UUID("20000000-0000-4000-8000-000000000001")
BORIS = UUID("20000000-0000-4000-8000-000000000002")
HOSTILE = "<img src=x onerror=alert(1)>"

ROUTES = (
    Route("overview", overview.build, Permission.OVERVIEW_READ, "Overview", "insights", has_period=True),
    Route("users", users.build, Permission.USERS_READ, "People", "group"),
    Route("audit", audit.build, Permission.AUDIT_READ, "Audit log", "history"),
    Route("settings", settings.build, Permission.OVERVIEW_READ, "Settings", "tune"),
)


def member(user_id: UUID, name: str, role: Role, *, is_active: bool = True) -> TenantUser:
    """A member of the salon."""
    return TenantUser(
        user_id=user_id,
        email=f"{str(user_id)[-1]}@example.com",
        full_name=name,
        role=role,
        is_active=is_active,
        created_at=NOW,
    )


def entry(audit_id: int, action: str, **values: Any) -> AuditEntry:
    """An entry of the audit log."""
    return AuditEntry(audit_id=audit_id, action=action, occurred_at=NOW, **values)


@dataclass
class FakeDoor:
    """Answers as set; remembers what was asked and written."""

    overview: dict[str, Any] = field(default_factory=overviews.empty)
    salons: list[dict[str, Any]] = field(default_factory=list)
    members: list[TenantUser] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    problem: Exception | None = None
    refusal: AppError | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    written: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    write_seconds: float = 0.0

    async def read(self, function: str, model: type[Any], **arguments: Any) -> list[Any]:
        """`Door.read`."""
        self._ask(function, arguments)
        return [model.model_validate(row) for row in self.salons]

    async def read_value(self, function: str, **arguments: Any) -> Any:
        """`Door.read_value`."""
        self._ask(function, arguments)
        return self.overview

    async def rows(self, view: str, _: type, *, limit: int, **arguments: Any) -> list[Any]:
        """`Door.rows`; of the conditions, those that the pages use."""
        self._ask(view, arguments)
        if view == "tenant_users":
            return list(self.members)
        before = int((arguments["where"].get("audit_id") or "lt.999999").removeprefix("lt."))
        return [one for one in self.entries if one.audit_id < before][:limit]

    async def call(self, function: str, **arguments: Any) -> Any:
        """`Door.call`."""
        self.written.append((function, arguments))
        await asyncio.sleep(self.write_seconds)
        if self.refusal is not None:
            raise self.refusal
        return self.answers.get(function, {})

    def calls(self, function: str) -> list[dict[str, Any]]:
        """The arguments of every call of a function."""
        return [arguments for name, arguments in self.written if name == function]

    def _ask(self, what: str, arguments: Mapping[str, Any]) -> None:
        self.asked.append((what, dict(arguments)))
        if self.problem is not None:
            raise self.problem


def busy_door() -> FakeDoor:
    """A salon at work."""
    return FakeDoor(
        overview=overviews.document(),
        members=[member(ANNA, "Анна Соколова", Role.OWNER), member(BORIS, HOSTILE, Role.ADMIN)],
        entries=[
            entry(
                2,
                "member.added",
                actor_id=ANNA,
                actor_name=HOSTILE,
                subject=str(BORIS),
                details={"role": "admin"},
            ),
            entry(1, "sign_in_failed", subject="a***@example.com", details={"reason": "wrong_password"}),
        ],
    )


def tenants(role: Role) -> list[Tenant]:
    """The reader's two salons."""
    return [
        Tenant(
            tenant_id=LAVENDER,
            name="Lavender",
            role=role,
            time_zone="Europe/Moscow",
            currency="RUB",
            is_active=True,
        ),
        Tenant(
            tenant_id=THREAD,
            name="Thread",
            role=role,
            time_zone="Asia/Kolkata",
            currency="INR",
            is_active=True,
        ),
    ]


def make_root(
    door: FakeDoor,
    *,
    role: Role = Role.OWNER,
    locale: LocaleName = "en",
    own: list[Tenant] | None = None,
    routes: tuple[Route, ...] = ROUTES,
    prefect: Prefect | None = None,
    open_feed: Callable[[], OpenFeed] | None = None,
) -> Callable[[], None]:
    """The page function of a panel where the reader has `role` in both salons."""
    words = translator(locale)
    real_door = cast(Door, door)
    salons = tenants(role) if own is None else own
    identity = Identity(
        user_id=ANNA,
        email="anna@example.com",
        full_name="Анна Соколова",
        last_tenant_id=LAVENDER,
        memberships=tuple(Membership(tenant_id=one.tenant_id, role=role) for one in salons),
        session=SessionTimes(created_at=NOW, last_seen_at=NOW, idle_expires_at=NOW, expires_at=NOW),
    )

    async def enter(tenant_id: UUID) -> Viewer:
        for tenant in salons:
            if tenant.tenant_id == tenant_id:
                return Viewer(
                    identity=identity,
                    tenant=tenant,
                    role=role,
                    tr=words,
                    door=real_door,
                    demo=True,
                    origin="http://test",
                    now=lambda: NOW,
                    prefect=prefect,
                    open_feed=open_feed,
                )
        raise no_such_salon()

    def root() -> None:
        Frame(Person(identity, salons, words, demo=True, door=real_door, enter=enter), routes)

    return root
