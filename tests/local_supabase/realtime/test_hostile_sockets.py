from __future__ import annotations

import asyncio
import json
import os
from typing import Any, TypeAlias

import asyncpg
import pytest
import websockets

from local_supabase.realtime import app, conversation, outbox
from tests.local_supabase.realtime.conftest import ALPHA, API_KEY, Server, receive, token

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


def frame(topic: str, event: str, payload: Any = None, ref: Any = "1") -> str:
    return json.dumps({"topic": topic, "event": event, "payload": payload or {}, "ref": ref})


async def is_alive(server: Server) -> Any:
    async with server.raw() as socket:
        await socket.send(frame("phoenix", "heartbeat"))
        answer = await receive(socket)
        return answer == {
            "ref": "1", "topic": "phoenix", "event": "phx_reply", "payload": {"status": "ok", "response": {}}
        }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", 1007),
        ("[" * 50_000, 1007),
        ('{"topic":"t","event":"e","payload":' + '{"a":' * 50_000 + "1" + "}" * 50_001, 1007),
        ('{"topic":"t"}', 1007),
        ("null", 1007),
        (b"\x00\x01", 1003),
        ("x" * 1_000_000, 1009),
        (frame("t", "e", {"text": "x" * 1_000_000}), 1009),
    ],
)
async def test_what_is_no_frame_ends_the_socket_with_a_reason(
    quiet_server: Server, text: str | bytes, code: int
) -> None:
    async with quiet_server.raw() as socket:
        await socket.send(text)
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await receive(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        assert closed.value.rcvd.reason
    assert await is_alive(quiet_server)


@pytest.mark.parametrize("depth", range(80, 990, 65))
async def test_no_depth_of_nesting_breaks_the_server(
    quiet_server: Server, depth: int, caplog: pytest.LogCaptureFixture
) -> None:
    nested = '{"a":' * depth + "1" + "}" * depth
    join = (
        '{"topic":"realtime:x","event":"phx_join","payload":{"config":{"postgres_changes":[' + nested + "]}}}"
    )
    broadcast = '{"topic":"realtime:x","event":"broadcast","payload":' + nested + "}"
    async with quiet_server.raw() as socket:
        for text in (join, broadcast, frame("phoenix", "heartbeat", ref="h")):
            await socket.send(text)
        ended = await until_heartbeat(socket)
    assert ended in (None, 1007)
    assert [one for one in caplog.records if one.name.startswith("local_supabase") and one.exc_info] == []
    assert await is_alive(quiet_server)


async def until_heartbeat(socket: websockets.ClientConnection) -> int | None:
    """Read on until the heartbeat's answer, or the code with which the socket was closed."""
    try:
        while (await receive(socket))["ref"] != "h":
            pass
    except websockets.ConnectionClosedError as error:
        return error.rcvd.code if error.rcvd else 0
    return None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (frame("realtime:x", "broadcast"), "unmatched topic"),
        (frame("other:x", "phx_join"), "UnmatchedTopic: "),
        (frame("realtime:", "phx_join"), "TopicNameRequired: "),
        (frame("realtime:a\0b", "phx_join"), "InvalidTopic: "),
        (frame("realtime:\ud800", "phx_join"), "InvalidTopic: "),
        (frame("realtime:" + "x" * 5_000, "phx_join"), "InvalidTopic: "),
        (frame("realtime:x", "phx_join", {"config": "x"}), "InvalidJoinPayload: "),
        (frame("realtime:x", "phx_join", {"config": {"private": 1}}), "InvalidJoinPayload: "),
        (frame("realtime:x", "phx_join", {"access_token": ["a"]}), "InvalidJoinPayload: "),
        (
            frame("realtime:x", "phx_join", {"config": {"broadcast": {"replay": {"since": 1}}}}),
            "UnableToReplay",
        ),
        (
            frame("realtime:tenant:'; drop table notes; --", "phx_join", {"config": {"private": True}}),
            "Unauthorized: ",
        ),
    ],
)
async def test_what_cannot_be_done_is_answered(quiet_server: Server, text: str, reason: str) -> None:
    async with quiet_server.raw() as socket:
        await socket.send(text)
        answer = (await receive(socket))["payload"]
        assert answer["status"] == "error"
        assert answer["response"]["reason"].startswith(reason)
        await socket.send(frame("phoenix", "heartbeat", ref="h"))
        assert (await receive(socket))["ref"] == "h"


async def test_unknown_events_are_ignored_and_a_left_topic_may_be_left(quiet_server: Server) -> None:
    async with quiet_server.raw() as socket:
        await socket.send(frame("realtime:x", "phx_leave"))
        assert (await receive(socket))["payload"]["status"] == "ok"
        await socket.send(frame("realtime:x", "phx_join"))
        assert (await receive(socket))["payload"]["status"] == "ok"
        await socket.send(frame("realtime:x", "explode", {"a": [1]}))
        await socket.send(frame("realtime:x", "access_token", {"access_token": {"a": 1}}))
        await socket.send(frame("realtime:x", "presence", {"event": "dance"}, ref="p"))
        assert (await receive(socket))["payload"]["status"] == "error"
        await socket.send(frame("phoenix", "heartbeat", ref="h"))
        assert (await receive(socket))["ref"] == "h"


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("vsn=1.0.0", {}, 403),
        ("apikey=&vsn=1.0.0", {}, 403),
        ("apikey=wrong&vsn=1.0.0", {}, 403),
        (f"apikey={token(ALPHA, seconds=-100)}", {}, 403),
        (f"apikey={token(ALPHA)[:-3]}AAA", {}, 403),
        (f"apikey={API_KEY}&vsn=3.0.0", {}, 400),
        (f"apikey={API_KEY}", {"Origin": "https://evil.example"}, 403),
        (f"apikey={API_KEY}", {"Origin": "null"}, 403),
    ],
)
async def test_a_socket_without_the_right_is_not_opened(
    quiet_server: Server, query: str, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with quiet_server.raw(query, additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"").keys() == {"code", "message"}


async def test_a_page_of_this_machine_may_connect(quiet_server: Server) -> None:
    async with quiet_server.raw(additional_headers={"Origin": "http://localhost:8080"}) as socket:
        await socket.send(frame("phoenix", "heartbeat"))
        await receive(socket)


async def test_sockets_and_channels_are_counted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "MAX_SOCKETS", 2)
    monkeypatch.setattr(conversation, "MAX_CHANNELS", 2)
    async with server.raw(), server.raw() as socket:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with server.raw():
                pass
        assert refused.value.response.status_code == 429
        for name, status in (("a", "ok"), ("b", "ok"), ("c", "error"), ("b", "ok")):
            await socket.send(frame(f"realtime:{name}", "phx_join"))
            answer = await receive(socket)
            assert answer["payload"]["status"] == status
        await socket.send(frame("realtime:c", "phx_join"))
        reason = (await receive(socket))["payload"]["response"]["reason"]
        assert reason == "ChannelRateLimitReached: Too many channels"
    await asyncio.sleep(0.1)
    assert await is_alive(server)


async def test_a_client_that_does_not_read_is_cut_off_and_others_go_on(
    server: Server, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_CHARACTERS", 3_000_000)
    big = json.dumps({"text": os.urandom(50_000).hex()})  # nothing for the socket's compression to shrink
    async with (
        server.raw(max_queue=1) as lazy,
        server.raw() as eager,
    ):
        for socket in (lazy, eager):
            await socket.send(frame("realtime:room", "phx_join"))
            await receive(socket)
        await admin.execute(
            "select realtime.send($1::jsonb, 'e', 'room', false) from generate_series(1, 120)", big
        )
        for _ in range(120):
            assert (await receive(eager))["event"] == "broadcast"
        with pytest.raises(websockets.ConnectionClosed):
            await read_to_the_end(lazy)
    assert await is_alive(server)


async def read_to_the_end(socket: websockets.ClientConnection) -> None:
    while True:
        await receive(socket)


async def test_presence_over_the_wire(quiet_server: Server) -> None:
    config = {"config": {"presence": {"enabled": True, "key": "desk"}}}
    async with quiet_server.raw() as one, quiet_server.raw() as two:
        for socket in (one, two):
            await socket.send(frame("realtime:room", "phx_join", config))
            assert (await receive(socket))["payload"]["status"] == "ok"
            assert await receive(socket) == {
                "ref": None, "topic": "realtime:room", "event": "presence_state", "payload": {}
            }  # fmt: skip
        track = {"type": "presence", "event": "track", "payload": {"who": "Anna"}}
        await one.send(frame("realtime:room", "presence", track))
        diff = await receive(two)
        assert diff["event"] == "presence_diff"
        assert diff["payload"]["joins"]["desk"]["metas"][0]["who"] == "Anna"
        await one.close()
        diff = await receive(two)
        assert diff["payload"]["leaves"]["desk"]["metas"][0]["who"] == "Anna"
