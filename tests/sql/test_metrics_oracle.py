"""Every figure of the overview against pandas: with rollups and without, and at any moment between the bot's
writes, the index and the collector.

The tests follow each other on one database, as a day at a salon does.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.database import DashboardDatabase, copy_of
from tests.sql import metrics_oracle, metrics_raw, metrics_rows
from tests.sql.metrics_rows import Salon
from tests.sql.syncing import synced
from tests.sql.world import Connection, person_token

READER = UUID(int=99, version=4)


@dataclass
class Salons:
    """The database, filled; and what has to be found in it as it is now."""

    database: DashboardDatabase
    connection: Connection
    every: list[Salon]
    expected: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    todays: list[date] = field(default_factory=list)

    async def look(self) -> None:
        """Make the expected documents anew, after something was written."""
        raw = await metrics_raw.read(self.connection)
        self.expected = {salon.tenant_id: metrics_oracle.overview(raw, salon) for salon in self.every}
        self.todays = self._todays()

    def _todays(self) -> list[date]:
        return [datetime.now(ZoneInfo(zone)).date() for zone in metrics_rows.ZONES]

    async def check(self) -> None:
        """Compare every salon's overview."""
        if self.todays != self._todays():
            await self.look()  # a midnight came in between
        wrong = [
            f"{salon.zone} {salon.first}…{salon.last} {path}: {found}, expected {expected}"
            for salon in self.every
            for path, found, expected in different(
                await overview(self.connection, salon), self.expected[salon.tenant_id]
            )
        ]
        assert not wrong, "\n".join(wrong[:20])

    async def sync(self, *, whole: bool = False) -> None:
        """Bring the index up to the bot's tables."""
        await synced(self.connection, whole=whole)

    async def collect(self, salon: Salon, first: date, last: date) -> None:
        """Collect the days of the salon that are missing between two days."""
        days = await self.connection.fetch(
            "select day from dashboard.uncollected_days($1, $2) as day where day <= $3",
            salon.tenant_id, first, last,
        )  # fmt: skip
        if days:
            await self.connection.execute(
                "select dashboard.collect_days($1, $2, $3)", salon.tenant_id, days[0][0], days[-1][0]
            )

    async def count_collected(self) -> int:
        """How many days hold."""
        count: int = await self.connection.fetchval("select count(*) from dashboard.metrics_collected")
        return count


async def overview(connection: Connection, salon: Salon) -> Any:
    """The document, read as a platform admin would."""
    async with connection.transaction():
        await connection.execute(
            "select set_config('request.jwt.claims', $1, true)",
            json.dumps(person_token(READER, salon.tenant_id)),
        )
        answer = await connection.fetchval("select dashboard.overview($1, $2)", salon.first, salon.last)
    return json.loads(answer, parse_float=Decimal)


def different(found: Any, expected: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two documents differ."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted(set(found) | set(expected)):
            yield from different(found.get(key, "nothing"), expected.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from different(one, other, f"{path}[{place}]")
    elif found != expected:
        yield path, found, expected


@pytest.fixture(scope="module")
async def salons(migrated_template: DashboardDatabase) -> AsyncIterator[Salons]:
    """Fifty salons in the bot's tables and in the index, and nothing collected."""
    database = copy_of(migrated_template)
    connection = await asyncpg.connect(database.superuser_uri)
    now = datetime.now(UTC)
    every = metrics_rows.salons(now)
    await metrics_rows.write_all(connection, every, now)
    await connection.execute(
        "insert into dashboard.users (user_id, email, full_name) values ($1, 'reader@nowhere.example', 'R')",
        READER,
    )
    await connection.execute(
        "insert into dashboard.memberships (user_id, role) values ($1, 'platform_admin')", READER
    )
    found = Salons(database, connection, every)
    await found.sync()
    await found.look()
    yield found
    await connection.close()
    database.cluster.drop_database(database.name)


async def test_nothing_collected(salons: Salons) -> None:
    assert await salons.count_collected() == 0
    await salons.check()


async def test_some_days_collected(salons: Salons) -> None:
    """Rollups for the first third of each period's days, and for some before it."""
    for salon in salons.every:
        third = (salon.last - salon.first) // 3
        await salons.collect(salon, salon.first - third - timedelta(days=2), salon.first + third)
    assert await salons.count_collected() > 0
    await salons.check()


async def test_every_finished_day_collected(salons: Salons) -> None:
    for salon in salons.every:
        await salons.collect(salon, date(2020, 1, 1), date(2199, 12, 31))
    assert not await salons.connection.fetch(
        "select dashboard.uncollected_days(tenant_id, '2020-01-01') from dashboard.tenant_settings"
    )
    await salons.check()


async def test_collecting_again_changes_nothing(salons: Salons) -> None:
    held = (
        "select md5(string_agg(row::text, ',' order by row)) from dashboard.metrics_hours as row union all"
        " select md5(string_agg(row::text, ',' order by row)) from dashboard.metrics_days as row"
    )
    before = await salons.connection.fetch(held)
    await salons.connection.execute(
        "select dashboard.collect_days(tenant_id, min(day), max(day))"
        " from dashboard.metrics_collected group by tenant_id limit 5"
    )
    assert await salons.connection.fetch(held) == before


# What a bot and its operators may write, in every salon. `some(k)` are dialogues that are k-th of each 97.
SOME = "select id from public.conversation_sessions_v2 where id % 97 = {}"
WRITES = {
    "a booking is cancelled":
        "update public.conversation_sessions_v2 set booking_status = 'cancelled'"
        f" where id in ({SOME.format(1)})",
    "an amount is corrected":
        "update public.conversation_sessions_v2 set booking_amount = 777, booking_currency = 'RUB'"
        f" where id in ({SOME.format(2)})",
    "a start is moved":
        "update public.conversation_sessions_v2 set started_at = started_at + '11 days 7 hours'::interval"
        f" * (case when id % 2 = 0 then 1 else -1 end) where id in ({SOME.format(3)})"
        " and isfinite(started_at) and started_at < now() - interval '30 days'",
    "a start is lost":
        f"update public.conversation_sessions_v2 set started_at = 'infinity' where id in ({SOME.format(4)})",
    "dialogues are deleted": f"delete from public.conversation_sessions_v2 where id in ({SOME.format(5)})",
    "the newest row of a session is deleted":
        "delete from public.conversation_sessions_v2 where id in (select max(id) from"
        " public.conversation_sessions_v2 group by session_id having count(*) > 1 and min(id) % 3 = 0)",
    "a client turns out to be another":
        "update public.conversation_sessions_v2 as changed set user_id = other.user_id"
        " from public.conversation_sessions_v2 as other"
        f" where changed.id in ({SOME.format(6)}) and other.id = changed.id - 5"
        " and other.tenant_id = changed.tenant_id"
        " and changed.session_id not in (select session_id from public.recent_history_v2)",
    "late dialogues come":
        "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel, started_at,"
        " final_status, booking_status, booking_amount, booking_currency, meta)"
        " select gen_random_uuid(), tenant_id, user_id, 'late', started_at + interval '1 hour', final_status,"
        " 'confirmed', 10, booking_currency, meta"
        f" from public.conversation_sessions_v2 where id in ({SOME.format(7)})",
    "sessions are written once more":
        "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel, started_at,"
        " final_status) select session_id, tenant_id, user_id, channel, started_at, 'escalated'"
        f" from public.conversation_sessions_v2 where id in ({SOME.format(8)})",
    "active sessions end":
        "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel, started_at,"
        " final_status, booking_status) select session_id, tenant_id, user_id, 'telegram', created_at,"
        " 'booked', 'confirmed' from public.active_sessions_v2 where session_id::text like '%c'",
    "ended ones are cleared away":
        "delete from public.active_sessions_v2 where session_id in (select session_id from"
        " public.conversation_sessions_v2) or session_id::text like '%d'",
    "others go on":
        "update public.active_sessions_v2 set last_activity_at = now(), current_step = 'confirmation'"
        " where session_id::text like '%e'",
    "new ones begin":
        "insert into public.active_sessions_v2 (session_id, tenant_id, user_id, created_at)"
        " select gen_random_uuid(), tenant_id, user_id, created_at + interval '1 minute'"
        " from public.active_sessions_v2 where session_id::text like '%f'",
    "clients write":
        "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, message, created_at)"
        " select tenant_id, user_id, session_id, role, 'да', started_at - interval '1 minute'"
        " from public.conversation_sessions_v2 cross join (values ('user'), ('assistant')) as said (role)"
        f" where id in ({SOME.format(9)}) and isfinite(started_at)",
    "clients come":
        "update public.user_ltm_v2 set ltm_data = '{\"last_visit_date\": \"2026-12-31\"}' where id % 5 = 0",
}  # fmt: skip


async def test_the_bot_has_written_and_nobody_has_looked(salons: Salons) -> None:
    """The index and the rollups are those of before."""
    for statement in WRITES.values():
        changed = await salons.connection.execute(statement)
        assert int(changed.split()[-1]) > 0, statement
    await salons.look()
    await salons.check()


async def test_a_collector_that_is_killed_half_way(salons: Salons) -> None:
    """It dies inside a transaction: nothing of that is kept, and nothing is wrong."""
    before = await salons.count_collected()
    collector = await asyncpg.connect(salons.database.superuser_uri)
    await collector.execute("begin")
    for salon in salons.every[:10]:
        await collector.execute(
            "select dashboard.collect_days($1, $2, $3)",
            salon.tenant_id, salon.first - timedelta(days=70), salon.last + timedelta(days=9),
        )  # fmt: skip
    collector.terminate()
    await salons.check()
    assert await salons.count_collected() == before


async def test_the_index_has_caught_up_and_the_collector_has_not(salons: Salons) -> None:
    """Days of what has changed are not taken from rollups any more."""
    before = await salons.count_collected()
    await salons.sync(whole=True)
    assert 0 < await salons.count_collected() < before
    await salons.check()


async def test_everything_has_caught_up(salons: Salons) -> None:
    for salon in salons.every:
        await salons.collect(salon, date(2020, 1, 1), date(2199, 12, 31))
    await salons.check()


async def test_another_calendar_and_currency(salons: Salons) -> None:
    """Rollups were made by the old ones, and are left aside until they are made anew."""
    moved = [replace(salon, zone="Asia/Kathmandu", currency="EUR") for salon in salons.every[:6]]
    settings = "update dashboard.tenant_settings set time_zone = $2, currency = $3 where tenant_id = $1"
    for salon in moved:
        await salons.connection.execute(settings, salon.tenant_id, salon.zone, salon.currency)
        raw = await metrics_raw.read(salons.connection, salon.tenant_id)
        found = await overview(salons.connection, salon)
        assert not list(different(found, metrics_oracle.overview(raw, salon)))


async def test_while_everybody_is_at_work(salons: Salons) -> None:
    """The bot writes, the index follows, the collector collects: each snapshot agrees with itself."""
    salon, done = salons.every[9], asyncio.Event()
    workers = [
        asyncio.create_task(_write(salons.database, salon, done)),
        asyncio.create_task(_keep_up(salons.database, salon, done)),
    ]
    try:
        for _ in range(8):
            async with salons.connection.transaction(isolation="repeatable_read"):
                found = await overview(salons.connection, salon)
                raw = await metrics_raw.read(salons.connection, salon.tenant_id)
            assert not list(different(found, metrics_oracle.overview(raw, salon)))
    finally:
        done.set()
        counts = await asyncio.gather(*workers)
    assert min(counts) > 0


async def _write(database: DashboardDatabase, salon: Salon, done: asyncio.Event) -> int:
    """As the bot: late dialogues, corrections, removals."""
    connection, number = await asyncpg.connect(database.superuser_uri), 0
    while not done.is_set():
        number += 1
        await connection.execute(
            "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel,"
            " started_at, final_status, booking_status, booking_amount, booking_currency)"
            " select $1, tenant_id, user_id, channel, started_at, 'booked', 'confirmed', 50, 'EUR'"
            " from public.conversation_sessions_v2"
            " where tenant_id = $2 and isfinite(started_at) order by md5(id::text || $3) limit 1",
            uuid4(), salon.tenant_id, str(number),
        )  # fmt: skip
        for change in ("update public.conversation_sessions_v2 set booking_status = 'cancelled'",
                       "delete from public.conversation_sessions_v2"):  # fmt: skip
            await connection.execute(
                f"{change} where id = (select id from public.conversation_sessions_v2 where tenant_id = $1"
                " order by md5(id::text || $2) limit 1)",
                salon.tenant_id, f"{change} {number}",
            )  # fmt: skip
        await asyncio.sleep(0.005)
    await connection.close()
    return number


async def _keep_up(database: DashboardDatabase, salon: Salon, done: asyncio.Event) -> int:
    """As the index and the collector, one after the other."""
    connection, number = await asyncpg.connect(database.superuser_uri), 0
    while not done.is_set():
        number += 1
        await connection.execute("select dashboard.sync_index(2000, $1)", number % 2 == 0)
        await connection.execute(
            "select dashboard.collect_days($1, $2, $3)",
            salon.tenant_id,
            salon.first - timedelta(days=5),
            salon.last,
        )
    await connection.close()
    return number
