"""An export behind a real server on loopback, with a door that answers from memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.exports.route import DialogueExport
from components.frame import no_such_salon
from data import Door
from errors import AppError, Invalid
from i18n import Translator, translator
from models import PERMISSIONS, Identity, LocaleName, Permission, Role, SessionTimes, Tenant

SALON = UUID("10000000-0000-4000-8000-000000000001")
NOW = datetime(2026, 3, 15, 20, 30, tzinfo=UTC)
BATCH_ROWS = 700


def dialogue_row(number: int, **changes: Any) -> dict[str, Any]:
    """A row as `list_dialogues` gives it."""
    row = {
        "session_id": str(UUID(int=number)),
        "client_id": str(UUID(int=10_000 + number)),
        "client_name": f"Клиент {number}",
        "channel": "telegram",
        "started_at": (NOW - timedelta(minutes=number)).isoformat(),
        "ended_at": (NOW - timedelta(minutes=number - 1)).isoformat(),
        "last_activity_at": (NOW - timedelta(minutes=number - 1)).isoformat(),
        "is_active": False,
        "status": "booked",
        "is_known_status": True,
        "intent": "booking",
        "booking_status": "confirmed",
        "booking_source": "bot",
        "booking_at": "2026-03-20T09:00:00+00:00",
        "booking_amount": 1500.5,
        "booking_currency": "RUB",
        "messages_count": 10,
        "replies_count": 5,
        "drop_off_stage": None,
        "sentiment": "positive",
        "services": ["Стрижка", "Укладка"],
        "staff_id": "101",
        "stage": 5,
        "first_reply_ms": 1250,
        "tags": ["vip"],
        "hit": None,
        "cursor": str(number),
    }
    assert not changes.keys() - row.keys()
    return row | changes


@dataclass
class FakeDoor:
    """Answers as set; the cursor of a row is its number, from 1."""

    dialogues: Sequence[dict[str, Any]] = ()
    total: int | None = None
    refusal: AppError | None = None
    breaks_after: int | None = None
    """Batches until the database is away."""
    gate: asyncio.Event | None = None
    """What each batch but the first waits for."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    noted: list[dict[str, Any]] = field(default_factory=list)

    async def read_value(self, function: str, **arguments: Any) -> Any:
        """`Door.read_value`."""
        if self.refusal is not None:
            raise self.refusal
        if function == "count_dialogues":
            return len(self.dialogues) if self.total is None else self.total
        assert function == "list_dialogues", function
        if arguments["after"] is not None and self.gate is not None:
            await self.gate.wait()
        self.asked.append(arguments)
        if self.breaks_after is not None and len(self.asked) > self.breaks_after:
            raise Invalid("The database broke.")
        first = int(arguments["after"] or 0)
        size = min(arguments["page_size"], BATCH_ROWS)
        return json.loads(json.dumps(self.dialogues[first : first + size]))

    async def call(self, function: str, **arguments: Any) -> Any:
        """`Door.call`."""
        assert function == "note_export", function
        self.noted.append(arguments)


@dataclass(frozen=True)
class FakeReader:
    """Who is signed in."""

    identity: Identity
    tenant: Tenant
    role: Role
    tr: Translator
    door: Door
    today: date

    def may(self, permission: Permission) -> bool:
        """`Viewer.may`."""
        return permission in PERMISSIONS[self.role]


@dataclass
class Exports:
    """The running server. `?as=` of an address names who asks; each name is a person of their own."""

    door: FakeDoor
    locale: LocaleName = "en"
    time_zone: str = "Europe/Moscow"
    slug: str | None = "lavender"
    at_once: int = 2
    url: str = ""
    people: dict[str, UUID] = field(default_factory=dict)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Exports]:
        """Serve on a port of its own."""
        app = Starlette(routes=[DialogueExport(self._enter, _refuse, at_once=self.at_once).route()])
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/s/{SALON}/dialogues/export"
        try:
            yield self
        finally:
            server.should_exit = True
            await serving

    async def _enter(self, request: Request, tenant_id: UUID) -> FakeReader:
        if tenant_id != SALON:
            raise no_such_salon()
        name = request.query_params.get("as", "anna")
        user_id = self.people.setdefault(name, uuid4())
        return FakeReader(
            identity=Identity(
                user_id=user_id,
                email=f"{name}@example.com",
                full_name=name,
                session=SessionTimes(created_at=NOW, last_seen_at=NOW, idle_expires_at=NOW, expires_at=NOW),
            ),
            tenant=Tenant(
                tenant_id=SALON,
                name="Lavender",
                slug=self.slug,
                role=Role.OWNER,
                time_zone=self.time_zone,
                currency="RUB",
                is_active=True,
            ),
            role=Role.OWNER,
            tr=translator(self.locale),
            door=cast(Door, self.door),
            today=NOW.date(),
        )


def _refuse(_: Request, problem: AppError) -> Response:
    return PlainTextResponse(f"{problem.code}: {problem.message} {problem.advice}", problem.status)


__all__ = ["SALON", "Exports", "FakeDoor", "dialogue_row"]
