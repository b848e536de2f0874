"""The pretend bot: it writes, it archives, it goes on after interruptions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from demo import bot
from demo.bot import PretendBot
from demo.load import load
from demo.stage import open_stage
from tests.database import DashboardDatabase
from tests.waiting import until

PLAY_SECONDS = 40.0
"""Longer than a whole dialogue takes, however busy the machine."""


@contextlib.asynccontextmanager
async def playing(bot: PretendBot) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(bot.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()


async def value(database: DashboardDatabase, query: str, *arguments: object) -> int:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        return int(await connection.fetchval(query, *arguments))
    finally:
        await connection.close()


async def until_some(database: DashboardDatabase, query: str, *arguments: object) -> None:
    """Wait for the query to count something, or to say yes."""
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        await until(lambda: connection.fetchval(query, *arguments), PLAY_SECONDS, query)
    finally:
        await connection.close()


ACTIVE = """select count(*) from public.active_sessions_v2 as a
    where created_at > $1 and current_step <> 'start' and not exists (
        select from public.conversation_sessions_v2 as c where c.session_id = a.session_id
    )"""
ARCHIVED = """select count(*) from public.conversation_sessions_v2 as c where started_at > $1
    and messages_count = (select count(*) from public.recent_history_v2 as h
        where h.user_id = c.user_id and h.created_at >= c.started_at)"""


@pytest.mark.long
class TestPretendBot:
    async def test_plays_dialogues_from_first_word_to_archive(
        self, dashboard_database: DashboardDatabase
    ) -> None:
        uri = dashboard_database.superuser_uri
        began = datetime.now(UTC)
        await load(uri, now=began, days=1)
        async with playing(PretendBot(uri, pace=400, seed="test")) as task:
            await until_some(dashboard_database, ACTIVE, began)
            await until_some(dashboard_database, ARCHIVED, began)
            await until_some(
                dashboard_database, "select count(*) from public.wishlist_v2 where created_at > $1", began
            )
            await until_some(
                dashboard_database,
                "select count(*) from public.agent_trajectories_v2 where created_at > $1",
                began,
            )
            assert not task.done()
        named = "select count(*) from public.recent_history_v2 where session_id is not null"
        assert await value(dashboard_database, named) == 0

    async def test_keeps_to_its_limit(
        self, dashboard_database: DashboardDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bot, "MOST_OPEN", 4)
        uri = dashboard_database.superuser_uri
        await load(uri, now=datetime.now(UTC) - timedelta(days=1), days=0)
        began = datetime.now(UTC)
        counts = []
        async with playing(PretendBot(uri, pace=100)):
            await until_some(dashboard_database, ACTIVE, began)
            for _ in range(20):
                counts.append(await value(dashboard_database, ACTIVE, began))
                await asyncio.sleep(0.05)
        assert max(counts) <= 4

    async def test_finishes_what_was_loaded_half_way(self, dashboard_database: DashboardDatabase) -> None:
        uri = dashboard_database.superuser_uri
        then = datetime.now(UTC) - timedelta(hours=4)
        await load(uri, now=then, days=1)
        open_then = """select count(*) = 0 from public.active_sessions_v2 as a where created_at <= $1
            and not exists (
                select from public.conversation_sessions_v2 as c where c.session_id = a.session_id
            )"""
        async with playing(PretendBot(uri, pace=100)):
            await until_some(dashboard_database, open_then, then)
        # The load finds those rows written and adds what else happened since.
        await load(uri, now=datetime.now(UTC), days=1)
        twice = """select count(*) from (select session_id from public.conversation_sessions_v2
            group by 1 having count(*) > 1) as doubled"""
        assert await value(dashboard_database, twice) == 0

    async def test_closes_what_a_stopped_bot_left(self, dashboard_database: DashboardDatabase) -> None:
        uri = dashboard_database.superuser_uri
        began = datetime.now(UTC)
        await load(uri, now=began, days=0)
        async with playing(PretendBot(uri, pace=60, seed="first")):
            await until_some(dashboard_database, ACTIVE, began)
        left = await value(dashboard_database, ACTIVE, began)
        stopped = datetime.now(UTC)
        assert left
        async with playing(PretendBot(uri, pace=1, seed="second")):
            await until_some(
                dashboard_database,
                """select count(*) >= $2 from public.conversation_sessions_v2
                where created_at > $1 and final_status = 'auto_closed'""",
                stopped,
                left,
            )

    async def test_goes_on_after_the_connection_is_lost(self, dashboard_database: DashboardDatabase) -> None:
        uri = dashboard_database.superuser_uri
        await load(uri, now=datetime.now(UTC), days=0)
        async with playing(PretendBot(uri, pace=200)) as task:
            began = datetime.now(UTC)
            await until_some(
                dashboard_database,
                "select count(*) from public.recent_history_v2 where created_at > $1",
                began,
            )
            await value(
                dashboard_database,
                """select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()""",
            )
            lost = datetime.now(UTC) + timedelta(seconds=0.6)
            await until_some(
                dashboard_database,
                "select count(*) from public.recent_history_v2 where created_at > $1",
                lost,
            )
            assert not task.done()

    async def test_writes_as_the_bot_does(self, dashboard_database: DashboardDatabase) -> None:
        async with open_stage(dashboard_database.superuser_uri) as stage:
            assert await stage._connection.fetchval("select current_user") == "service_role"
