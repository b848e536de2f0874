"""Redis killed, or accepting and never answering: nobody waits, and attempts are counted all the same."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from errors import NotAllowed, TooMany
from identity.rate_limits import Limit, RateLimits
from identity.shared_counters import LONGEST_PAUSE
from tests.outages.processes import RedisProcess

HUNDRED = Limit("hundred", 100)
PATIENCE = 1.0
"""Seconds that a question to Redis may take here, in place of half of one: the machine may be busy."""
LONGEST_WAIT = 2.0
"""Seconds that one attempt may take while Redis is away."""


@contextmanager
def killed(redis: RedisProcess) -> Iterator[None]:
    redis.kill()
    try:
        yield
    finally:
        redis.start()


@contextmanager
def half_open(redis: RedisProcess) -> Iterator[None]:
    with redis.frozen():
        yield


class People:
    """They fail to sign in, one after the other, at one panel; it is known how long the slowest waited."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self.made = 0
        self.longest = 0.0

    async def fail(self, limit: Limit = HUNDRED, key: str = "anna") -> None:
        began = time.monotonic()
        try:
            async with self._limits.attempt((limit, key), (limit, "address of " + key)):
                self.made += 1
                raise NotAllowed("Wrong.")
        except NotAllowed:
            pass
        finally:
            self.longest = max(self.longest, time.monotonic() - began)

    async def come(self) -> None:
        while True:
            await self.fail()
            await asyncio.sleep(0.05)


async def used_up(limits: RateLimits, limit: Limit, key: str) -> bool:
    try:
        async with limits.attempt((limit, key)) as attempt:
            attempt.succeeded()
    except TooMany:
        return True
    return False


@pytest.mark.long
@pytest.mark.parametrize("away", [killed, half_open])
async def test_an_outage_costs_nobody_a_second_and_is_told_of_once(
    away: Callable[[RedisProcess], AbstractContextManager[None]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("identity.shared_counters.TIMEOUT_SECONDS", PATIENCE)
    two, ten = Limit("two", 2), Limit("ten", 10)
    with RedisProcess() as redis, caplog.at_level(logging.WARNING):
        one, other = RateLimits(redis.url), RateLimits(redis.url)
        people = [People(one) for _ in range(4)]
        coming = [asyncio.create_task(some.come()) for some in people]
        for panel in (one, other):
            await People(panel).fail(two, "shared")
        assert await used_up(other, two, "shared"), "counted for both panels together"
        assert not caplog.records
        with away(redis):
            for _ in range(2):
                await People(one).fail(two, "during")
            assert await used_up(one, two, "during"), "counted in the process"
            assert not await used_up(other, two, "during")
            before = sum(some.made for some in people)
            await asyncio.sleep(1)
            assert sum(some.made for some in people) > before + 8, "at full speed"
        deadline = time.monotonic() + LONGEST_PAUSE + 2
        while time.monotonic() < deadline and len(caplog.records) < 4:
            await asyncio.sleep(0.05)
        for _ in range(5):
            await People(one).fail(ten, "after")
            await People(other).fail(ten, "after")
        assert await used_up(other, ten, "after"), "shared again"
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
        assert max(some.longest for some in people) < LONGEST_WAIT
        said = [record.getMessage().split(";")[0].split(" (")[0] for record in caplog.records]
        assert sorted(said) == ["Redis answers again"] * 2 + ["Redis does not answer"] * 2, (
            "one for each panel"
        )
        await one.stop()
        await other.stop()


async def test_what_was_counted_here_is_not_taken_off_there() -> None:
    three = Limit("three", 3)
    with RedisProcess() as redis:
        limits = RateLimits(redis.url)
        redis.kill()
        async with limits.attempt((three, "anna")) as attempt:
            redis.start()
            deadline = time.monotonic() + LONGEST_PAUSE + 2
            while limits._shared is not None and not limits._shared._is_there:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            attempt.succeeded()
        for _ in range(3):
            await People(limits).fail(three, "anna")
        assert await used_up(limits, three, "anna"), "three, and not four"
        await limits.stop()
