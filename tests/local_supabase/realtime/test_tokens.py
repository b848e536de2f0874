from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import Any, TypeAlias

import asyncpg
import jwt
import pytest
import websockets
from realtime import RealtimeSubscribeStates

from tests.local_supabase.realtime.conftest import (
    ALPHA,
    API_KEY,
    BETA,
    Inbox,
    Server,
    private,
    receive,
    token,
)

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
TOPIC = f"tenant:{ALPHA}:runs"


async def join(socket: websockets.ClientConnection, access_token: str | None, **config: Any) -> Any:
    payload = {"config": {"private": True, **config}, "access_token": access_token}
    await socket.send(
        json.dumps({"topic": f"realtime:{TOPIC}", "event": "phx_join", "payload": payload, "ref": "1"})
    )
    return (await receive(socket))["payload"]


async def refresh(socket: websockets.ClientConnection, access_token: str | None) -> None:
    payload = {"access_token": access_token}
    await socket.send(
        json.dumps({"topic": f"realtime:{TOPIC}", "event": "access_token", "payload": payload, "ref": "2"})
    )


async def told_to_close(socket: websockets.ClientConnection) -> str:
    system, close = await receive(socket), await receive(socket)
    assert (system["event"], system["payload"]["extension"], system["payload"]["status"]) == (
        "system", "system", "error"
    )  # fmt: skip
    assert (close["event"], close["topic"]) == ("phx_close", f"realtime:{TOPIC}")
    return str(system["payload"]["message"])


@pytest.mark.parametrize(
    ("access_token", "reason"),
    [
        (lambda: token(ALPHA, seconds=-5), r"InvalidJWTToken: Token has expired \d+ seconds ago"),
        (lambda: token(ALPHA, seconds=-500), "InvalidJWTToken: Token has expired"),
        (lambda: token(ALPHA)[:-4] + "AAAA", "JwtSignatureError: Failed to validate JWT signature"),
        (
            lambda: jwt.encode({"role": "authenticated"}, "another secret, just as long as ours", "HS256"),
            "JwtSign",
        ),
        (lambda: "not-a-token", "MalformedJWT: The token provided is not a valid JWT"),
        (lambda: token(ALPHA, exp=None), "InvalidJWTToken: Fields `role` and `exp` are required in JWT"),
        (lambda: "\x00", "MalformedJWT"),
    ],
)
async def test_a_join_with_a_bad_token_is_refused(
    quiet_server: Server, access_token: Any, reason: str
) -> None:
    async with quiet_server.raw() as socket:
        answer = await join(socket, access_token())
        assert answer["status"] == "error"
        assert re.match(reason, answer["response"]["reason"])


async def test_the_api_key_speaks_for_a_join_without_a_token(quiet_server: Server) -> None:
    async with quiet_server.raw(f"apikey={token(ALPHA)}") as socket:
        assert (await join(socket, None))["status"] == "ok"
    async with quiet_server.raw() as socket:
        assert (await join(socket, None))["response"]["reason"].startswith("Unauthorized")
        assert (await join(socket, None, private=False))["status"] == "ok"


async def test_a_channel_closes_when_its_token_ends(server: Server, admin: Admin) -> None:
    async with server.raw() as socket:
        assert (await join(socket, token(ALPHA, exp=time.time() + 1.5)))["status"] == "ok"
        began = time.monotonic()
        assert (await told_to_close(socket)).startswith("Token has expired 0 seconds ago")
        assert time.monotonic() - began < 2.5
        await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
        await socket.send(
            json.dumps({"topic": f"realtime:{TOPIC}", "event": "broadcast", "payload": {}, "ref": "9"})
        )
        assert (await receive(socket))["payload"]["response"] == {"reason": "unmatched topic"}


async def test_a_refresh_keeps_the_channel_beyond_the_first_token(server: Server, admin: Admin) -> None:
    async with server.raw() as socket:
        await join(socket, token(ALPHA, exp=time.time() + 1.5))
        await refresh(socket, token(ALPHA))
        await asyncio.sleep(1.7)
        await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
        assert (await receive(socket))["event"] == "broadcast"


async def test_what_is_no_new_token_changes_nothing(server: Server, admin: Admin) -> None:
    mine = token(ALPHA)
    async with server.raw() as socket:
        await join(socket, mine)
        for same in (mine, None, API_KEY):
            await refresh(socket, same)
        await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
        assert (await receive(socket))["event"] == "broadcast"


@pytest.mark.parametrize(
    ("access_token", "message"),
    [
        (lambda: token(BETA), f"You do not have permissions to read from this Channel topic: {TOPIC}"),
        (lambda: token(ALPHA, seconds=-1), "Token has expired"),
        (lambda: token(ALPHA) + "x", "Failed to validate JWT signature"),
        (lambda: "rubbish", "The token provided is not a valid JWT"),
    ],
)
async def test_a_refresh_that_no_longer_allows_closes_the_channel(
    quiet_server: Server, access_token: Any, message: str
) -> None:
    async with quiet_server.raw() as socket:
        await join(socket, token(ALPHA))
        await refresh(socket, access_token())
        assert message in await told_to_close(socket)


async def test_revoked_policies_count_at_the_next_refresh(server: Server, admin: Admin) -> None:
    async with server.raw() as socket:
        await join(socket, token(ALPHA))
        await admin.execute("drop policy join_own on realtime.messages")
        await refresh(socket, token(ALPHA, jti="2"))
        assert "do not have permissions" in await told_to_close(socket)


async def test_a_refresh_moves_postgres_changes_to_the_new_claims(server: Server, admin: Admin) -> None:
    async with server.raw() as socket:
        changes = [{"event": "INSERT", "schema": "public", "table": "notes"}]
        answer = await join(socket, token(BETA), private=False, postgres_changes=changes)
        assert answer["status"] == "ok"
        assert (await receive(socket))["payload"]["message"] == "Subscribed to PostgreSQL"
        await refresh(socket, token(ALPHA))
        assert (await receive(socket))["payload"]["message"] == "Subscribed to PostgreSQL"
        await admin.execute("insert into notes (tenant_id, body) values ($1, 'b'), ($2, 'a')", BETA, ALPHA)
        assert (await receive(socket))["payload"]["data"]["record"]["body"] == "a"


async def test_the_real_client_lives_through_set_auth_and_sees_its_channel_close(
    server: Server, admin: Admin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    heard, states = Inbox(), Inbox()
    client = server.client(token(ALPHA, exp=time.time() + 1.5))
    channel = client.channel(TOPIC, private())
    await channel.on_broadcast("*", heard).subscribe(states)
    await client.set_auth(token(ALPHA, exp=time.time() + 4))
    await asyncio.sleep(1.7)
    await admin.execute("select realtime.send('{}', 'e', $1)", TOPIC)
    await heard.wait()
    await states.wait(3)
    assert [state for state, _ in states.items] == [
        RealtimeSubscribeStates.SUBSCRIBED,
        RealtimeSubscribeStates.CHANNEL_ERROR,
        RealtimeSubscribeStates.CLOSED,
    ]  # fmt: skip
    assert "Token has expired" in str(states.items[1][1])
    assert client.channels == {}
