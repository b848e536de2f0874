"""The demo in a database: loaded once, continued later, and never twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import bcrypt
import pytest

from demo.accounts import DEMO_ACCOUNTS
from demo.load import load
from demo.rows import COLUMNS
from demo.salons import MOSCOW, SALONS
from tests.database import DashboardDatabase, copy_of

THEN = datetime(2026, 11, 19, 13, 20, tzinfo=UTC)
NOW = THEN + timedelta(days=2, hours=3)
DAYS = 8


async def fetch(database: DashboardDatabase, query: str, *arguments: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def fresh(migrated_template: DashboardDatabase) -> AsyncIterator[DashboardDatabase]:
    """Loaded at NOW, at once."""
    database = copy_of(migrated_template)
    await load(database.superuser_uri, now=NOW, days=DAYS)
    yield database
    database.cluster.drop_database(database.name)


async def contents(database: DashboardDatabase, table: str, since: datetime) -> list[Any]:
    # What came of a client's earlier days depends on how far back was loaded.
    where = "updated_at >= $1" if table == "user_ltm_v2" else "created_at >= $1"
    if table == "clients_v2":
        where = """exists (select from public.conversation_sessions_v2 as s
            where s.user_id = clients_v2.id and s.started_at >= $1)"""
    rows = await fetch(
        database,
        f"select to_jsonb(t)::text from public.{table} as t where {where.replace(table, 't')} order by 1",
        since,
    )
    return [row[0] for row in rows]


class TestLoad:
    async def test_second_load_adds_nothing(self, fresh: DashboardDatabase) -> None:
        report = await load(fresh.superuser_uri, now=NOW, days=DAYS)
        assert report.stretches == 0
        assert sum(report.rows.values()) == 0
        assert report.accounts == 0

    async def test_continued_equals_loaded_at_once(
        self, fresh: DashboardDatabase, dashboard_database: DashboardDatabase
    ) -> None:
        await load(dashboard_database.superuser_uri, now=THEN, days=DAYS)
        await load(dashboard_database.superuser_uri, now=THEN + timedelta(hours=1), days=DAYS)
        await load(dashboard_database.superuser_uri, now=NOW, days=DAYS)
        since = NOW - timedelta(days=DAYS - 1)
        for table in COLUMNS:
            expected = await contents(fresh, table, since)
            assert await contents(dashboard_database, table, since) == expected, table
            assert expected or table == "tenants_v2"

    async def test_references_hold(self, fresh: DashboardDatabase) -> None:
        """The load switches the checks off while it writes; here they are asked one by one."""
        keys = await fetch(
            fresh,
            """select conrelid::regclass::text as child, confrelid::regclass::text as parent, a.attname as key
            from pg_constraint join pg_attribute as a on a.attrelid = conrelid and a.attnum = conkey[1]
            where contype = 'f' and connamespace = 'public'::regnamespace""",
        )
        assert len(keys) >= 14
        for child, parent, key in keys:
            orphans = await fetch(
                fresh,
                f"select 1 from {child} as c where {key} is not null and not exists "
                f"(select from {parent} as p where p.id = c.{key}) limit 1",
            )
            assert orphans == [], f"{child}.{key}"

    async def test_each_row_belongs_to_its_clients_salon(self, fresh: DashboardDatabase) -> None:
        for table, columns in COLUMNS.items():
            if "user_id" in columns:
                foreign = await fetch(
                    fresh,
                    f"""select 1 from public.{table} as t join public.clients_v2 as c on c.id = t.user_id
                    where c.tenant_id <> t.tenant_id limit 1""",
                )
                assert foreign == [], table

    async def test_new_rows_are_numbered_after_the_loaded(self, fresh: DashboardDatabase) -> None:
        connection = await asyncpg.connect(fresh.superuser_uri)
        try:
            transaction = connection.transaction()
            await transaction.start()
            latest = await connection.fetchval("select max(id) from public.recent_history_v2")
            given = await connection.fetchval(
                """insert into public.recent_history_v2 (tenant_id, user_id, role, message)
                select tenant_id, id, 'user', 'x' from public.clients_v2 limit 1 returning id"""
            )
            await transaction.rollback()
            assert given > latest
        finally:
            await connection.close()

    async def test_salons_have_their_settings(self, fresh: DashboardDatabase) -> None:
        rows = await fetch(fresh, "select tenant_id, time_zone, currency from dashboard.tenant_settings")
        assert {tuple(row) for row in rows} == {(s.tenant_id, s.time_zone, s.currency) for s in SALONS}

    async def test_people_can_sign_in(self, fresh: DashboardDatabase) -> None:
        for account in DEMO_ACCOUNTS:
            [user] = await fetch(fresh, "select * from dashboard.users where email = $1", account.email)
            assert user["is_active"]
            assert len(account.memberships) == len(
                await fetch(fresh, "select 1 from dashboard.memberships where user_id = $1", user["user_id"])
            )
        assert bcrypt.checkpw(account.password.encode(), user["password_hash"].encode())
        roles = {role for account in DEMO_ACCOUNTS for _, role in account.memberships}
        assert roles == {"platform_admin", "owner", "admin", "operator"}

    async def test_a_changed_name_stays(self, dashboard_database: DashboardDatabase) -> None:
        uri = dashboard_database.superuser_uri
        await load(uri, now=NOW, days=0)
        await fetch(
            dashboard_database,
            "update dashboard.users set full_name = 'Другое Имя' where email like 'owner@%'",
        )
        await load(uri, now=NOW, days=0)
        rows = await fetch(
            dashboard_database, "select full_name from dashboard.users where email like 'owner@%'"
        )
        assert rows[0][0] == "Другое Имя"

    async def test_large_adds_to_what_is_there_and_stays(self, dashboard_database: DashboardDatabase) -> None:
        uri = dashboard_database.superuser_uri
        await load(uri, now=NOW, days=1)
        await load(uri, now=NOW, days=1, large=True)
        counted = """select (started_at at time zone $2)::date as day, count(*)
            from public.conversation_sessions_v2 where tenant_id = $1 group by 1 order by 1"""
        [yesterday, _] = await fetch(dashboard_database, counted, MOSCOW.tenant_id, MOSCOW.time_zone)
        assert yesterday["count"] > 1000
        report = await load(uri, now=NOW + timedelta(hours=1), days=1)
        assert report.rows["conversation_sessions_v2"] > 20

    async def test_two_loads_at_once(self, dashboard_database: DashboardDatabase) -> None:
        uri = dashboard_database.superuser_uri
        reports = await asyncio.gather(*(load(uri, now=NOW, days=0) for _ in range(2)))
        assert sorted(report.stretches for report in reports) == [0, 3]

    async def test_ordinary_people_cannot_see_the_ledger(self, fresh: DashboardDatabase) -> None:
        [row] = await fetch(
            fresh,
            """select has_schema_privilege('authenticated', 'demo', 'usage'),
            has_schema_privilege('anon', 'demo', 'usage')""",
        )
        assert tuple(row) == (False, False)
