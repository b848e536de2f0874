"""Lost connections, timeouts, full pools and a schema that changes under the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from local_supabase.cluster_errors import ClusterError
from local_supabase.postgres import Cluster
from local_supabase.rest import RestApp, open_pool
from local_supabase.rest.schema_watch import SchemaWatch
from local_supabase.settings import Settings
from local_supabase.tokens import JwtVerifier
from tests.local_supabase.rest.conftest import DATABASE, Case, Serve, run, token
from tests.waiting import until

KILL = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
    f"where datname = '{DATABASE}' and usename = 'authenticator'"
)
NOTHING_LEFT_OPEN = """do $$ begin
    assert not exists (select from pg_stat_activity where state like 'idle in transaction%'); end $$"""
SLEEPING = """do $$ begin
    assert exists (select from pg_stat_activity where wait_event = 'PgSleep'); end $$"""


@asynccontextmanager
async def sleeping(
    client: httpx.AsyncClient, cluster: Cluster
) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """A request that the database is busy with, for five seconds."""
    request = asyncio.create_task(client.post("/rpc/slow"))
    await until(lambda: asyncio.to_thread(holds, cluster, SLEEPING))
    try:
        yield request
    finally:
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)


async def test_killed_connections_are_replaced_unseen(serve: Serve, cluster: Cluster) -> None:
    client = await serve()
    await run(client, Case("GET /hundred?id=eq.1", 200))
    cluster.run_sql(KILL, DATABASE)
    for _ in range(5):
        await run(client, Case("GET /hundred?id=eq.1", 200))


async def test_a_connection_lost_in_the_middle_is_503(serve: Serve, cluster: Cluster) -> None:
    client = await serve()
    async with sleeping(client, cluster) as request:
        await asyncio.to_thread(cluster.run_sql, KILL, DATABASE)
        response = await request
    assert (response.status_code, response.json()["code"]) in {(503, "PGRST001"), (503, "57P01")}
    await run(client, Case("GET /hundred?id=eq.1", 200))


async def test_a_database_that_is_away_is_503(base_settings: Settings) -> None:
    settings = replace(base_settings, db_uri="postgresql://nobody@127.0.0.1:1/none")
    pool = asyncpg.create_pool(settings.db_uri, min_size=0, max_size=1, timeout=1)
    await pool
    app = RestApp(pool, JwtVerifier(settings), settings)
    await app.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rest") as client:
        response = await client.get("/items")
        assert (response.status_code, response.json()["code"]) == (503, "PGRST002")
        assert response.headers["retry-after"] == "1"
    await app.stop()
    await pool.close()


async def test_a_full_pool_is_504(serve: Serve, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await serve(pool_size=1, aggregates_enabled=True)
    monkeypatch.setattr("local_supabase.rest.transaction.ACQUIRE_SECONDS", 0.2)
    async with sleeping(client, cluster):
        response = await client.get("/hundred")
        assert (response.status_code, response.json()["code"]) == (504, "PGRST003")
    monkeypatch.setattr("local_supabase.rest.transaction.ACQUIRE_SECONDS", 5.0)
    await run(client, Case("GET /hundred?id=eq.1", 200))


async def test_role_settings_hold_for_the_role(serve: Serve, cluster: Cluster) -> None:
    cluster.run_sql("alter role authenticated set statement_timeout = '150ms'", DATABASE)
    client = await serve(pool_size=2)
    headers = {"Authorization": f"Bearer {token()}"}
    await run(client, Case("GET /rpc/setting?name=statement_timeout", 200, '"150ms"', headers=headers))
    await run(client, Case("POST /rpc/slow", 500, {"code": "57014"}, headers=headers))
    cluster.run_sql("alter role authenticated reset statement_timeout", DATABASE)


async def test_a_changed_schema_is_noticed(
    serve: Serve, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await serve()
    monkeypatch.setattr("local_supabase.rest.schema_watch.REFRESH_SECONDS", 0.0)
    await run(client, Case("GET /grown", 404))
    cluster.run_sql("create table api.grown (id int); grant all on api.grown to anon", DATABASE)
    await run(client, Case("GET /grown", 200, []))
    cluster.run_sql("alter table api.grown add column word text", DATABASE)
    await run(client, Case("POST /grown", 201, send={"word": "x"}))
    await run(client, Case("GET /grown?id=eq.1", 200, []))
    cluster.run_sql(
        "alter table api.grown alter column id type text; notify pgrst, 'reload schema'", DATABASE
    )

    async def is_known() -> bool:
        return (await client.get("/grown?id=eq.one")).status_code == 200

    await until(is_known)
    cluster.run_sql(
        "create type api.shade as enum ('dark'); alter table api.grown add shade api.shade", DATABASE
    )
    await run(client, Case("GET /grown?shade=eq.dark", 200, []))
    cluster.run_sql("drop table api.grown; notify pgrst", DATABASE)


async def test_the_watch_ends_with_its_server(base_settings: Settings) -> None:
    pool = await open_pool(base_settings)
    watch: Any = SchemaWatch(pool, base_settings)
    await watch.start()
    task = watch._task
    await watch.stop()
    assert task.done()
    await pool.close()


async def test_a_cancelled_request_gives_its_connection_back(serve: Serve, cluster: Cluster) -> None:
    client = await serve(pool_size=1, max_rows=77)
    for _ in range(3):
        async with sleeping(client, cluster) as request:
            request.cancel()
    await run(client, Case("GET /rpc/who", 200, '"anon"'))
    await until(lambda: asyncio.to_thread(holds, cluster, NOTHING_LEFT_OPEN), what="the last rollback")


def holds(cluster: Cluster, assertion: str) -> bool:
    try:
        cluster.run_sql(assertion, DATABASE)
    except ClusterError:
        return False
    return True


async def test_an_answered_read_holds_no_lock(serve: Serve, cluster: Cluster) -> None:
    client = await serve()
    for line in ("GET /items?id=eq.1", "HEAD /items", "GET /rpc/all_items", "GET /rpc/fail_with?state=P0001"):
        await client.request(*line.split(" ", 1))
        cluster.run_sql(NOTHING_LEFT_OPEN, DATABASE)  # the event loop stands still meanwhile
