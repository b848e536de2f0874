"""Projects whose Realtime tells less, or nothing: nobody believes to be live there, and nothing is missed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jobs import indexing
from live.condition import Mode
from tests.database import DashboardDatabase, copy_of
from tests.hosted.supabase_process import SupabaseProcess
from tests.live.outages import BUSY_SECONDS, POLLED_SECONDS, writing_in
from tests.live.world import World, world_over
from tests.waiting import until

logger = logging.getLogger(__name__)

WATCHED_SECONDS = 6.0
DOUBTED_SECONDS = 3.0
CHECK_SECONDS = 3.0
"""Instead of 15: how often the indexing looks whether Realtime tells of everything."""

NOT_PUBLISHED = "alter publication supabase_realtime set table dashboard.canaries"
NO_REALTIME = "drop schema realtime cascade; drop publication supabase_realtime"


@asynccontextmanager
async def changed_project(template: DashboardDatabase, folder: Path, sql: str) -> AsyncIterator[World]:
    """A world over a database in which something else was decided."""
    database = copy_of(template)
    database.cluster.run_sql(sql, database.name)
    with SupabaseProcess(database, folder.with_suffix(".log")) as supabase:
        async with world_over(database, supabase.url, supabase.port) as world:
            yield world
    database.cluster.drop_database(database.name)


@pytest.mark.long
async def test_projects_whose_realtime_tells_less(
    migrated_template: DashboardDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "SECONDS_WHEN_RUNG", CHECK_SECONDS)
    async with (
        changed_project(migrated_template, tmp_path / "not_published", NOT_PUBLISHED) as not_published,
        changed_project(migrated_template, tmp_path / "no_realtime", NO_REALTIME) as no_realtime,
        changed_project(migrated_template, tmp_path / "as_it_should_be", "select 1") as silenced,
        asyncio.TaskGroup() as together,  # each takes its time
    ):
        together.create_task(look_by_the_clock(not_published))
        together.create_task(look_by_the_clock(no_realtime))
        together.create_task(believe_no_more(silenced))


async def look_by_the_clock(world: World) -> None:
    began = time.monotonic()
    async with writing_in(world) as writing:
        await asyncio.sleep(WATCHED_SECONDS)
    await writing.until_all_told(POLLED_SECONDS + BUSY_SECONDS)
    await world.until_caught_up()
    delay = writing.longest_delay(began)
    assert delay < POLLED_SECONDS + BUSY_SECONDS
    assert {condition.mode for _, condition in world.listener.conditions} <= {Mode.POLLING, Mode.OFFLINE}
    assert world.listener.mode is Mode.POLLING
    logger.info("told after at most %.2f s", delay)


async def believe_no_more(world: World) -> None:
    """Realtime stops telling of a table, without a word, and tells of it again."""
    await world.until_live()
    salon = world.salon
    message_id = await salon.say()
    assert await world.until_told(message_id, 2.0) < 1.0
    await asyncio.sleep(4)  # until Realtime has not said a word for a while

    await salon.connection.execute("alter publication supabase_realtime drop table public.recent_history_v2")
    told = await world.until_told(await salon.say(), CHECK_SECONDS + BUSY_SECONDS)
    doubted = await until(
        lambda: world.listener.mode is Mode.POLLING, DOUBTED_SECONDS + BUSY_SECONDS, "doubted"
    )
    assert await world.until_told(await salon.say(), POLLED_SECONDS + BUSY_SECONDS) < POLLED_SECONDS

    await salon.connection.execute("alter publication supabase_realtime add table public.recent_history_v2")
    message_id = await salon.say()
    believed = await world.until_live(2.0)
    await world.until_told(message_id, 2.0)
    await world.until_caught_up()
    logger.info("told after %.2f s, doubted %.2f s later, believed again %.2f s", told, doubted, believed)
