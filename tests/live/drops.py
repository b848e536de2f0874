"""Sockets that are cut again and again while somebody writes."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from tests.live.busy_writer import busy_writer
from tests.live.chaos import Chaos
from tests.live.outages import CAUGHT_UP_SECONDS
from tests.live.world import World

SEED = 20261121


@dataclass(frozen=True)
class Drops:
    """What was cut and written, and how many seconds after the last row all of it was told."""

    dropped: int
    committed: int
    rolled_back: int
    seconds: float
    caught_up: float

    def __str__(self) -> str:
        return (
            f"{self.dropped} sockets dropped in {self.seconds:.0f} s, {self.committed} rows committed and "
            f"{self.rolled_back} rolled back: all told in order, {self.caught_up:.2f} s after the last"
        )


async def drop_sockets(world: World, chaos: Chaos, count: int, gaps: tuple[float, float]) -> Drops:
    """Cut `count` sockets, after pauses of between so many seconds, and check what was told of the rows."""
    chance = random.Random(SEED)
    before, began = chaos.dropped, time.monotonic()
    async with busy_writer(world.salon, SEED) as writer:
        while chaos.dropped - before < count:
            await asyncio.sleep(chance.uniform(*gaps))
            chaos.cut()
        took = time.monotonic() - began
    caught_up = await world.until_caught_up(CAUGHT_UP_SECONDS)
    assert sorted(world.listener.settled) == sorted(writer.committed)
    early = [one.id for one in world.listener.changes]
    assert sorted(early) == sorted(writer.committed), "and each once to those who want it early"
    return Drops(chaos.dropped - before, len(writer.committed), writer.rolled_back, took, caught_up)
