"""`python -m local_supabase` as suites meet it that were made for PostgREST and for hosted projects."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import pytest
import websockets
from realtime import RealtimeSubscribeStates

from supabase import AsyncClientOptions, acreate_client
from tests.local_supabase.conftest import Database

SECRET = "a-secret-that-is-long-enough-for-hs256"
SECRET_KEY = "sb_secret_of_the_tests_that_is_long_enough"
PUBLISHABLE_KEY = "sb_publishable_tests"
# Names that PostgREST takes and that mean nothing here.
NOISE = {
    "PGRST_OPENAPI_MODE": "ignore-privileges",
    "PGRST_OPENAPI_SERVER_PROXY_URI": "https://api.example.com",
    "PGRST_DB_CHANNEL_ENABLED": "true",
    "PGRST_DB_PREPARED_STATEMENTS": "false",
    "PGRST_DB_POOL_ACQUISITION_TIMEOUT": "10",
    "PGRST_LOG_LEVEL": "info",
}


@contextmanager
def running(environ: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_supabase"],
        env={**os.environ, "PGRST_SERVER_PORT": "0", **environ},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("host", "address"),
    [("!4", "127.0.0.1"), ("*", "127.0.0.1"), ("*6", "[::1]"), ("localhost", "localhost")],
)
def test_postgrest_s_environment_is_enough(bare_database: Database, host: str, address: str) -> None:
    bare_database.run("create table t (n int); insert into t values (7); grant select on t to anon")
    environ = {
        **NOISE,
        "PGRST_DB_URI": bare_database.superuser_uri + "&connect_timeout=5&sslmode=prefer",
        "PGRST_DB_SCHEMAS": "public,not_there",
        "PGRST_DB_EXTRA_SEARCH_PATH": "not_there_either",
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_SERVER_HOST": host,
    }
    with running(environ) as (url, _):
        assert re.fullmatch(rf"http://{re.escape(address)}:\d+", url)
        assert httpx.get(f"{url}/t").json() == [{"n": 7}]
        assert httpx.get(f"{url}/t", headers={"Accept-Profile": "not_there"}).status_code == 404


def test_the_admin_port_tells_whether_requests_can_be_served(
    database: Database, unused_tcp_port: int
) -> None:
    environ = {
        "PGRST_DB_URI": database.authenticator_uri,
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_ADMIN_SERVER_PORT": str(unused_tcp_port),
    }
    with running(environ) as (_, _process):
        admin = f"http://127.0.0.1:{unused_tcp_port}"
        assert [httpx.get(f"{admin}/{path}").status_code for path in ("live", "ready", "t")] == [
            200,
            200,
            404,
        ]
        database.cluster.run_sql(
            f"alter database {database.name} allow_connections false;"
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database.name}'"
            " and pid <> pg_backend_pid()"
        )
        assert [httpx.get(f"{admin}/{path}").status_code for path in ("live", "ready")] == [200, 503]


@pytest.fixture
def project(database: Database) -> Iterator[str]:
    """The address of a project with keys as hosted ones have, where everybody may sign up."""
    database.run(
        "create table public.todos (id uuid primary key default extensions.uuid_generate_v4(), body text);"
        "alter table public.todos enable row level security;"
        "create policy mine on public.todos for all to authenticated using (true);"
        "alter publication supabase_realtime add table public.todos"
    )
    environ = {
        "PGRST_DB_URI": database.authenticator_uri,
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_JWT_SECRET": SECRET,
        "LOCAL_SUPABASE_ADMIN_URI": database.superuser_uri,
        "LOCAL_SUPABASE_SECRET_KEY": SECRET_KEY,
        "LOCAL_SUPABASE_SIGNUP": "1",
    }
    with running(environ) as (url, _):
        yield url


async def test_the_secret_key_is_the_service_role_everywhere(project: str) -> None:
    client = await acreate_client(project, SECRET_KEY, AsyncClientOptions(auto_refresh_token=False))
    states: list[RealtimeSubscribeStates] = []
    changes: list[object] = []
    channel = client.channel("todos")
    channel.on_postgres_changes("INSERT", changes.append, schema="public", table="todos")  # type: ignore[arg-type]
    await channel.subscribe(lambda state, _: states.append(state))
    made = await client.auth.admin.create_user({"email": "a@example.com", "password": "secret-1"})
    assert made.user.email == "a@example.com"
    assert len((await client.table("todos").insert({"body": "service"}).execute()).data) == 1
    await client.realtime.close()
    assert states == [RealtimeSubscribeStates.SUBSCRIBED]

    async with httpx.AsyncClient(base_url=project) as http:
        seen = [
            (await http.get("/rest/v1/todos?select=body", headers=headers)).json()
            for headers in (
                {"apikey": SECRET_KEY},
                {"Authorization": f"Bearer {SECRET_KEY}"},
                {"apikey": PUBLISHABLE_KEY},
            )
        ]
        assert seen == [[{"body": "service"}], [{"body": "service"}], []]
        wrong = await http.get("/rest/v1/todos", headers={"apikey": SECRET_KEY + "x"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "PGRST301")
    socket = project.replace("http", "ws") + "/realtime/v1/websocket?apikey="
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(socket + SECRET_KEY + "x")


async def test_a_person_signs_up_and_writes(project: str) -> None:
    client = await acreate_client(project, PUBLISHABLE_KEY, AsyncClientOptions(auto_refresh_token=False))
    await client.auth.sign_up({"email": "a@example.com", "password": "secret-1"})
    assert len((await client.table("todos").insert({"body": "mine"}).execute()).data) == 1


async def test_what_is_not_served_is_said(project: str) -> None:
    async with httpx.AsyncClient(base_url=project) as http:
        for path in ("/storage/v1/bucket", "/functions/v1/f", "/graphql/v1", "/realtime/v1/api/broadcast"):
            answer = await http.post(path, json={})
            assert answer.status_code == 501, path
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(project.replace("http", "ws") + "/another/websocket")
    assert refusal.value.response.status_code == 404
