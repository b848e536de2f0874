"""Which days the collector finds to do, and which hold."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from tests.database import DashboardDatabase
from tests.sql.world import SALON_A, SALON_B, Caller, World, refused

WORKER = Caller("dashboard_worker")


async def sync(world: World) -> None:
    await world.connection.execute("select dashboard.sync_index(20000, true)")


async def missing(world: World, since: date, salon: UUID = SALON_A) -> list[date]:
    async with world.acting(WORKER) as connection:
        rows = await connection.fetch("select * from dashboard.uncollected_days($1, $2)", salon, since)
    return [row[0] for row in rows]


async def collect(world: World, first: date, last: date, salon: UUID = SALON_A) -> dict[date, int]:
    async with world.acting(WORKER) as connection:
        rows = await connection.fetch("select * from dashboard.collect_days($1, $2, $3)", salon, first, last)
    return {row["day"]: row["dialogues"] for row in rows}


def ago(days: int) -> datetime:
    return datetime.now(UTC).replace(hour=12, minute=0) - timedelta(days=days)


async def test_finished_days_from_the_first_dialogue_on_are_to_do(quiet: World) -> None:
    await quiet.archive(SALON_A, ago(3))
    await quiet.archive(SALON_A, ago(0))
    await sync(quiet)
    assert await missing(quiet, date(2020, 1, 1)) == [ago(3).date(), ago(2).date(), ago(1).date()]
    assert await missing(quiet, ago(2).date()) == [ago(2).date(), ago(1).date()]
    assert await missing(quiet, date(2020, 1, 1), SALON_B) == []
    assert await missing(quiet, date(2020, 1, 1), uuid4()) == []


async def test_a_collected_day_is_done_until_something_of_it_changes(quiet: World) -> None:
    for days in (3, 3, 1):
        await quiet.archive(SALON_A, ago(days))
    await sync(quiet)
    assert await collect(quiet, ago(3).date(), ago(1).date()) == {
        ago(3).date(): 2, ago(2).date(): 0, ago(1).date(): 1,
    }  # fmt: skip
    assert await missing(quiet, date(2020, 1, 1)) == []
    await quiet.archive(SALON_A, ago(2))
    await sync(quiet)
    assert await missing(quiet, date(2020, 1, 1)) == [ago(2).date()]


async def test_days_of_another_calendar_are_to_do_again(quiet: World) -> None:
    await quiet.archive(SALON_A, ago(2))
    await sync(quiet)
    await collect(quiet, ago(2).date(), ago(1).date())
    for settings in (("Asia/Kolkata", "RUB"), ("UTC", "INR")):
        await quiet.write("owner_a", "save_tenant_settings", *settings)
        # of a calendar that is further on, today here may be over, too
        assert (await missing(quiet, date(2020, 1, 1)))[:2] == [ago(2).date(), ago(1).date()]
    await quiet.write("owner_a", "save_tenant_settings", "UTC", "RUB")
    assert await missing(quiet, date(2020, 1, 1)) == []


async def test_every_salon_may_be_collected(quiet: World) -> None:
    async with quiet.acting(WORKER) as connection:
        rows = await connection.fetch("select * from dashboard.collectable_tenants()")
    assert {row["tenant_id"] for row in rows} == {SALON_A, SALON_B}


async def test_what_cannot_be_collected(quiet: World) -> None:
    async with refused(quiet, "PT404", "tenant_not_found"):
        await collect(quiet, ago(3).date(), ago(1).date(), uuid4())
    async with refused(quiet, "PT422", "period_reversed"):
        await collect(quiet, ago(1).date(), ago(3).date())
    async with refused(quiet, "PT422", "period_too_long"):
        await collect(quiet, date(2020, 1, 1), ago(1).date())


async def test_collecting_waits_for_whoever_changes_the_salons_dialogues(
    dashboard_database: DashboardDatabase,
) -> None:
    """Else it would keep what it read before the change, after the change had forgotten it."""
    changing, collecting = [await asyncpg.connect(dashboard_database.superuser_uri) for _ in range(2)]
    await World(changing, {}).add_salon(SALON_A, "A")
    try:
        transaction = changing.transaction()
        await transaction.start()
        await changing.execute("select dashboard.forget_collected($1, array[now()])", SALON_A)
        waiting = asyncio.create_task(
            collecting.execute("select dashboard.collect_days($1, '2026-03-01', '2026-03-02')", SALON_A)
        )
        while not await changing.fetchval("select exists (select from pg_locks where not granted)"):
            await asyncio.sleep(0.01)
        assert not waiting.done()
        await transaction.commit()
        await waiting
    finally:
        await asyncio.gather(changing.close(), collecting.close())
