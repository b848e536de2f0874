"""Commands in a Redis stream, and a Redis that is away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from control.channel import UnsentError
from control.redis_stream import STREAM, RedisStream
from tests.ingest.redis_world import World, world


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made


@pytest.fixture
async def channel(here: World) -> AsyncIterator[RedisStream]:
    made = RedisStream(f"redis://127.0.0.1:{here.line.port}/0")
    yield made
    await made.aclose()


async def test_holds_what_was_pushed_in_its_order(here: World, channel: RedisStream) -> None:
    told = [{"command_id": str(number), "text": "позвони"} for number in range(3)]
    for command in told:
        await channel.push(command)
    entries: Any = await here.redis.xrange(STREAM)
    assert [json.loads(fields[b"command"]) for _, fields in entries] == told
    assert [fields[b"id"].decode() for _, fields in entries] == ["0", "1", "2"]


async def test_is_known_to_be_away_and_taken_up_again(here: World, channel: RedisStream) -> None:
    await channel.push({"command_id": "1"})
    await here.line.cut()
    with pytest.raises(UnsentError, match="ConnectionError"):
        await channel.push({"command_id": "2"})
    await here.line.mend()
    await channel.push({"command_id": "2"})
    assert await here.redis.xlen(STREAM) == 2


async def test_that_takes_no_more_is_said_to_refuse(here: World, channel: RedisStream) -> None:
    await here.redis.set(STREAM, "no stream")
    with pytest.raises(UnsentError, match="ResponseError"):
        await channel.push({"command_id": "1"})
