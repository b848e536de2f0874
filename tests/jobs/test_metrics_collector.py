"""The collector over the real database: again, after late rows, beside a broken salon, killed half-way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from prefect.logging import disable_run_logger

from data import Door
from jobs import metrics_collector as module
from jobs.metrics_collector import CHUNK_DAYS, CollectionFailedError, Work, catch_up, collect, spans
from jobs.progress import Outcome, Progress
from tests.database import DashboardDatabase
from tests.jobs.workers import worker

LAVENDER = UUID("10000000-0000-4000-8000-000000000001")
THREAD = UUID("10000000-0000-4000-8000-000000000002")
DAYS = 25
TODAY = datetime.now(UTC).date()

SALONS = """
with salons as (
  insert into public.tenants_v2 (id, name, slug) values ($1, 'Lavender', 'lavender'), ($2, 'Thread', 'thread')
  returning id
),
settings as (
  insert into dashboard.tenant_settings (tenant_id, time_zone, currency)
  select id, 'UTC', 'RUB' from salons
),
people as (
  insert into public.clients_v2 (tenant_id, full_name) select id, 'Client' from salons returning id, tenant_id
)
insert into public.conversation_sessions_v2 (
  session_id, tenant_id, user_id, channel, started_at, final_status, booking_status, booking_amount,
  booking_currency
)
select gen_random_uuid(), people.tenant_id, people.id, 'telegram',
  $3::date + interval '10 h' - day * interval '1 day', 'done',
  case when number = 1 then 'confirmed' end, 100 * number, 'RUB'
from people, generate_series(0, $4) as day, generate_series(1, 1 + day % 3) as number
"""
LATE = """
insert into public.conversation_sessions_v2 (
  session_id, tenant_id, user_id, channel, started_at, final_status
)
select gen_random_uuid(), tenant_id, id, 'telegram', $2::date + interval '9 h', 'done'
from public.clients_v2 where tenant_id = $1
"""
BREAK = """
create function public.refuse_to_write() returns trigger language plpgsql as
$$ begin raise exception 'the disk is full' using errcode = '53100'; end $$;
create trigger broken before insert on dashboard.metrics_hours for each row
when (new.tenant_id = '10000000-0000-4000-8000-000000000001') execute function public.refuse_to_write();
"""


@pytest.fixture
async def database(dashboard_database: DashboardDatabase) -> DashboardDatabase:
    """Two salons with a dialogue or more on each of their days, today included."""
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    await connection.execute(SALONS, LAVENDER, THREAD, TODAY, DAYS)
    await connection.close()
    return dashboard_database


@pytest.fixture
async def connection(database: DashboardDatabase) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    opened = await asyncpg.connect(database.superuser_uri)
    yield opened
    await opened.close()


async def collected(door: Door, work: Work | None = None) -> list[Outcome]:
    """What became of every salon, after the index has caught up."""
    assert await catch_up(door)
    return [outcome async for outcome in collect(door, work or Work(days=120), lambda _: None)]


async def figures(connection: asyncpg.Connection[asyncpg.Record]) -> list[list[tuple[Any, ...]]]:
    """All that is collected, without the time of collecting."""
    return [
        [
            tuple(value for name, value in row.items() if name != "collected_at")
            for row in await connection.fetch(f"select * from dashboard.{table} order by 1, 2, 3, 4")
        ]
        for table in ("metrics_hours", "metrics_days", "metrics_collected")
    ]


def test_days_are_taken_in_spans_that_hold_together() -> None:
    days = [date(2026, 2, 27) + timedelta(days=number) for number in range(CHUNK_DAYS + 2)]
    assert list(spans([days[11], *days[:11], date(2026, 1, 1)])) == [
        (date(2026, 1, 1), date(2026, 1, 1)),
        (days[0], days[9]),
        (days[10], days[11]),
    ]
    assert list(spans([])) == []


async def test_collects_every_finished_day_and_nothing_twice(
    database: DashboardDatabase, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with worker(database) as door:
        first, again = await collected(door), await collected(door)

    dialogues = sum(1 + day % 3 for day in range(1, DAYS + 1))
    assert first == [Outcome(salon, DAYS, dialogues) for salon in (LAVENDER, THREAD)]
    assert again == [Outcome(LAVENDER), Outcome(THREAD)]
    assert await connection.fetchval("select max(day) from dashboard.metrics_collected") < TODAY


async def test_a_late_row_brings_its_day_back(
    database: DashboardDatabase, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    late = TODAY - timedelta(days=7)
    counted = "select dialogues from dashboard.metrics_collected where tenant_id = $1 and day = $2"
    async with worker(database) as door:
        await collected(door)
        before = await connection.fetchval(counted, THREAD, late)
        await connection.execute(LATE, THREAD, late)
        outcomes = await collected(door)

    assert outcomes == [Outcome(LAVENDER), Outcome(THREAD, 1, before + 1)]
    assert await connection.fetchval(counted, THREAD, late) == before + 1


async def test_can_be_limited_to_a_salon_and_to_days(database: DashboardDatabase) -> None:
    async with worker(database) as door:
        outcomes = await collected(door, Work(days=3, tenant=THREAD))
    assert [(outcome.tenant_id, outcome.days) for outcome in outcomes] == [(THREAD, 3)]


async def test_a_salon_that_fails_gets_nothing_and_does_not_keep_the_others(
    database: DashboardDatabase,
    connection: asyncpg.Connection[asyncpg.Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await connection.execute(BREAK)
    with run_of_prefect(database, monkeypatch), pytest.raises(CollectionFailedError, match="1 of 2 salons"):
        await module.metrics_collector.fn()

    for table in ("metrics_hours", "metrics_days", "metrics_collected"):
        holders = await connection.fetch(f"select distinct tenant_id from dashboard.{table}")
        assert [row["tenant_id"] for row in holders] == [THREAD]

    await connection.execute("drop trigger broken on dashboard.metrics_hours")
    with run_of_prefect(database, monkeypatch):
        done = await module.metrics_collector.fn()
    assert done["salons"] == 2
    assert done["days"] == DAYS, "only what was missing"


async def test_killed_half_way_and_finished_it_equals_one_that_was_not(
    database: DashboardDatabase, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with worker(database) as door:
        assert await catch_up(door)
        killed = KilledDoor(door, after=2)
        with pytest.raises(asyncio.CancelledError):
            await collected(cast(Door, killed))
        half = await connection.fetchval("select count(*) from dashboard.metrics_collected")
        assert 0 < half < 2 * DAYS
        assert half % CHUNK_DAYS == 0, "whole chunks, and no day in part"

        await collected(door)
        finished = await figures(connection)
        await connection.execute(
            "truncate dashboard.metrics_hours, dashboard.metrics_days, dashboard.metrics_collected"
        )
        await collected(door)

    assert await figures(connection) == finished
    assert all(finished)


async def test_a_run_tells_its_progress(database: DashboardDatabase) -> None:
    told: list[str] = []
    async with worker(database) as door:
        await catch_up(door)
        outcomes = [outcome async for outcome in collect(door, Work(days=120), told.append)]
    progress = Progress.from_log(told)
    assert progress == Progress(2, tuple(outcomes))


class KilledDoor:
    """A door whose user is killed in the midst of its third chunk."""

    def __init__(self, door: Door, after: int) -> None:
        self._door = door
        self._left = after
        self.read = door.read

    async def call(self, function: str, **arguments: object) -> Any:
        """`Door.call`."""
        if function == "collect_days":
            self._left -= 1
            if self._left < 0:
                raise asyncio.CancelledError
        return await self._door.call(function, **arguments)


def run_of_prefect(database: DashboardDatabase, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As in a run of Prefect's, with the door that it would have."""

    @asynccontextmanager
    async def door(_: object) -> AsyncIterator[Door]:
        async with worker(database) as opened:
            yield opened

    monkeypatch.setattr(module, "worker_door", door)
    return disable_run_logger()
