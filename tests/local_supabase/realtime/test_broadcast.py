from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, TypeAlias

import asyncpg
import pytest
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


async def send(admin: Admin, topic: str, payload: dict[str, Any], *, is_private: bool = True) -> None:
    await admin.execute(
        "select realtime.send($1::jsonb, 'moved', $2, $3)", json.dumps(payload), topic, is_private
    )


async def joined(server: Server, access_token: str, topic: str, **broadcast: Any) -> tuple[Any, Inbox, Inbox]:
    """A private channel of the real client, what it hears, and its states."""
    heard, states = Inbox(), Inbox()
    channel = server.client(access_token).channel(topic, private(**broadcast))
    channel.on_broadcast("*", heard)
    await channel.subscribe(states)
    return channel, heard, states


async def test_a_private_topic_delivers_to_its_tenant_only(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    _, heard, states = await joined(server, token(ALPHA), topic)
    assert states.items == [(RealtimeSubscribeStates.SUBSCRIBED, None)]
    _, other_heard, other_states = await joined(server, token(BETA), f"tenant:{BETA}:runs")
    assert other_states.items == [(RealtimeSubscribeStates.SUBSCRIBED, None)]

    await send(admin, topic, {"run": 1, "имя": "Ольга 🌸"})
    (message,) = await heard.wait()
    assert message["event"] == "moved"
    assert message["payload"]["run"] == 1
    assert message["payload"]["имя"] == "Ольга 🌸"
    assert message["meta"]["id"] == message["payload"]["id"]

    await send(admin, f"tenant:{BETA}:runs", {"run": 2})
    assert (await other_heard.wait())[0]["payload"]["run"] == 2
    assert len(heard.items) == 1


async def test_the_wire_form_is_hosted_realtimes(server: Server, admin: Admin) -> None:
    topic = f"realtime:tenant:{ALPHA}:runs"
    async with server.raw() as socket:
        join = {"config": {"private": True}, "access_token": token(ALPHA)}
        await socket.send(
            json.dumps({"topic": topic, "event": "phx_join", "payload": join, "ref": "1", "join_ref": "1"})
        )
        assert await receive(socket) == {
            "ref": "1", "topic": topic, "event": "phx_reply",
            "payload": {"status": "ok", "response": {"postgres_changes": []}},
        }  # fmt: skip
        await send(admin, f"tenant:{ALPHA}:runs", {"id": "x"})
        message = await receive(socket)
        assert message.pop("payload").keys() == {"event", "payload", "type", "meta"}
        assert message == {"ref": None, "topic": topic, "event": "broadcast"}


@pytest.mark.parametrize(
    "claims",
    [{"tenant": BETA}, {"tenant": None}, {"tenant": ALPHA, "role": "anon"}, {"tenant": ALPHA, "role": "x"}],
)
async def test_a_join_without_the_right_is_refused(
    server: Server, claims: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # the client logs what it is refused
    topic = f"tenant:{ALPHA}:runs"
    _, _, states = await joined(server, token(**claims), topic)
    ((state, error),) = states.items
    assert state is RealtimeSubscribeStates.CHANNEL_ERROR
    assert json.loads(str(error)) == {
        "reason": f"Unauthorized: You do not have permissions to read from this Channel topic: {topic}"
    }


async def test_a_token_cannot_name_a_role_that_the_api_may_not_take(server: Server, admin: Admin) -> None:
    await admin.execute("create policy everything on realtime.messages for all using (true)")
    for role in ("supabase_admin", "postgres", "supabase_realtime_admin"):
        async with server.raw() as socket:
            join = {"config": {"private": True}, "access_token": token(ALPHA, role=role)}
            await socket.send(
                json.dumps({"topic": "realtime:x", "event": "phx_join", "payload": join, "ref": "1"})
            )
            assert (await receive(socket))["payload"]["status"] == "error"


async def test_private_and_public_channels_of_one_name_are_two(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    _, private_heard, _ = await joined(server, token(ALPHA), topic)
    public_heard = Inbox()
    channel = server.client(token(BETA)).channel(topic)
    await channel.on_broadcast("*", public_heard).subscribe()

    await send(admin, topic, {"for": "members"})
    await send(admin, topic, {"for": "all"}, is_private=False)
    assert [message["payload"]["for"] for message in await public_heard.wait()] == ["all"]
    assert [message["payload"]["for"] for message in await private_heard.wait()] == ["members"]


async def test_only_committed_messages_arrive_and_in_order(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    _, heard, _ = await joined(server, token(ALPHA), topic)
    rolled_back = admin.transaction()
    await rolled_back.start()
    await send(admin, topic, {"n": -1})
    await rolled_back.rollback()
    async with admin.transaction():
        for n in range(700):  # more than one batch of the decoder
            await send(admin, topic, {"n": n})
    assert [message["payload"]["n"] for message in await heard.wait(700)] == list(range(700))


async def test_an_oversized_broadcast_is_dropped_and_the_next_arrives(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    _, heard, _ = await joined(server, token(ALPHA), topic)
    await send(admin, topic, {"big": "x" * 300_000})
    await send(admin, topic, {"big": "x" * 200_000})
    assert [len(message["payload"]["big"]) for message in await heard.wait()] == [200_000]


async def test_a_client_may_send_where_insert_is_granted(server: Server) -> None:
    topic = f"tenant:{ALPHA}:chat"
    sender, own, _ = await joined(server, token(ALPHA), topic)
    echoing, echo, _ = await joined(server, token(ALPHA), topic, self=True, ack=True)
    await sender.send_broadcast("said", {"text": "привет"})
    assert (await echo.wait())[0]["payload"] == {"text": "привет"}
    await echoing.send_broadcast("said", {"text": "echo"})
    assert [message["payload"]["text"] for message in await echo.wait(2)] == ["привет", "echo"]
    assert [message["payload"]["text"] for message in await own.wait()] == ["echo"]


async def test_a_client_may_not_send_where_it_is_not(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    sender, _, _ = await joined(server, token(ALPHA), topic)
    _, heard, _ = await joined(server, token(ALPHA), topic)
    await sender.send_broadcast("forged", {"n": 0})
    await send(admin, topic, {"n": 1})
    assert [message["payload"]["n"] for message in await heard.wait()] == [1]
    assert await admin.fetchval("select count(*) from realtime.messages") == 1


async def test_acknowledgement_and_the_size_limit(server: Server) -> None:
    async with server.raw() as socket:
        join = {"config": {"broadcast": {"ack": True, "self": True}}, "access_token": token(ALPHA)}
        await socket.send(
            json.dumps({"topic": "realtime:room", "event": "phx_join", "payload": join, "ref": "1"})
        )
        await receive(socket)
        for ref, size in (("2", 1_000), ("3", 300_000)):
            payload = {"type": "broadcast", "event": "e", "payload": {"text": "x" * size}}
            frame = {
                "topic": "realtime:room",
                "event": "broadcast",
                "payload": payload,
                "ref": ref,
                "join_ref": "1",
            }
            await socket.send(json.dumps(frame))
        assert (await receive(socket))["event"] == "broadcast"
        acknowledged, refused = await receive(socket), await receive(socket)
        assert (acknowledged["ref"], acknowledged["payload"]) == ("2", {"status": "ok", "response": {}})
        assert (refused["ref"], refused["payload"]["status"]) == ("3", "error")


async def test_version_2_frames_are_arrays(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    async with server.raw(f"apikey={API_KEY}&vsn=2.0.0") as socket:
        join = {"config": {"private": True}, "access_token": token(ALPHA)}
        await socket.send(json.dumps(["7", "8", f"realtime:{topic}", "phx_join", join]))
        reply = await receive(socket)
        assert reply[:4] == ["7", "8", f"realtime:{topic}", "phx_reply"]
        await send(admin, topic, {"n": 1})
        assert (await receive(socket))[:4] == [None, None, f"realtime:{topic}", "broadcast"]


async def test_a_channel_that_is_left_hears_nothing(server: Server, admin: Admin) -> None:
    topic = f"tenant:{ALPHA}:runs"
    channel, heard, states = await joined(server, token(ALPHA), topic)
    _, others, _ = await joined(server, token(ALPHA), topic)
    await channel.unsubscribe()
    await states.wait(2)
    assert states.items[-1][0] is RealtimeSubscribeStates.CLOSED
    await send(admin, topic, {"n": 1})
    await others.wait()
    await asyncio.sleep(0.05)
    assert heard.items == []
