"""A hundred pages take turns, and one waits for nobody."""

from __future__ import annotations

import asyncio
import time

import pytest

from live import turns as module
from live.turns import Turns


async def test_few_at_a_time_and_a_rest_after_each() -> None:
    turns = Turns(2)
    at_once, most = 0, 0

    async def read() -> None:
        nonlocal at_once, most
        async with turns.turn():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.02)
            at_once -= 1

    began = time.monotonic()
    await asyncio.gather(*(read() for _ in range(8)))
    took = time.monotonic() - began
    assert most == 2
    assert took >= 4 * 0.02 + 3 * 0.02, "two at a time, who rest as long as they read"


async def test_the_first_waits_for_nobody() -> None:
    turns = Turns()
    async with asyncio.timeout(1):
        async with turns.turn():
            pass


async def test_a_turn_that_fails_or_is_given_up_is_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_REST", 0.01)
    turns = Turns(1)

    async def fail() -> None:
        async with turns.turn():
            await asyncio.sleep(0.05)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await fail()

    async def hold() -> None:
        async with turns.turn():
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(hold())
    await asyncio.sleep(0)
    for task in (waiting, holder):
        task.cancel()
    await asyncio.gather(holder, waiting, return_exceptions=True)
    async with asyncio.timeout(1), turns.turn():
        pass
