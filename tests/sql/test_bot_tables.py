"""The bot's tables: read by the owner role, read by no role of the API, written by none of ours."""

import asyncpg
import pytest

from migrate.inspection import BOT_TABLES
from tests.sql.world import Caller, World

ROLES = (
    "anon",
    "authenticated",
    "dashboard_auth",
    "dashboard_worker",
    "dashboard_live",
    "dashboard_owner",
    "authenticator",
)
WRITES = {
    "insert": "insert into {table} default values",
    "update": "update {table} set created_at = created_at",
    "delete": "delete from {table}",
    "truncate": "truncate {table}",
    "merge": "merge into {table} using (values (1)) as one on true when matched then delete",
    "lock": "lock table {table} in share mode",
    "alter": "alter table {table} add column mischief int",
    "trigger": "create trigger mischief before insert on {table}"
    " execute function suppress_redundant_updates_trigger()",
    "policy": "create policy mischief on {table} using (true)",
}
NOT_ALLOWED = {"42501", "55000"}  # no privilege; or a view that takes no writes from anybody


def test_the_nine_tables_are_those_of_the_database(world: World) -> None:
    assert len(set(BOT_TABLES)) == 9


async def test_no_table_of_public_is_missing_here(world: World) -> None:
    rows = await world.connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    assert {row["tablename"] for row in rows} == set(BOT_TABLES)


TOLD_BY_REALTIME = {
    "tenants_v2": {"id", "is_active"},
    "clients_v2": {"id", "tenant_id"},
    "active_sessions_v2": {"session_id", "tenant_id"},
    "conversation_sessions_v2": {"id", "tenant_id"},
    "recent_history_v2": {"id", "tenant_id"},
    "wishlist_v2": {"id", "tenant_id"},
    "user_ltm_v2": {"id", "tenant_id", "user_id"},
}
"""Which row of which salon has changed, and nothing of what it says."""


@pytest.mark.parametrize("role", ROLES)
async def test_reading_is_for_the_owner_role_alone(world: World, role: str) -> None:
    for table in BOT_TABLES:
        rows = await world.connection.fetch(
            "select attname from pg_attribute where attrelid = $2::text::regclass and attnum > 0"
            " and has_column_privilege($1, attrelid, attnum, 'select')",
            role,
            f"public.{table}",
        )
        columns = {row["attname"] for row in rows}
        if role == "dashboard_owner":
            assert columns, table
        elif role == "dashboard_live":
            assert columns == TOLD_BY_REALTIME.get(table, set()), table
        else:
            assert not columns, table


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("write", WRITES)
async def test_every_write_is_refused(world: World, role: str, write: str) -> None:
    for table in BOT_TABLES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.acting(Caller(role)) as connection:
                await connection.execute(WRITES[write].format(table=f"public.{table}"))


@pytest.mark.parametrize("role", ROLES)
async def test_no_view_passes_a_write_on(world: World, role: str) -> None:
    """A simple view takes writes for the table beneath, with the rights of the view's owner."""
    rows = await world.connection.fetch(
        """
        select oid::regclass::text as name, (
          select attname from pg_attribute
          where attrelid = pg_class.oid and attnum = 2
        ) as second_column
        from pg_class
        where relkind = 'v' and relnamespace = 'dashboard'::regnamespace
          -- over the owner's own tables
          and not ($1 = 'dashboard_owner' and relname in ('audit_entries', 'my_saved_filters'))
        """,
        role,
    )
    assert {"dashboard.dialogues", "dashboard.my_tenants"} <= {row["name"] for row in rows}
    for row in rows:
        for statement in (
            f"insert into {row['name']} default values",
            f"update {row['name']} set {row['second_column']} = {row['second_column']}",
            f"delete from {row['name']}",
        ):
            with pytest.raises(asyncpg.PostgresError) as caught:
                async with world.acting(Caller(role)) as connection:
                    await connection.execute(statement)
            assert caught.value.sqlstate in NOT_ALLOWED, statement


async def test_the_bot_itself_may_write(world: World) -> None:
    async with world.acting(Caller("service_role")) as connection:
        await connection.execute("insert into public.tenants_v2 (name) values ('New')")
