from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from errors import NotAllowed, TooMany, Unavailable
from identity.rate_limits import Limit, RateLimits
from tests.identity.fakes import Clock

THREE = Limit("three", 3)
TWO = Limit("two", 2)


async def fail(limits: RateLimits, *counted: tuple[Limit, str]) -> None:
    with pytest.raises(NotAllowed):
        async with limits.attempt(*counted):
            raise NotAllowed("Wrong.")


class TestAttempt:
    async def test_after_so_many_failures_says_when_to_come_back(self) -> None:
        limits = RateLimits()
        for _ in range(3):
            await fail(limits, (THREE, "anna"))
        with pytest.raises(TooMany) as refusal:
            await fail(limits, (THREE, "anna"))
        assert 1 <= refusal.value.retry_after <= 15 * 60
        await fail(limits, (THREE, "boris"))

    async def test_success_is_not_counted(self) -> None:
        limits = RateLimits()
        for _ in range(10):
            async with limits.attempt((THREE, "anna")) as attempt:
                attempt.succeeded()

    async def test_an_outage_is_nobodys_failure(self) -> None:
        limits = RateLimits()
        for _ in range(10):
            with pytest.raises(Unavailable):
                async with limits.attempt((THREE, "anna")):
                    raise Unavailable("The database does not answer.")

    async def test_a_burst_of_simultaneous_attempts_is_counted_before_it_is_made(self) -> None:
        limits = RateLimits()
        made = 0

        async def attempt() -> None:
            nonlocal made
            async with limits.attempt((THREE, "anna")):
                made += 1
                await asyncio.sleep(0.01)

        answers = await asyncio.gather(*(attempt() for _ in range(50)), return_exceptions=True)
        assert made == 3
        assert sum(isinstance(answer, TooMany) for answer in answers) == 47

    async def test_a_refused_attempt_does_not_count_against_the_account(self) -> None:
        limits = RateLimits()
        for _ in range(2):
            await fail(limits, (THREE, "account"), (TWO, "address"))
        for _ in range(5):
            with pytest.raises(TooMany):
                await fail(limits, (THREE, "account"), (TWO, "address"))
        await fail(limits, (THREE, "account"), (TWO, "another address"))


class TestClockMoved:
    @pytest.mark.parametrize("jump", [-3600.0, 3600.0])
    async def test_windows_of_this_process_end_no_later(self, jump: float) -> None:
        clock = Clock()
        moved = 0.0
        limits = RateLimits(wall_clock=lambda: clock.timestamp() + moved, monotonic=clock.monotonic)
        for _ in range(3):
            await fail(limits, (THREE, "anna"))
        clock.seconds = 30
        with pytest.raises(TooMany):
            await fail(limits, (THREE, "anna"))
        moved = jump
        await fail(limits, (THREE, "anna"))


class TestRedisAway:
    async def test_counts_here_and_says_so_once(self, caplog: pytest.LogCaptureFixture) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            limits = RateLimits(f"redis://127.0.0.1:{unused.getsockname()[1]}/0")
            with caplog.at_level(logging.WARNING):
                for _ in range(3):
                    await fail(limits, (THREE, "anna"))
                with pytest.raises(TooMany):
                    await fail(limits, (THREE, "anna"))
        assert [record.name for record in caplog.records] == ["identity.shared_counters"]
        await limits.stop()
