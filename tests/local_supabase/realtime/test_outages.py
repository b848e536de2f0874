from __future__ import annotations

import asyncio
import json
import logging
from typing import TypeAlias

import asyncpg
import pytest
import websockets
from realtime import RealtimeSubscribeStates
from realtime.types import RealtimePostgresChangesListenEvent as Event

from local_supabase.postgres import temporary_cluster
from local_supabase.realtime import feed
from tests.local_supabase.conftest import Database, running_tasks
from tests.local_supabase.realtime.conftest import ALPHA, SCHEMA, Inbox, Server, private, receive, token
from tests.waiting import until

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
TOPIC = f"tenant:{ALPHA}:runs"


async def slots(admin: Admin) -> int:
    return int(
        await admin.fetchval("select count(*) from pg_replication_slots where database = current_database()")
    )


async def test_channels_outlive_a_restart_of_the_database(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with temporary_cluster() as cluster:
        cluster.bootstrap()
        cluster.run_sql(SCHEMA)
        server = Server(cluster.superuser_uri(), Database(cluster, "postgres").authenticator_uri)
        await server.start()
        heard, changes, system, states = Inbox(), Inbox(), Inbox(), Inbox()
        channel = server.client(token(ALPHA)).channel(TOPIC, private())
        channel.on_broadcast("*", heard).on_system(system)
        channel.on_postgres_changes(Event.Insert, changes, table="notes")
        await channel.subscribe(states)
        await system.wait()

        await asyncio.to_thread(cluster.stop)
        late = Inbox()
        other = server.client(token(ALPHA)).channel(TOPIC, private())
        waiting = asyncio.create_task(other.subscribe(late))  # joins while the database is away
        await asyncio.sleep(0.5)
        cluster.start()  # on this thread: the server is told to stop when the thread that started it ends

        await system.wait(3, seconds=20)
        assert [item.message for item in system.items[1:]] == [
            "Replication connection established", "Subscribed to PostgreSQL"
        ]  # fmt: skip
        await waiting
        await late.wait()
        assert late.items[-1][0] is RealtimeSubscribeStates.SUBSCRIBED
        assert [state for state, _ in states.items] == [RealtimeSubscribeStates.SUBSCRIBED]
        admin = await asyncpg.connect(cluster.superuser_uri())
        await admin.execute("select realtime.send('{\"n\": 1}', 'e', $1)", TOPIC)
        await admin.execute("insert into notes (tenant_id, body) values ($1, 'after')", ALPHA)
        assert (await heard.wait())[0]["payload"]["n"] == 1
        assert (await changes.wait())[0]["data"]["record"]["body"] == "after"
        await admin.close()
        await server.stop()


async def test_a_join_while_the_database_is_away_is_refused_with_a_reason(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_supabase.realtime.conversation.READY_SECONDS", 0.3)
    server = Server(tables.superuser_uri.replace("/realtime_", "/missing_"), tables.authenticator_uri)
    await server.start()
    async with server.raw() as socket:
        await socket.send(json.dumps({"topic": "realtime:x", "event": "phx_join", "payload": {}, "ref": "1"}))
        reason = (await receive(socket))["payload"]["response"]["reason"]
        assert reason.startswith("UnableToConnectToProject: ")
        assert "does not exist" in reason
    await server.stop()


async def test_a_killed_connection_is_replaced(server: Server, admin: Admin) -> None:
    heard, system = Inbox(), Inbox()
    channel = server.client(token(ALPHA)).channel(TOPIC, private())
    await channel.on_broadcast("*", heard).on_system(system).subscribe()
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name in ('realtime_replication', 'realtime_rls')"
    )
    await system.wait()
    await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
    await heard.wait()
    assert await slots(admin) == 1
    second = server.client(token(ALPHA)).channel(TOPIC, private())
    await second.subscribe()
    assert second.is_joined


async def test_a_dropped_publication_is_made_again(server: Server, admin: Admin) -> None:
    heard, system = Inbox(), Inbox()
    channel = server.client(token(ALPHA)).channel(TOPIC, private())
    await channel.on_broadcast("*", heard).on_system(system).subscribe()
    await admin.execute("drop publication supabase_realtime_messages_publication")
    await admin.execute("insert into open_notes values (1, 'x')")
    await system.wait()
    await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
    await heard.wait()


async def test_the_slot_is_given_up_when_nobody_listens(
    server: Server, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "IDLE_SECONDS", 0.2)
    assert await slots(admin) == 0
    heard = Inbox()
    client = server.client(token(ALPHA))
    await client.channel(TOPIC, private()).on_broadcast("*", heard).subscribe()
    await asyncio.sleep(0.5)
    assert await slots(admin) == 1
    await client.remove_all_channels()

    async def is_gone() -> bool:
        return await slots(admin) == 0

    await until(is_gone)
    await client.channel(TOPIC, private()).on_broadcast("*", heard).subscribe()
    await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
    await heard.wait()


async def test_a_socket_that_breaks_off_leaves_nothing(
    server: Server, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "IDLE_SECONDS", 0.2)
    async with server.raw() as socket:
        await socket.send(json.dumps({"topic": "realtime:x", "event": "phx_join", "payload": {}, "ref": "1"}))
        await receive(socket)
        socket.transport.abort()

    async def is_gone() -> bool:
        return await slots(admin) == 0

    await until(is_gone)


async def test_the_real_client_rejoins_after_the_server_restarts(
    server: Server, tables: Database, admin: Admin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    heard, states = Inbox(), Inbox()
    channel = server.client(token(ALPHA)).channel(TOPIC, private())
    await channel.on_broadcast("*", heard).subscribe(states)
    for connection in list(server.app._sessions):
        connection.end(1012, "Realtime is restarting")
    await states.wait(3)
    assert [state for state, _ in states.items] == [
        RealtimeSubscribeStates.SUBSCRIBED,
        RealtimeSubscribeStates.CHANNEL_ERROR,
        RealtimeSubscribeStates.SUBSCRIBED,
    ]  # fmt: skip
    await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
    await heard.wait()


async def test_stop_closes_sockets_and_ends_every_task(tables: Database, admin: Admin) -> None:
    before = running_tasks()
    server = Server(tables.superuser_uri, tables.authenticator_uri)
    await server.start()
    async with server.raw() as socket:
        await socket.send(json.dumps({"topic": "realtime:x", "event": "phx_join", "payload": {}, "ref": "1"}))
        await receive(socket)
        stopping = asyncio.create_task(server.stop())
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await receive(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        await stopping
    await until(lambda: not running_tasks() - before)
    assert await slots(admin) == 0


async def test_old_messages_are_purged(server: Server, admin: Admin) -> None:
    await admin.execute(
        "insert into realtime.messages (topic, extension, inserted_at) values "
        "('t', 'broadcast', now() - interval '4 days'), ('t', 'broadcast', now())"
    )
    await server.client(token(ALPHA)).channel("x").subscribe()

    async def is_purged() -> bool:
        return bool(await admin.fetchval("select count(*) = 1 from realtime.messages"))

    await until(is_purged)
