"""What `migrate` does to a database, and what it refuses."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from local_supabase.postgres import Cluster
from migrate import FOLDER, MigrationError, migrate, pending
from migrate.files import read_migrations
from tests.database import BOT_SCHEMA, DashboardDatabase, bare_database, empty_database


@pytest.fixture
def bot_database(supabase_cluster: Cluster) -> Iterator[DashboardDatabase]:
    """What a live project is before the first migration: the bot's tables, in use."""
    database = bare_database(supabase_cluster)
    supabase_cluster.run_sql(BOT_SCHEMA.read_text(encoding="utf-8"), database.name)
    yield database
    supabase_cluster.drop_database(database.name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two small migrations that any database takes."""
    (tmp_path / "20260101000000_one.sql").write_text(
        "create table one (a int);\n\ncreate table two (b int);\n"
    )
    (tmp_path / "20260102000000_three.sql").write_text("create table three (c int);\n")
    return tmp_path


async def fetch(database: DashboardDatabase, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database.runner_uri)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


LEDGER = "select version, name, statements from supabase_migrations.schema_migrations order by version"


async def test_applies_every_file_in_order_and_notes_it_as_the_cli_does(
    bot_database: DashboardDatabase,
) -> None:
    files = read_migrations(FOLDER)
    assert await migrate(bot_database.runner_uri) == [str(file) for file in files]
    rows = await fetch(bot_database, LEDGER)
    assert [(row["version"], row["name"]) for row in rows] == [(file.version, file.name) for file in files]


async def test_a_second_run_does_nothing_and_is_fast(dashboard_database: DashboardDatabase) -> None:
    await migrate(dashboard_database.runner_uri)
    started = time.perf_counter()
    assert await migrate(dashboard_database.runner_uri) == []
    assert time.perf_counter() - started < 0.5  # some 25 ms on an idle machine


async def test_several_databases_of_one_cluster_share_the_roles(
    dashboard_database: DashboardDatabase, bot_database: DashboardDatabase
) -> None:
    assert await pending(dashboard_database.runner_uri) == []
    assert await migrate(bot_database.runner_uri)


async def test_two_at_the_same_time_apply_each_file_once(bot_database: DashboardDatabase) -> None:
    done = await asyncio.gather(*(migrate(bot_database.runner_uri) for _ in range(3)))
    assert sorted(name for names in done for name in names) == [str(file) for file in read_migrations(FOLDER)]


async def test_a_failing_file_is_undone_whole_and_named_with_its_line(
    bot_database: DashboardDatabase, folder: Path
) -> None:
    (folder / "20260103000000_bad.sql").write_text("create table four (d int);\n\nselect nonsense;\n")
    with pytest.raises(
        MigrationError, match=r"20260103000000_bad\.sql failed and was undone \(line 3\).*nonsense"
    ):
        await migrate(bot_database.runner_uri, folder=folder)
    assert [row["name"] for row in await fetch(bot_database, LEDGER)] == ["one", "three"]
    (row,) = await fetch(bot_database, "select to_regclass('public.four') as four")
    assert row["four"] is None


async def test_a_file_that_was_changed_after_it_was_applied_is_refused(
    bot_database: DashboardDatabase, folder: Path
) -> None:
    await migrate(bot_database.runner_uri, folder=folder)
    (folder / "20260101000000_one.sql").write_text("create table one (a bigint);")
    with pytest.raises(MigrationError, match="was changed after it had been applied"):
        await migrate(bot_database.runner_uri, folder=folder)


async def test_what_the_cli_applied_counts_as_applied(bot_database: DashboardDatabase, folder: Path) -> None:
    """The CLI stores statements split and trimmed."""
    await migrate(bot_database.runner_uri, folder=folder)
    await fetch(
        bot_database,
        "update supabase_migrations.schema_migrations"
        " set statements = array['create table one (a int)', 'create table two (b int)'] where name = 'one'",
    )
    assert await migrate(bot_database.runner_uri, folder=folder) == []


async def test_a_version_taken_by_another_migration_is_refused(
    bot_database: DashboardDatabase, folder: Path
) -> None:
    await migrate(bot_database.runner_uri, folder=folder)
    await fetch(
        bot_database, "update supabase_migrations.schema_migrations set name = 'bots_own' where name = 'one'"
    )
    with pytest.raises(MigrationError, match="under another name, 'bots_own'"):
        await pending(bot_database.runner_uri, folder=folder)


async def test_migrations_of_others_in_the_ledger_are_left_alone(
    bot_database: DashboardDatabase, folder: Path
) -> None:
    await migrate(bot_database.runner_uri, folder=folder)
    (folder / "20260101000000_one.sql").unlink()
    assert await migrate(bot_database.runner_uri, folder=folder) == []


async def test_a_table_in_use_is_waited_for_a_few_seconds_only(
    bot_database: DashboardDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.runner.LOCK_TIMEOUT", "50ms")
    await migrate(bot_database.runner_uri, folder=folder)
    (folder / "20260103000000_alter.sql").write_text("alter table public.one add column b int;")
    busy = await asyncpg.connect(bot_database.runner_uri)
    try:
        async with busy.transaction():
            await busy.execute("select * from public.one")
            with pytest.raises(MigrationError, match="lock timeout"):
                await migrate(bot_database.runner_uri, folder=folder)
    finally:
        await busy.close()


async def test_another_database_than_the_bots_is_refused_with_advice(supabase_cluster: Cluster) -> None:
    database = bare_database(supabase_cluster)
    with pytest.raises(MigrationError, match=r"bot_tables_access\.sql failed.*public\.tenants_v2 is missing"):
        await migrate(database.runner_uri)
    supabase_cluster.drop_database(database.name)


async def test_a_database_that_cannot_be_reached_is_said_without_the_password() -> None:
    with pytest.raises(MigrationError, match="cannot be reached") as caught:
        await migrate("postgresql://somebody:verysecret@127.0.0.1:1/postgres")
    assert "verysecret" not in str(caught.value)


async def test_a_file_that_the_cli_would_pass_over_is_refused(
    bot_database: DashboardDatabase, folder: Path
) -> None:
    (folder / "4_short.sql").write_text("select 1")
    with pytest.raises(ValueError, match=r"4_short\.sql: a migration is named"):
        await migrate(bot_database.runner_uri, folder=folder)


async def test_the_api_is_told_to_look_again(bot_database: DashboardDatabase, folder: Path) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(bot_database.runner_uri)
    try:
        await listener.add_listener("pgrst", lambda *message: heard.put_nowait(str(message[3])))
        await migrate(bot_database.runner_uri, folder=folder)
        assert await asyncio.wait_for(heard.get(), 5) == "reload schema"
    finally:
        await listener.close()


async def test_runs_on_a_database_of_a_superuser_too(supabase_cluster: Cluster, folder: Path) -> None:
    database = empty_database(supabase_cluster)
    assert len(await migrate(database.superuser_uri, folder=folder)) == 2
    supabase_cluster.drop_database(database.name)


async def test_each_file_leaves_the_role_that_it_found(bot_database: DashboardDatabase) -> None:
    """The CLI may log in as another role, become `postgres`, and write its ledger as that after each file."""
    connection = await asyncpg.connect(bot_database.superuser_uri)
    try:
        await connection.execute("set role postgres")
        for file in read_migrations(FOLDER):
            await connection.execute(f"reset all; {file.sql}")
            assert await connection.fetchval("select current_user") == "postgres", file
    finally:
        await connection.close()


def test_the_files_are_named_one_after_another(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    versions = [file.version for file in read_migrations(tmp_path)]
    assert versions == sorted(set(versions))
