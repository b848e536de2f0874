"""What every outage of Realtime has to show, whatever it is and however long it takes; and its figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from live.condition import POLL_SECONDS, Mode
from tests.live.world import World
from tests.waiting import until

NOTICED_SECONDS = 9.0
"""A sign of life every 4 s, which may take 3."""
POLLED_SECONDS = POLL_SECONDS + 0.5
CAUGHT_UP_SECONDS = 5.0
BUSY_SECONDS = 6.0
"""What a busy machine may take longer."""
WRITE_SECONDS = 0.7


@dataclass(frozen=True)
class Figures:
    """Seconds: until an outage was noticed, from a write to its telling at most, and after the return."""

    noticed: float
    longest_delay: float
    caught_up: float
    live_again: float
    written: int

    def __str__(self) -> str:
        return (
            f"polling after {self.noticed:.2f} s, {self.written} writes told after at most "
            f"{self.longest_delay:.2f} s, caught up {self.caught_up:.2f} s and live {self.live_again:.2f} s "
            "after the return"
        )


class Writing:
    """A bot and a member of staff who write all the time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.written: list[tuple[float, int]] = []

    async def go_on(self) -> None:
        """Until cancelled."""
        while True:
            self.written.append((time.monotonic(), await self._world.salon.say()))
            await self._world.salon.note()
            await asyncio.sleep(WRITE_SECONDS)

    async def until_all_told(self, seconds: float) -> None:
        """Wait for the last of them."""
        await self._world.until_told(self.written[-1][1], seconds)

    def longest_delay(self, since: float) -> float:
        """From a message's writing to its telling; all of them have to be told."""
        delays = []
        for at, message_id in self.written:
            told = self._world.listener.told_of(message_id)
            assert told is not None
            if at >= since:
                delays.append(told - at)
        return max(delays, default=0.0)


@asynccontextmanager
async def writing_in(world: World) -> AsyncIterator[Writing]:
    """Somebody writes meanwhile."""
    writing = Writing(world)
    task = asyncio.create_task(writing.go_on(), name="writing")
    try:
        yield writing
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def endure(
    world: World,
    break_down: Callable[[], Awaitable[None]],
    come_back: Callable[[], Awaitable[None]],
    seconds: float,
    *,
    live_within: float,
) -> Figures:
    """Break Realtime for so long under somebody who writes, and check all that a page notices of it."""
    async with writing_in(world) as writing:
        await asyncio.sleep(WRITE_SECONDS)
        broken_at = time.monotonic()
        await break_down()
        noticed = await world.until_not_live(NOTICED_SECONDS + BUSY_SECONDS)
        noticed_at, condition = world.listener.conditions[-1]
        assert condition.mode is Mode.POLLING
        assert abs(noticed_at - time.monotonic()) < 1.0
        assert condition.read_at is not None
        await asyncio.sleep(max(0.0, broken_at + seconds - time.monotonic()))
        assert set(world.listener.modes_since(broken_at)) == {Mode.POLLING}
        await come_back()
        back_at = time.monotonic()
        await asyncio.sleep(2 * WRITE_SECONDS)
    await writing.until_all_told(CAUGHT_UP_SECONDS)
    await world.until_caught_up(CAUGHT_UP_SECONDS)
    caught_up = max(world.listener.told[-1][0] - back_at - 2 * WRITE_SECONDS, 0.0)
    await until(
        lambda: world.listener.mode is Mode.LIVE, live_within, f"live again: {world.listener.conditions}"
    )
    live_again = max(world.listener.conditions[-1][0] - back_at, 0.0)
    await world.until_told(await world.salon.say(), CAUGHT_UP_SECONDS)
    await world.until_caught_up(CAUGHT_UP_SECONDS)
    assert world.listener.times_everything == 0, "nobody was told to read all of it anew"
    delay = writing.longest_delay(noticed_at)
    assert delay < POLLED_SECONDS + BUSY_SECONDS
    return Figures(noticed, delay, caught_up, live_again, 2 * len(writing.written))
