"""Realtime goes away in every way there is: pages look by the clock, miss nothing, and are live again."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from live.connection import Connection
from tests.hosted.supabase_process import SECRET, SupabaseProcess
from tests.live.chaos import Chaos
from tests.live.outages import CAUGHT_UP_SECONDS, endure, writing_in
from tests.live.world import Project, World, world_behind_chaos, world_over

logger = logging.getLogger(__name__)

SHORT = 8.0
LIVE_AGAIN = 15.0
"""Tries are at most 6 s apart after so short an outage."""
LIFETIME = 3.0


@pytest.mark.long
async def test_every_way_in_which_realtime_goes_away(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = Tokens()
    monkeypatch.setattr("live.live.Connection", tokens.connection)
    async with asyncio.TaskGroup() as together:  # each takes its time
        together.create_task(killed(project, tmp_path / "realtime.log"))
        for fault in (half_open, slow, dying_listener, tokens.expire):
            together.create_task(suffer(project, fault), name=fault.__name__)


async def suffer(project: Project, fault: Callable[[World, Chaos], Awaitable[object]]) -> None:
    async with world_behind_chaos(project) as (world, chaos):
        logger.info("%s: %s", fault.__name__, await fault(world, chaos))


async def killed(project: Project, log: Path) -> None:
    with SupabaseProcess(project.database, log) as realtime:
        async with world_over(project.database, project.rest.url, realtime.port) as world:
            await world.until_live()

            async def kill() -> None:
                realtime.kill()

            async def start() -> None:
                await asyncio.to_thread(realtime.start)

            logger.info("killed: %s", await endure(world, kill, start, SHORT, live_within=LIVE_AGAIN))


async def half_open(world: World, chaos: Chaos) -> object:
    async def swallow() -> None:
        chaos.go_half_open()

    return await endure(world, swallow, chaos.come_back, 9.0, live_within=LIVE_AGAIN)


async def slow(world: World, chaos: Chaos) -> object:
    async def crawl() -> None:
        chaos.delay = 4.0

    async def walk() -> None:
        chaos.delay = 1.0  # not good, but sooner than by the clock

    return await endure(world, crawl, walk, 8.0, live_within=2 * LIVE_AGAIN)


async def dying_listener(world: World, chaos: Chaos) -> object:
    """A message on which the library's own callback fails, and with it the task that listens."""
    presence: dict[str, Any] = {"joins": {"somebody": {"metas": [{}]}}, "leaves": {}}
    topic = f"realtime:tenant:{world.salon.id}:changes"
    async with writing_in(world) as writing:
        await asyncio.sleep(1)
        chaos.say(json.dumps({"topic": topic, "event": "presence_diff", "payload": presence, "ref": None}))
        noticed = await world.until_not_live(1.0)
        live = await world.until_live(LIVE_AGAIN)
        await asyncio.sleep(1)
    await world.until_caught_up(CAUGHT_UP_SECONDS)
    delay = writing.longest_delay(0.0)
    assert delay < 2.0
    return f"noticed after {noticed:.2f} s, live again after {live:.2f} s, told after {delay:.2f} s at most"


class Tokens:
    """Tokens for Realtime alone, of one salon alone, that are as short as a test wants them."""

    def __init__(self) -> None:
        self.topic: str | None = None
        self.is_renewed = False
        self._last: str | None = None

    def connection(self, endpoint: Any, token: Any, topic: str, **options: Any) -> Connection:
        return Connection(endpoint, self.short if topic == self.topic else token, topic, **options)

    def short(self) -> str:
        """The same one again and again, until they are renewed."""
        assert self.topic is not None
        if self._last is None or self.is_renewed:
            tenant = {"tenant_id": self.topic.split(":")[1]}
            lifetime = 2 * LIFETIME if self.is_renewed else LIFETIME
            claims = {"role": "dashboard_live", "app_metadata": tenant, "exp": int(time.time() + lifetime)}
            self._last = jwt.encode(claims, SECRET, "HS256")
        return self._last

    async def expire(self, world: World, chaos: Chaos) -> object:
        self.topic = f"tenant:{world.salon.id}:changes"
        chaos.cut()
        await world.until_not_live(1.0)
        await world.until_live(LIVE_AGAIN)

        async def nothing() -> None:
            """It runs out by itself."""

        async def renew() -> None:
            self.is_renewed = True

        figures = await endure(world, nothing, renew, 6.0, live_within=LIVE_AGAIN)
        before = len(world.listener.conditions)
        await asyncio.sleep(2.5 * LIFETIME)
        assert len(world.listener.conditions) == before, "renewed in time, again and again"
        return figures
