"""What the command finds on a project that is set up otherwise than the embedded one."""

import asyncpg
import pytest

from migrate.inspection import Finding, inspect
from tests.database import DashboardDatabase

CLIENTS = "public.clients_v2"
READS = f"create policy dashboard_reads on {CLIENTS} for select to dashboard_owner using (true);"
CLOSES = f"revoke all on {CLIENTS} from anon, authenticated;"


async def run(database: DashboardDatabase, *statements: str) -> None:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def remedies(database: DashboardDatabase) -> list[str]:
    findings = await inspect(database.runner_uri)
    assert all(isinstance(finding, Finding) and finding.problem for finding in findings)
    return [finding.remedy for finding in findings]


async def test_the_embedded_database_has_nothing_to_put_right(dashboard_database: DashboardDatabase) -> None:
    assert await remedies(dashboard_database) == []


async def rows_seen(database: DashboardDatabase) -> int:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        async with connection.transaction():
            await connection.execute("set local role dashboard_owner")
            count: int = await connection.fetchval(f"select count(*) from {CLIENTS}")
            return count
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "project",
    [
        [],
        [f"create policy own on {CLIENTS} to authenticated using (true)"],
        [f"create policy own on {CLIENTS} using (phone = '1')"],
        [
            f"create policy all_rows on {CLIENTS} to dashboard_owner using (true)",
            f"create policy narrow on {CLIENTS} as restrictive using (phone = '1')",
        ],
    ],
)
async def test_row_security_that_hides_rows_from_the_panel(
    dashboard_database: DashboardDatabase, project: list[str]
) -> None:
    await run(
        dashboard_database,
        "insert into public.tenants_v2 (name) values ('Salon')",
        f"insert into {CLIENTS} (tenant_id) select id from public.tenants_v2",
        f"alter table {CLIENTS} enable row level security",
        *project,
    )
    assert await rows_seen(dashboard_database) == 0
    assert await remedies(dashboard_database) == [READS]


async def test_the_statement_that_it_prints_puts_it_right(dashboard_database: DashboardDatabase) -> None:
    await run(
        dashboard_database,
        "insert into public.tenants_v2 (name) values ('Salon')",
        f"insert into {CLIENTS} (tenant_id) select id from public.tenants_v2",
        f"alter table {CLIENTS} enable row level security",
        *await remedies(dashboard_database),
    )
    await run(dashboard_database, *await remedies(dashboard_database))
    assert await rows_seen(dashboard_database) == 1
    assert await remedies(dashboard_database) == []


async def test_a_grant_that_was_lost(dashboard_database: DashboardDatabase) -> None:
    """As when the bot's team drops a table and makes it again."""
    await run(dashboard_database, f"revoke select on {CLIENTS} from dashboard_owner")
    assert await remedies(dashboard_database) == [f"grant select on {CLIENTS} to dashboard_owner;"]


@pytest.mark.parametrize("reader", ["anon", "authenticated", "public"])
async def test_a_table_that_the_api_serves_to_everybody(
    dashboard_database: DashboardDatabase, reader: str
) -> None:
    await run(dashboard_database, f"grant select on {CLIENTS} to {reader}")
    assert CLOSES in await remedies(dashboard_database)


async def test_one_column_is_enough(dashboard_database: DashboardDatabase) -> None:
    await run(dashboard_database, f"grant select (phone) on {CLIENTS} to anon")
    assert await remedies(dashboard_database) == [CLOSES]


async def test_row_security_that_lets_everybody_in(dashboard_database: DashboardDatabase) -> None:
    await run(
        dashboard_database,
        f"grant select on {CLIENTS} to authenticated",
        f"alter table {CLIENTS} enable row level security",
        READS,
    )
    assert await remedies(dashboard_database) == []
    await run(dashboard_database, f"create policy everybody on {CLIENTS} for select using (true)")
    assert await remedies(dashboard_database) == [CLOSES]


async def test_topics_that_nobody_may_join(dashboard_database: DashboardDatabase) -> None:
    await run(dashboard_database, "drop policy dashboard_people_listen on realtime.messages")
    (remedy,) = await remedies(dashboard_database)
    assert "realtime_topics.sql" in remedy


async def test_rows_that_realtime_would_keep_from_the_panel(dashboard_database: DashboardDatabase) -> None:
    await run(
        dashboard_database,
        "alter table public.recent_history_v2 enable row level security",
        "create policy dashboard_reads on public.recent_history_v2 for select to dashboard_owner"
        " using (true)",
    )
    (remedy,) = await remedies(dashboard_database)
    assert "to dashboard_live" in remedy
    await run(dashboard_database, remedy)
    assert await remedies(dashboard_database) == []


async def test_signs_of_life_that_nobody_would_see(dashboard_database: DashboardDatabase) -> None:
    await run(dashboard_database, "alter publication supabase_realtime drop table dashboard.canaries")
    (remedy,) = await remedies(dashboard_database)
    await run(dashboard_database, remedy)
    assert await remedies(dashboard_database) == []


async def test_an_api_that_does_not_serve_our_schema(dashboard_database: DashboardDatabase) -> None:
    name = dashboard_database.name
    setting = f"alter role authenticator in database {name} set pgrst.db_schemas = "
    await run(dashboard_database, setting + "'public, graphql_public'")
    (remedy,) = await remedies(dashboard_database)
    assert "exposed schemas" in remedy
    await run(dashboard_database, setting + "'public, dashboard'")
    assert await remedies(dashboard_database) == []
