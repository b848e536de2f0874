"""A bootstrapped database holds what a hosted project holds, with the same rights and the same traps."""

import json
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from local_supabase.bootstrap import bootstrap
from tests.local_supabase.conftest import Database

USER_ID = "6f1cfa3e-6a53-4b1e-9b9a-5f0f0d7a0001"


@pytest.fixture
async def runner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Connected as `postgres`, who runs migrations."""
    connection = await asyncpg.connect(database.runner_uri)
    yield connection
    await connection.close()


@pytest.fixture
async def api(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Connected as the API is."""
    connection = await asyncpg.connect(database.authenticator_uri)
    yield connection
    await connection.close()


async def take_role(connection: asyncpg.Connection, role: str, **claims: object) -> None:
    """What the API does at the start of each request's transaction."""
    await connection.execute(f"set local role {role}")
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true)", json.dumps({"role": role, **claims})
    )


async def test_the_script_can_run_again_and_keeps_data(database: Database) -> None:
    database.run(f"insert into auth.users (id, email) values ('{USER_ID}', 'a@example.com')")
    secrets = database.cluster.secrets()
    await bootstrap(database.superuser_uri, {"authenticator": secrets.authenticator_password})
    assert database.run("select email from auth.users").strip() == "a@example.com"


async def test_a_password_with_quotes_is_set_as_it_is(database: Database) -> None:
    secrets = database.cluster.secrets()
    password = 'it\'s $$ \\ "quoted"'
    await bootstrap(database.superuser_uri, {"authenticator": password})
    connection = await asyncpg.connect(database.cluster.uri("authenticator", password, database.name))
    await connection.close()
    await bootstrap(database.superuser_uri, {"authenticator": secrets.authenticator_password})


async def test_roles_have_hosted_attributes(runner: asyncpg.Connection) -> None:
    rows = await runner.fetch(
        "select rolname, rolsuper, rolcanlogin, rolinherit, rolbypassrls, rolcreaterole from pg_roles "
        "where rolname = any($1) order by rolname",
        ["anon", "authenticated", "authenticator", "postgres", "service_role"],
    )
    assert [tuple(row) for row in rows] == [
        ("anon", False, False, True, False, False),
        ("authenticated", False, False, True, False, False),
        ("authenticator", False, True, False, False, False),
        ("postgres", False, True, True, True, True),
        ("service_role", False, False, True, True, False),
    ]
    settings = await runner.fetch(
        "select unnest(rolconfig) from pg_roles where rolname in ('anon', 'authenticated')"
    )
    assert {row[0] for row in settings} == {"statement_timeout=3s", "statement_timeout=8s"}


async def test_the_api_role_is_powerless_until_it_takes_a_role(
    runner: asyncpg.Connection, api: asyncpg.Connection
) -> None:
    await runner.execute("create table public.notes (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.fetch("select * from public.notes")
    for role in ("anon", "authenticated", "service_role"):
        async with api.transaction():
            await take_role(api, role)
            assert await api.fetch("select * from public.notes") == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("set role postgres")


async def test_the_runner_can_do_what_migrations_do(runner: asyncpg.Connection) -> None:
    role = "owner_" + uuid.uuid4().hex[:8]
    await runner.execute(f"create role {role} nologin; grant {role} to postgres")
    async with runner.transaction():
        await runner.execute(f"create schema dashboard authorization {role}; set local role {role}")
        await runner.execute(
            "create table dashboard.notes (n int); alter table dashboard.notes enable row level security"
        )
        await runner.execute("reset role; grant usage on schema dashboard to authenticated")
        await runner.execute(
            f"create policy {role} on realtime.messages for select to authenticated "
            "using (realtime.topic() = 'a')"
        )
        await runner.execute("create publication notes for table dashboard.notes")
    assert await runner.fetchval("select rolsuper from pg_roles where rolname = current_user") is False
    await runner.execute(f"drop schema dashboard cascade; drop role {role}")


async def test_claims_reach_the_functions_that_policies_call(api: asyncpg.Connection) -> None:
    query = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() #>> '{app_metadata,tenant_id}'"
    async with api.transaction():
        await take_role(
            api, "authenticated", sub=USER_ID, email="a@example.com", app_metadata={"tenant_id": "t-1"}
        )
        row = await api.fetchrow(query)
        assert row is not None
        assert tuple(row) == (USER_ID, "authenticated", "a@example.com", "t-1")
    async with api.transaction():
        await api.execute("set local role anon")
        row = await api.fetchrow(query)
        assert row is not None
        assert tuple(row) == (None, None, None, None)


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
@pytest.mark.parametrize("table", ["users", "sessions", "refresh_tokens"])
async def test_auth_tables_are_closed_to_the_api(api: asyncpg.Connection, role: str, table: str) -> None:
    async with api.transaction():
        await take_role(api, role, sub=USER_ID)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.fetch(f"select * from auth.{table}")


# -- broadcast from the database -------------------------------------------------------------------------


async def test_send_writes_a_message_with_its_id(runner: asyncpg.Connection) -> None:
    await runner.execute("""select realtime.send('{"a": 1}', 'moved', 'tenant:1:dialogues')""")
    row = await runner.fetchrow(
        "select id::text, topic, extension, event, private, payload from realtime.messages"
    )
    assert row is not None
    payload = json.loads(row["payload"])
    assert payload == {"a": 1, "id": row["id"]}
    assert (row["topic"], row["extension"], row["event"], row["private"]) == (
        "tenant:1:dialogues", "broadcast", "moved", True,
    )  # fmt: skip


async def test_a_send_without_the_right_is_only_a_warning(
    api: asyncpg.Connection, database: Database
) -> None:
    warnings: list[str] = []
    api.add_log_listener(lambda _, message: warnings.append(message.message))
    async with api.transaction():
        await take_role(api, "authenticated", sub=USER_ID)
        await api.execute("select realtime.send('{}', 'moved', 'tenant:1:dialogues')")
    assert database.run("select count(*) from realtime.messages").strip() == "0"
    assert len(warnings) == 1
    assert warnings[0].startswith("WarnSendingBroadcastMessage: new row violates row-level security policy")


async def test_topics_are_hidden_without_a_policy_and_shown_by_one(
    runner: asyncpg.Connection, api: asyncpg.Connection
) -> None:
    async def sees(topic: str) -> bool:
        async with api.transaction():
            await take_role(api, "authenticated", sub=USER_ID)
            await api.execute("select set_config('realtime.topic', $1, true)", topic)
            return bool(await api.fetchval("select exists (select from realtime.messages)"))

    await runner.execute("select realtime.send('{}', 'moved', 'mine')")
    assert not await sees("mine")
    await runner.execute(
        "create policy join_own on realtime.messages for select to authenticated "
        "using (realtime.topic() = 'mine')"
    )
    assert await sees("mine")
    assert not await sees("other")


async def test_row_triggers_can_broadcast_their_changes(runner: asyncpg.Connection) -> None:
    await runner.execute("""
        create table public.notes (n int);
        create function public.tell() returns trigger language plpgsql security definer as $$
        begin
          perform realtime.broadcast_changes('notes', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
          return null;
        end $$;
        create trigger tell after insert or update or delete on public.notes
          for each row execute function public.tell();
        insert into public.notes values (1);
        update public.notes set n = 2;
        delete from public.notes;
    """)
    rows = await runner.fetch("select payload - 'id' as payload from realtime.messages order by inserted_at")
    common = {"table": "notes", "schema": "public"}
    assert [json.loads(row["payload"]) for row in rows] == [
        {"record": {"n": 1}, "old_record": None, "operation": "INSERT", **common},
        {"record": {"n": 2}, "old_record": {"n": 1}, "operation": "UPDATE", **common},
        {"record": None, "old_record": {"n": 2}, "operation": "DELETE", **common},
    ]


async def test_publications_exist(runner: asyncpg.Connection) -> None:
    tables = await runner.fetch("select pubname, schemaname, tablename from pg_publication_tables")
    names = {row[0] for row in await runner.fetch("select pubname from pg_publication")}
    assert names == {"supabase_realtime", "supabase_realtime_messages_publication"}
    assert [tuple(row) for row in tables] == [
        ("supabase_realtime_messages_publication", "realtime", "messages")
    ]


async def test_schema_changes_ring_the_api(runner: asyncpg.Connection, api: asyncpg.Connection) -> None:
    heard: list[object] = []
    await api.add_listener("pgrst", lambda *notice: heard.append(notice[3]))
    for statement in (
        "create table public.notes (n int)",
        "grant select on public.notes to anon",
        "create function public.f() returns int language sql as 'select 1'",
        "comment on table public.notes is 'x'",
        "drop table public.notes",
    ):
        await runner.execute(statement)
        await api.execute("select 1")
        assert heard == ["reload schema"], statement
        heard.clear()
    await runner.execute("create temp table scratch (n int)")
    await api.execute("select 1")
    assert heard == []
