"""API keys of machines: whose one is, what it may, and what its salon wants of events."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel

from data import Door, Supabase
from errors import NotAllowed, SignInRequired
from identity.tokens import TokenMinter

Scope = Literal["ingest", "read", "control"]

REMEMBERED_SECONDS = 3.0
"""How long an answer about a key counts. The database asks again at each write and read: this spares a
question, and a revoked key what is done before it."""
USED_SECONDS = 60.0
"""How often the database is told that a key is in use."""
REMEMBERED_KEYS = 4_096
_FORM = re.compile(r"agp_[A-Za-z0-9_-]{43}")


class _Known(BaseModel):
    key_id: UUID
    tenant_id: UUID
    scopes: tuple[Scope, ...]
    rules: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeyClaims:
    """A living key. `rules` are the salon's, as JSON; `door` acts for the key."""

    key_id: UUID
    tenant_id: UUID
    scopes: tuple[Scope, ...]
    rules: bytes
    door: Door

    def require(self, scope: Scope) -> None:
        """Raises `NotAllowed` for a key without the scope."""
        if scope not in self.scopes:
            raise NotAllowed(
                "This key may not do this.", code="key_scope", advice="Use a key that has the scope."
            )


@dataclass(slots=True)
class _Remembered:
    claims: KeyClaims | None
    until: float
    noted_at: float = float("-inf")


class Keys:
    """The keys that this process has seen, as of at most `REMEMBERED_SECONDS` ago."""

    def __init__(
        self, supabase: Supabase, minter: TokenMinter, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._supabase = supabase
        self._minter = minter
        self._clock = clock
        self._asking_door = supabase.door(minter.machine_source("dashboard_ingest"))
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def claims(self, key: str) -> KeyClaims:
        """Raises `SignInRequired` for what is no living key, and `Unavailable` while nobody knows."""
        if _FORM.fullmatch(key) is None:
            raise _unknown()
        key_hash = hashlib.sha256(key.encode()).hexdigest()
        known = self._fresh(key_hash)
        if known is None:
            # of many requests with one key, one asks
            lock = self._asking.setdefault(key_hash, asyncio.Lock())
            try:
                async with lock:
                    known = self._fresh(key_hash) or await self._ask(key_hash)
            finally:
                if not lock.locked():
                    self._asking.pop(key_hash, None)
        if known.claims is None:
            raise _unknown()
        return known.claims

    def _fresh(self, key_hash: str) -> _Remembered | None:
        known = self._remembered.get(key_hash)
        return known if known is not None and self._clock() < known.until else None

    async def _ask(self, key_hash: str) -> _Remembered:
        asked_at = self._clock()
        told = await self._asking_door.read_value("key_claims", key_hash=key_hash)
        earlier = self._remembered.get(key_hash)
        known = _Remembered(self._claims(told) if told else None, asked_at + REMEMBERED_SECONDS)
        if earlier is not None:
            known.noted_at = earlier.noted_at
        if known.claims is not None and asked_at - known.noted_at >= USED_SECONDS:
            await known.claims.door.call("note_key_used")
            known.noted_at = asked_at
        self._remembered[key_hash] = known
        self._remembered.move_to_end(key_hash)
        if len(self._remembered) > REMEMBERED_KEYS:
            self._remembered.popitem(last=False)
        return known

    def _claims(self, told: dict[str, Any]) -> KeyClaims:
        known = _Known.model_validate(told)
        source = self._minter.machine_source("dashboard_ingest", known.tenant_id, known.key_id)
        return KeyClaims(
            known.key_id,
            known.tenant_id,
            known.scopes,
            orjson.dumps(known.rules, option=orjson.OPT_SORT_KEYS),
            self._supabase.door(source),
        )


def _unknown() -> SignInRequired:
    return SignInRequired(
        "This key is unknown or was revoked.", code="key_invalid", advice="Use a living key of the salon."
    )
