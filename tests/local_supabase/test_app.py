"""The three services together, as supabase-py and as `python -m local_supabase` meet them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

import asyncpg
import httpx
import pytest
import websockets

from local_supabase.app import LocalSupabase
from local_supabase.gotrue import create_user
from local_supabase.settings import Settings
from supabase import AsyncClient, AsyncClientOptions, acreate_client
from tests.local_supabase.conftest import Database, running_tasks
from tests.waiting import until

SECRET = "a-secret-that-is-long-enough-for-hs256"
API_KEY = "sb_publishable_tests"
SCHEMA = """
create table public.notes (id int primary key, owner uuid, body text);
alter table public.notes enable row level security;
create policy own on public.notes for all to authenticated using (owner = (select auth.uid()));
create function public.whoami() returns text language sql as 'select current_user::text';
create policy join_own on realtime.messages for select to authenticated
  using (realtime.topic() = 'user:' || auth.uid()::text);
"""


def settings_for(database: Database) -> Settings:
    return Settings(
        db_uri=database.authenticator_uri,
        anon_role="anon",
        jwt_secret=SECRET,
        superuser_uri=database.superuser_uri,
    )


@pytest.fixture
async def local(database: Database) -> AsyncIterator[LocalSupabase]:
    """Everything started over a database with one table of notes."""
    admin = await asyncpg.connect(database.runner_uri)
    await admin.execute(SCHEMA)
    await admin.close()
    service = LocalSupabase(settings_for(database))
    await service.start()
    yield service
    await service.stop()


def in_process(app: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://local")


async def client_of(url: str) -> AsyncClient:
    return await acreate_client(url, API_KEY, AsyncClientOptions(auto_refresh_token=False))


# -- the whole way ----------------------------------------------------------------------------------------


async def test_a_person_signs_in_reads_their_rows_and_hears_their_topic(
    local: LocalSupabase, database: Database
) -> None:
    admin = await asyncpg.create_pool(database.superuser_uri, min_size=1, max_size=2)
    anna = await create_user(admin, "anna@example.com", "a password")
    await admin.execute(
        "insert into public.notes values (1, $1, 'mine'), (2, gen_random_uuid(), 'theirs')", anna.id
    )
    listener = await local.serve()
    client = await client_of(listener.url)
    assert (await client.rpc("whoami").execute()).data == "anon"
    assert (await client.table("notes").select("*").execute()).data == []

    await client.auth.sign_in_with_password({"email": "anna@example.com", "password": "a password"})
    assert (await client.rpc("whoami").execute()).data == "authenticated"
    assert [row["body"] for row in (await client.table("notes").select("body").execute()).data] == ["mine"]  # type: ignore[index,call-overload]

    session = await client.auth.get_session()
    assert session is not None
    await client.realtime.set_auth(session.access_token)
    heard: asyncio.Queue[object] = asyncio.Queue()
    joined: asyncio.Queue[object] = asyncio.Queue()
    channel = client.channel(
        f"user:{anna.id}", {"config": {"private": True, "broadcast": None, "presence": None}}
    )
    channel.on_broadcast("moved", heard.put_nowait)
    await channel.subscribe(lambda state, error: joined.put_nowait((state.value, error)))
    assert await asyncio.wait_for(joined.get(), 5) == ("SUBSCRIBED", None)
    await admin.execute("""select realtime.send('{"n": 1}', 'moved', 'user:' || $1::text)""", str(anna.id))
    message = await asyncio.wait_for(heard.get(), 5)
    assert isinstance(message, dict)
    assert message["payload"]["n"] == 1

    await client.auth.sign_out()
    assert (await client.rpc("whoami").execute()).data == "anon"
    await client.realtime.close()
    await admin.close()


async def test_in_process_there_is_rest_at_both_paths_and_auth(local: LocalSupabase) -> None:
    async with in_process(local.rest_and_auth) as http:
        assert (await http.post("/rest/v1/rpc/whoami")).json() == "anon"
        assert (await http.post("/rpc/whoami")).json() == "anon"
        assert (await http.get("/auth/v1/health")).status_code == 200
        assert (await http.get("/auth/v1x/health")).json()["code"].startswith("PGRST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"apikey": API_KEY, "Authorization": f"Bearer {API_KEY}"}, 200),
        ({"apikey": API_KEY}, 200),
        ({"Authorization": f"Bearer {API_KEY}"}, 401),
        ({"apikey": API_KEY, "Authorization": "Bearer another"}, 401),
        ({"apikey": "a.b.c", "Authorization": "Bearer a.b.c"}, 401),
        ({"apikey": "", "Authorization": "Bearer "}, 401),
    ],
)
async def test_an_opaque_key_is_the_anonymous_role_and_no_other_token_is(
    local: LocalSupabase, headers: dict[str, str], status: int
) -> None:
    async with in_process(local.rest_and_auth) as http:
        answer = await http.post("/rest/v1/rpc/whoami", headers=headers)
    assert answer.status_code == status
    assert status != 200 or answer.json() == "anon"


async def test_browser_pages_may_ask_auth(local: LocalSupabase) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    async with in_process(local.app) as http:
        preflight = await http.options("/auth/v1/token", headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "*"


# -- life cycle -------------------------------------------------------------------------------------------


async def test_nothing_is_left_after_stop(database: Database) -> None:
    tasks = running_tasks()
    service = LocalSupabase(settings_for(database))
    async with in_process(service.app) as http:
        assert (await http.get("/rest/v1/notes")).status_code == 503
        for _ in range(2):
            await service.start()
            listener = await service.serve()
            async with httpx.AsyncClient() as outside:
                assert (await outside.get(f"{listener.url}/auth/v1/health")).status_code == 200
            await service.stop()
        for path in ("/rest/v1/notes", "/auth/v1/health", "/realtime/v1/websocket"):
            answer = await http.get(path)
            assert answer.status_code == 503
            assert "is stopped" in answer.json()["message"]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", listener.port)
    connections = (
        f"select count(*) from pg_stat_activity where datname = '{database.name}' and pid <> pg_backend_pid()"
    )
    await until(lambda: database.run(connections).strip() == "0")
    await until(lambda: not running_tasks() - tasks)


async def test_stop_does_not_wait_for_an_open_socket(local: LocalSupabase) -> None:
    listener = await local.serve()
    url = f"{listener.url.replace('http', 'ws')}/realtime/v1/websocket?apikey={API_KEY}&vsn=1.0.0"
    async with websockets.connect(url) as socket, asyncio.timeout(3):
        await local.stop()
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()


async def test_a_failed_start_leaves_nothing(database: Database) -> None:
    tasks = running_tasks()
    wrong = database.cluster.uri("supabase_admin", "wrong", database.name)
    service = LocalSupabase(
        Settings(db_uri=database.authenticator_uri, anon_role="anon", jwt_secret=SECRET, superuser_uri=wrong)
    )
    with pytest.raises(asyncpg.InvalidPasswordError):
        await service.start()
    await until(lambda: not running_tasks() - tasks)


async def test_a_taken_port_is_an_error_that_can_be_caught(local: LocalSupabase) -> None:
    listener = await local.serve()
    with pytest.raises(OSError, match="in use"):
        await local.serve(port=listener.port)


# -- databases that lack something ------------------------------------------------------------------------


async def refusals(settings: Settings) -> dict[str, str]:
    """What Auth and Realtime answer instead of serving."""
    service = LocalSupabase(settings)
    await service.start()
    found = {}
    async with in_process(service.app) as http:
        assert (await http.get("/")).status_code in {200, 401}
        for name, path in {"auth": "/auth/v1/health", "realtime": "/realtime/v1/websocket"}.items():
            answer = await http.get(path)
            if answer.status_code == 501:
                found[name] = answer.json()["message"]
    await service.stop()
    return found


async def test_a_database_without_supabase_has_rest_only(bare_database: Database) -> None:
    bare_database.run("create table t (n int); insert into t values (7)")
    service = LocalSupabase(Settings(db_uri=bare_database.superuser_uri, anon_role="supabase_admin"))
    await service.start()
    listener = await service.serve()
    async with httpx.AsyncClient(base_url=listener.url) as http:
        assert (await http.get("/t")).json() == [{"n": 7}]
        answer = await http.post("/auth/v1/token?grant_type=password", json={})
        assert answer.status_code == 501
        assert "--bootstrap" in answer.json()["msg"]
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(f"{listener.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=x")
    assert refusal.value.response.status_code == 501
    await service.stop()
    assert (
        bare_database.run("select count(*) from pg_namespace where nspname in ('auth', 'realtime')").strip()
        == "0"
    )


async def test_without_an_administrator_there_is_rest_only(database: Database) -> None:
    found = await refusals(Settings(db_uri=database.authenticator_uri, anon_role="anon", jwt_secret=SECRET))
    assert "LOCAL_SUPABASE_ADMIN_URI" in found["auth"]
    assert "LOCAL_SUPABASE_ADMIN_URI" in found["realtime"]


async def test_without_a_secret_auth_says_so(database: Database) -> None:
    found = await refusals(Settings(db_uri=database.superuser_uri, anon_role="anon"))
    assert found == {"auth": "Auth cannot sign tokens: no JWT secret is set"}


async def test_another_auth_server_s_tables_are_left_alone(database: Database) -> None:
    database.run("drop table auth.refresh_tokens; create table auth.refresh_tokens (id bigint, token text)")
    found = await refusals(settings_for(database))
    assert found == {"auth": "the schema auth of this database belongs to another Auth server"}


# -- python -m local_supabase -----------------------------------------------------------------------------


@contextmanager
def standalone(environ: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_supabase", *arguments],
        env={**os.environ, "PGRST_SERVER_PORT": "0", **environ},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_standalone_serves_and_stops_on_a_signal(database: Database, number: signal.Signals) -> None:
    environ = {
        "PGRST_DB_URI": database.authenticator_uri,
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_JWT_SECRET": SECRET,
        "LOCAL_SUPABASE_ADMIN_URI": database.superuser_uri,
    }
    with standalone(environ) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("local_supabase listens on http://127.0.0.1:")
        url = ready.split()[-1]
        assert httpx.get(f"{url}/auth/v1/health").status_code == 200
        assert httpx.get(f"{url}/rest/v1/").status_code == 200
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert (process.returncode, output, errors) == (0, "", "")


def test_standalone_creates_schemas_when_told(bare_database: Database) -> None:
    secrets = bare_database.cluster.secrets()
    environ = {
        "PGRST_DB_URI": bare_database.authenticator_uri,
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_JWT_SECRET": SECRET,
        "LOCAL_SUPABASE_ADMIN_URI": bare_database.superuser_uri,
    }
    with standalone(environ, "--bootstrap") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert httpx.get(f"{url}/auth/v1/settings").status_code == 200
    assert secrets.authenticator_password in bare_database.authenticator_uri


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "PGRST_DB_URI is not set"),
        ({"PGRST_DB_URI": "postgresql://a:b@127.0.0.1:1/x", "PGRST_SERVER_HOST": "0.0.0.0"}, "--any-host"),
        ({"PGRST_DB_URI": "postgresql://a:b@127.0.0.1:1/x", "PGRST_ADMIN_SERVER_HOST": "::"}, "--any-host"),
        ({"PGRST_DB_URI": "postgresql://a:b@127.0.0.1:1/x", "PGRST_JWT_SECRET": "short"}, "too short"),
        ({"PGRST_DB_URI": "host=db user=me"}, "is not a PostgreSQL URL"),
    ],
)
def test_standalone_says_what_to_do_about_wrong_settings(environ: dict[str, str], said: str) -> None:
    with standalone(environ) as process:
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith("local_supabase: ")
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert output == ""
