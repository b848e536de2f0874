"""Stand-ins for unit tests: a store without a database, people, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import bcrypt
import pytest

from errors import Unavailable
from identity.store import SignInStore
from models import Identity, Membership, Role, SessionTimes

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HASH = "ab" * 32
OTHER_HASH = "cd" * 32
SALON = UUID("11111111-1111-4111-8111-111111111111")
OTHER_SALON = UUID("22222222-2222-4222-8222-222222222222")


class Clock:
    """Seconds since the start, in the forms that the parts ask for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return 1000 + self.seconds

    def timestamp(self) -> float:
        return self.now().timestamp()


def person(role: Role = Role.OWNER, *, idle_seconds: int = 600, lifetime_seconds: int = 3600) -> Identity:
    """Somebody with one role; a platform admin's is for every salon."""
    return Identity(
        user_id=uuid4(),
        email="anna@salon.test",
        full_name="Anna",
        session=SessionTimes(
            created_at=START,
            last_seen_at=START,
            idle_expires_at=START + timedelta(seconds=idle_seconds),
            expires_at=START + timedelta(seconds=lifetime_seconds),
        ),
        memberships=(Membership(tenant_id=None if role is Role.PLATFORM_ADMIN else SALON, role=role),),
    )


def recorded_checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cost (such as `$2b$04$`) of each bcrypt check from now on: the work that an answer takes."""
    costs: list[str] = []
    check = bcrypt.checkpw

    def recorded(password: bytes, hashed_password: bytes) -> bool:
        costs.append(hashed_password[:7].decode())
        return check(password, hashed_password)

    monkeypatch.setattr(bcrypt, "checkpw", recorded)
    return costs


class FakeStore:
    """The sessions of `SignInStore`, in memory."""

    def __init__(self) -> None:
        self.alive: dict[str, Identity] = {}
        self.is_away = False
        self.lookups = 0
        self.touched: list[tuple[set[str], set[str]]] = []

    async def session(self, session_hash: str) -> Identity | None:
        self._answer()
        self.lookups += 1
        return self.alive.get(session_hash)

    async def touch_sessions(
        self, seen: Collection[str], watched: Collection[str], idle_seconds: int
    ) -> set[str]:
        self._answer()
        self.touched.append((set(seen), set(watched)))
        return set(watched) & self.alive.keys()

    def _answer(self) -> None:
        if self.is_away:
            raise Unavailable("The database does not answer.")

    def as_store(self) -> SignInStore:
        return cast(SignInStore, self)
