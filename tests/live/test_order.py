"""Nothing is missed, repeated or out of order, however late it is committed and whatever is dropped."""

from __future__ import annotations

import asyncio
import logging
import time

import asyncpg
import pytest

from live import supervisor
from tests.live.drops import drop_sockets
from tests.live.world import Project, world_behind_chaos, world_over
from tests.waiting import until

logger = logging.getLogger(__name__)

HELD = 2.0


@pytest.mark.long
async def test_a_hundred_dropped_sockets_under_a_writer_at_50_rows_a_second(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tries follow each other so quickly that there is a socket to drop each time.
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    async with world_behind_chaos(project) as (world, chaos):
        drops = await drop_sockets(world, chaos, 100, (0.04, 0.12))
        logger.info("%s", drops)
        assert drops.committed > 2 * drops.dropped, "there was something to miss each time"
        live = await world.until_live(10)
        logger.info("live %.2f s later", live)


async def test_what_is_committed_late_is_told_late_and_nothing_waits_for_it(project: Project) -> None:
    async with world_over(project.database, project.rest.url, project.realtime.port) as world:
        await world.until_live()
        late_connection = await asyncpg.connect(project.database.superuser_uri)
        salon, listener = world.salon, world.listener
        transaction = late_connection.transaction()
        await transaction.start()
        late = await salon.log(late_connection)
        began = time.monotonic()
        others: list[int] = []
        while time.monotonic() - began < HELD:
            others.append(await salon.log())
            took = await until(lambda: listener.told_at(lambda one: one.id == others[-1]), 2.0, "told early")
            assert took < 1.0
            assert listener.settled == [], "an older transaction could still come before it"
            await asyncio.sleep(0.3)
        await transaction.commit()
        await late_connection.close()
        settled = await world.until_caught_up(2.0)
        assert listener.settled == [late, *others]
        assert [one.id for one in listener.changes] == [*others, late], "each once, as soon as it was seen"
        logger.info("settled %.2f s after the late commit", settled)
