"""The ways in, as machines meet them: who may, how much, what is no export, and a database that is away."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.database import DashboardDatabase
from tests.ingest.telling import Telling, key_text, telling
from tests.sql.world import SALON_A, SALON_B
from tests.telemetry.exports import SECOND, START, export, made, nested

PROTOBUF = "application/x-protobuf"
ONE = export(made({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})).SerializeToString()
EVENT = json.dumps({"run_id": "r", "kind": "tool_call", "name": "find"})


class TestWho:
    @pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/api/v1/events"])
    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"authorization": ""}, "key_missing"),
            ({"authorization": "Bearer " + key_text("nobody's")}, "key_invalid"),
            ({"authorization": "Bearer agp_short"}, "key_invalid"),
            ({"authorization": "Bearer " + "x" * 5000}, "key_invalid"),
            ({"authorization": "Basic !!!"}, "key_invalid"),
        ],
    )
    async def test_nobody_without_a_living_key(
        self, panel: Telling, path: str, headers: dict[str, str], code: str
    ) -> None:
        answer = await panel.post(path, EVENT, **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["advice"]
        assert await panel.runs() == []

    @pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/api/v1/events"])
    async def test_no_key_without_the_scope(self, panel: Telling, path: str) -> None:
        reader = await panel.add_key(f"reader of {path}", SALON_A, ["read", "control"])
        answer = await panel.post(path, EVENT, authorization=f"Bearer {reader}")
        assert (answer.status_code, answer.json()["code"]) == (403, "key_scope")

    async def test_a_key_is_taken_wherever_senders_can_put_it(self, panel: Telling) -> None:
        basic = base64.b64encode(f"any:{panel.key}".encode()).decode()
        for headers in (
            {"authorization": f"bearer {panel.key}"},
            {"authorization": f"Basic {basic}"},
            {"authorization": "", "x_api_key": panel.key},
        ):
            assert (await panel.post("/api/v1/events", EVENT, **headers)).status_code == 200

    async def test_what_one_salon_tells_another_does_not_see(self, panel: Telling) -> None:
        await panel.post("/v1/traces", ONE, content_type=PROTOBUF)
        trace = (await panel.runs())[0]["trace_id"]
        assert (await panel.get("/api/v1/runs", key_text("b")))["runs"] == []
        for path in (f"/api/v1/traces/{trace}", "/api/v1/spans/0102030405060708"):
            answer = await panel.http.get(path, headers={"x-api-key": key_text("b")})
            assert answer.status_code == 404
            assert (await panel.http.get(path, headers={"x-api-key": panel.key})).status_code == 200

    async def test_a_revoked_key_is_refused_within_five_seconds(self, panel: Telling) -> None:
        """At once, as the database asks at each write and read; the panel itself remembers for a while."""
        key = await panel.add_key("to be revoked", SALON_A, ["ingest", "read"])
        assert (await panel.post("/api/v1/events", EVENT, authorization=f"Bearer {key}")).status_code == 200
        revoked = "update dashboard.api_keys set revoked_at = now() where name = 'to be revoked'"
        await panel.database.execute(revoked)
        began = time.monotonic()
        answer = await panel.post("/api/v1/events", EVENT, authorization=f"Bearer {key}")
        assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
        answer = await panel.http.get("/api/v1/runs", headers={"x-api-key": key})
        assert answer.status_code == 401
        assert time.monotonic() - began < 5

    async def test_that_a_key_is_used_is_noted(self, panel: Telling) -> None:
        key = await panel.add_key("noted", SALON_B, ["ingest"])
        await panel.post("/api/v1/events", EVENT, authorization=f"Bearer {key}")
        assert await panel.database.fetchval(
            "select last_used_at from dashboard.api_keys where name = 'noted'"
        )


class TestForms:
    @pytest.mark.parametrize("encoding", ["", "gzip"])
    @pytest.mark.parametrize("content_type", [PROTOBUF, f"{PROTOBUF}; charset=x"])
    async def test_an_export_is_answered_in_its_own_form(
        self, panel: Telling, encoding: str, content_type: str
    ) -> None:
        body = gzip.compress(ONE, mtime=0) if encoding else ONE
        answer = await panel.post("/v1/traces", body, content_type=content_type, content_encoding=encoding)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == PROTOBUF
        assert len(await panel.runs()) == 1

    async def test_what_has_no_ids_is_told_of_as_a_partial_success(self, panel: Telling) -> None:
        both = export(made(), made(span_id=b""))
        body = MessageToJson(both).replace('"AAECAwQFBgcICQoLDA0ODw=="', '"000102030405060708090a0b0c0d0e0f"')
        body = body.replace('"AQIDBAUGBwg="', '"0102030405060708"')
        answer = await panel.post("/v1/traces", body)
        assert answer.status_code == 200
        assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
        answer = await panel.post("/v1/traces", both.SerializeToString(), content_type=PROTOBUF)
        assert ExportTraceServiceResponse.FromString(answer.content).partial_success.rejected_spans == 1

    @pytest.mark.parametrize(
        ("body", "headers", "status"),
        [
            (ONE[:-3], {"content_type": PROTOBUF}, 422),
            (b"\xff" * 400, {"content_type": PROTOBUF}, 422),
            (ONE, {"content_type": "text/plain"}, 422),
            (ONE, {"content_type": PROTOBUF, "content_encoding": "br"}, 422),
            (gzip.compress(ONE, mtime=0)[:-5], {"content_type": PROTOBUF, "content_encoding": "gzip"}, 422),
            (
                gzip.compress(bytes(64 * 1024 * 1024), mtime=0),
                {"content_type": PROTOBUF, "content_encoding": "gzip"},
                413,
            ),
            (bytes(9 * 1024 * 1024), {"content_type": PROTOBUF}, 413),
            (b"{" * 100_000, {}, 422),
            (b'{"resourceSpans": 5}', {}, 422),
        ],
    )
    async def test_what_is_no_export_is_refused_and_says_why(
        self, panel: Telling, body: bytes, headers: dict[str, str], status: int
    ) -> None:
        answer = await panel.post("/v1/traces", body, **headers)
        assert answer.status_code == status
        assert answer.json()["advice"]
        assert (await panel.post("/v1/traces", ONE, content_type=PROTOBUF)).status_code == 200

    async def test_a_body_without_an_end_is_cut_off(self, panel: Telling) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 1
                yield bytes(1024 * 1024)

        answer = await panel.http.post("/v1/traces", content=endless(), headers={"x-api-key": panel.key})
        assert answer.status_code == 413
        assert sent < 20


DAY = 86_400 * SECOND
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"


STRANGE: dict[str, dict[str, Any]] = {
    "long": {"x": "y" * (5 * 1024 * 1024)},
    "deep": {"deep": nested(30)},
    "brackets": {"gen_ai.input.messages": "[" * 90_000},
    "colons": {":": "x", "::": "y", "a:b": "z", ":path": "/", "": "nameless"},
    "many": {f"k{n}": n for n in range(20_000)},
    "markup": {"gen_ai.request.model": MARKUP, "session.id": MARKUP, "gen_ai.agent.name": MARKUP},
    "NUL": {"a\x00b": "c\x00d", "gen_ai.conversation.id": "\x00"},
    "huge number": {"gen_ai.usage.input_tokens": 2**62, "gen_ai.operation.name": "chat"},
    "halves": {
        "gen_ai.input.messages": '[{"role": "user", "content": "\\ud800 and \\u0000"}]',
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
    },
    "metadata": {
        "metadata": '{"langgraph_node": {"a": 1}, "thread_id": [1], "langgraph_step": "many"}',
        "openinference.span.kind": "CHAIN",
    },
}


class TestHostile:
    @pytest.mark.parametrize("skew", [-DAY, DAY, -400 * DAY])
    async def test_a_clock_that_is_wrong_by_a_day(self, panel: Telling, skew: int) -> None:
        began = START + skew
        span = made(start_time_unix_nano=began, end_time_unix_nano=began + SECOND)
        await panel.post("/v1/traces", export(span).SerializeToString(), content_type=PROTOBUF)
        run = (await panel.runs())[0]
        assert run["duration_ms"] == 1000
        assert len(await panel.events(run)) == 1

    @pytest.mark.parametrize("nanoseconds", [1, 2**63, 2**64 - 1])
    async def test_times_at_the_edge(self, panel: Telling, nanoseconds: int) -> None:
        span = made(start_time_unix_nano=nanoseconds, end_time_unix_nano=nanoseconds)
        answer = await panel.post("/v1/traces", export(span).SerializeToString(), content_type=PROTOBUF)
        assert answer.status_code == 200
        run = (await panel.runs())[0]
        page = await panel.get("/api/v1/runs?limit=1")
        assert page["runs"][0]["run_id"] == run["run_id"]

    @pytest.mark.parametrize("what", STRANGE)
    async def test_what_is_strange_is_kept_or_cut_and_read_again(self, panel: Telling, what: str) -> None:
        span = made(STRANGE[what], name=MARKUP)
        answer = await panel.post("/v1/traces", export(span).SerializeToString(), content_type=PROTOBUF)
        assert answer.status_code == 200, answer.text
        (event,) = await panel.events((await panel.runs())[0])
        assert event["name"] in {MARKUP, "m", "chat"} or event["name"].startswith("<script>")
        told = await panel.get("/api/v1/spans/0102030405060708")
        assert len(told["events"]) == 1

    async def test_a_salon_s_own_pattern_cannot_be_slow(self, panel: Telling) -> None:
        rules = [{"name": "slow", "pattern": "(a+)+$"}]
        await panel.database.execute(
            "insert into dashboard.telemetry_rules (tenant_id, patterns) values ($1, $2)"
            " on conflict (tenant_id) do update set patterns = excluded.patterns",
            SALON_B, json.dumps(rules),
        )  # fmt: skip
        key = await panel.add_key("slow", SALON_B, ["ingest"])
        event = {"run_id": "slow", "kind": "tool_call", "result": "a" * 50_000 + "!"}
        began = time.monotonic()
        answer = await panel.post("/api/v1/events", json.dumps(event), authorization=f"Bearer {key}")
        assert answer.status_code == 200
        assert time.monotonic() - began < 5


class TestHowMuch:
    async def test_more_than_a_key_may_is_refused_with_when_to_come_again(
        self, dashboard_database: DashboardDatabase
    ) -> None:
        async with telling(
            dashboard_database, ingest_requests_per_minute=5, ingest_events_per_minute=8
        ) as panel:
            three = json.dumps([{"run_id": "r", "kind": "tool_call", "name": str(n)} for n in range(3)])
            answers = [await panel.post("/api/v1/events", three) for _ in range(6)]
            assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429, 429]
            for answer in answers[2:]:
                assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert (await panel.runs())[0]["events"] == 3, "the same three, told twice"
            other = await panel.post("/api/v1/events", three, authorization=f"Bearer {key_text('b')}")
            assert other.status_code == 200, "another key's minute is its own"

    async def test_a_salon_that_sends_much_does_not_keep_another_waiting(self, panel: Telling) -> None:
        body = json.dumps(
            [
                {"run_id": f"r{n}", "kind": "tool_call", "name": "x" * 100, "result": "y" * 2000}
                for n in range(500)
            ]
        )
        noisy = [asyncio.create_task(panel.post("/api/v1/events", body)) for _ in range(30)]
        await asyncio.sleep(0)
        quiet = await panel.post("/api/v1/events", EVENT, authorization=f"Bearer {key_text('b')}")
        assert quiet.status_code == 200
        waiting = sum(not task.done() for task in noisy)
        assert waiting > 15, "it was not served behind all of the other's"
        assert {(await task).status_code for task in noisy} <= {200, 429}


class TestOutage:
    async def test_the_database_away_and_back(self, panel: Telling) -> None:
        assert (await panel.post("/api/v1/events", EVENT)).status_code == 200
        panel.switch.is_cut = True
        try:
            answer = await panel.post("/api/v1/events", EVENT)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) >= 1
            assert (await panel.http.get("/api/v1/runs", headers={"x-api-key": panel.key})).status_code == 503
        finally:
            panel.switch.is_cut = False
        assert (await panel.post("/api/v1/events", EVENT)).status_code == 200
        assert (await panel.runs())[0]["name"] == "find"

    async def test_nothing_is_acknowledged_before_it_is_committed(self, panel: Telling) -> None:
        holder = await panel.database.fetchval("select pg_backend_pid()")
        assert holder
        transaction = panel.database.transaction()
        await panel.post("/api/v1/events", EVENT)
        await transaction.start()
        await panel.database.execute("select from dashboard.event_streams for update")
        sent = asyncio.create_task(panel.post("/api/v1/events", EVENT.replace("find", "book")))
        done, _ = await asyncio.wait([sent], timeout=0.5)
        assert not done
        await transaction.rollback()
        assert (await sent).status_code == 200
