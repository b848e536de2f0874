"""What the panel remembers of keys: for a moment, and never longer than a revocation may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from data import Supabase
from errors import NotAllowed, SignInRequired, Unavailable
from identity.tokens import TokenMinter
from ingest.keys import REMEMBERED_SECONDS, USED_SECONDS, Keys
from tests.ingest.telling import key_text

SALON, KEY_ID = uuid4(), uuid4()
LIVING = {
    "key_id": str(KEY_ID), "tenant_id": str(SALON), "scopes": ["read"], "rules": {"keeps_prompts": False},
}  # fmt: skip


class World:
    """A database that answers as set, and a clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.told: Any = LIVING
        self.is_away = False
        self.asked: list[str] = []
        self.slow: asyncio.Event | None = None
        transport = httpx.MockTransport(self._answer)
        self.supabase = Supabase("http://project.invalid", "key", transport=transport)
        self.keys = Keys(self.supabase, TokenMinter.from_secret("s" * 40), clock=lambda: self.now)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        function = request.url.path.rpartition("/")[2]
        self.asked.append(function)
        if self.slow is not None:
            await self.slow.wait()
        if self.is_away:
            raise httpx.ConnectError("away")
        if function == "note_key_used":
            return httpx.Response(204)
        assert "key_hash" in request.url.params
        assert key_text("x") not in str(request.url), "the key itself goes nowhere"
        return httpx.Response(200, json=self.told)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.supabase.aclose()


async def test_it_is_asked_for_once_in_a_while(world: World) -> None:
    first = await world.keys.claims(key_text("x"))
    assert (first.key_id, first.tenant_id, first.scopes) == (KEY_ID, SALON, ("read",))
    assert first.rules == b'{"keeps_prompts":false}'
    for _ in range(5):
        assert await world.keys.claims(key_text("x")) is first
    assert world.asked == ["key_claims", "note_key_used"]
    world.now += REMEMBERED_SECONDS
    await world.keys.claims(key_text("x"))
    assert world.asked == ["key_claims", "note_key_used", "key_claims"]


def test_it_is_forgotten_before_a_revocation_has_to_hold() -> None:
    assert REMEMBERED_SECONDS < 5


async def test_a_revoked_key_is_unknown_when_it_is_asked_for_again(world: World) -> None:
    await world.keys.claims(key_text("x"))
    world.told = None
    await world.keys.claims(key_text("x"))
    world.now += REMEMBERED_SECONDS
    with pytest.raises(SignInRequired):
        await world.keys.claims(key_text("x"))


async def test_its_use_is_noted_once_a_minute(world: World) -> None:
    for _ in range(30):
        await world.keys.claims(key_text("x"))
        world.now += USED_SECONDS / 10
    assert world.asked.count("note_key_used") == 3


async def test_many_at_once_ask_once(world: World) -> None:
    world.slow = asyncio.Event()
    asking = [asyncio.create_task(world.keys.claims(key_text("x"))) for _ in range(20)]
    for _ in range(10):
        await asyncio.sleep(0)
    world.slow.set()
    await asyncio.gather(*asking)
    assert world.asked.count("key_claims") == 1


@pytest.mark.parametrize("text", ["", "agp_", "agp_" + "x" * 44, "sk-" + "x" * 44, "agp_" + "ё" * 43])
async def test_what_cannot_be_a_key_is_not_asked_for(world: World, text: str) -> None:
    with pytest.raises(SignInRequired):
        await world.keys.claims(text)
    assert world.asked == []


async def test_an_outage_is_no_refusal_and_is_not_remembered(world: World) -> None:
    world.is_away = True
    with pytest.raises(Unavailable):
        await world.keys.claims(key_text("x"))
    world.is_away = False
    assert (await world.keys.claims(key_text("x"))).key_id == KEY_ID


async def test_a_key_may_only_what_its_scopes_say(world: World) -> None:
    claims = await world.keys.claims(key_text("x"))
    claims.require("read")
    with pytest.raises(NotAllowed):
        claims.require("ingest")
