"""Spans that a real collector receives, and what happens when it does not."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from data import Door, Supabase
from errors import Unavailable
from observability import traces
from observability.database import DatabaseWatch
from observability.metrics import Metrics
from observability.requests import RequestWatch
from observability.traces import Tracing
from tests.observability.collector import Collector, attributes, collector

PROJECT = Path(__file__).parents[2]
SALON = "10000000-0000-4000-8000-00000000000a"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def _sdk_speaks_again() -> Iterator[None]:
    yield
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=panel")
        yield made


class Panel:
    """A traced application of one route, which reads from a Supabase that notes what it is sent."""

    def __init__(self) -> None:
        self.tracing = Tracing()
        self.sent: list[httpx.Request] = []
        self.status = 200
        self.supabase = Supabase("http://supabase.test", "anon", transport=httpx.MockTransport(self._answer))
        metrics = Metrics()
        self.supabase.observe = DatabaseWatch(metrics.database, self.tracing)
        self.supabase.http.event_hooks["request"].append(self.tracing.pass_on)
        self.door: Door = self.supabase.door(lambda: "token")
        app = RequestWatch(
            self._serve,
            routes=[Route("/s/{tenant_id}/{page}", self._page)],
            http=metrics.http,
            pages=metrics.pages,
            page_of=lambda _: None,
            tracing=self.tracing,
        )
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://panel.test")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._page(Request(scope)))(scope, receive, send)

    async def _page(self, request: Request) -> Response:
        await self.door.read_value("find_client", phone="+79990001122")
        return PlainTextResponse("yes", int(request.query_params.get("status", "200")))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(self.status, json=1)


async def test_a_request_and_its_reads_are_one_trace_that_goes_on_at_supabase(receiver: Collector) -> None:
    panel = Panel()
    got = await panel.browser.get(f"/s/{SALON}/dialogues?search=Anna", headers={"traceparent": CALLER})
    await panel.tracing.close()
    (server,) = receiver.named("GET /s/{tenant_id}/{page}")
    (client,) = receiver.named("find_client")
    _, trace_id, caller, _ = CALLER.split("-")
    assert (server.trace_id.hex(), server.parent_span_id.hex()) == (trace_id, caller)
    assert (client.trace_id, client.parent_span_id) == (server.trace_id, server.span_id)
    assert panel.sent[0].headers["traceparent"] == f"00-{trace_id}-{client.span_id.hex()}-01"
    assert attributes(server) == {
        "http.request.method": "GET",
        "http.route": "/s/{tenant_id}/{page}",
        "http.response.status_code": 200,
        "panel.request_id": got.headers["X-Request-ID"],
        "panel.tenant_id": SALON,
    }
    assert attributes(client)["panel.outcome"] == "ok"
    assert (server.kind, client.kind) == (server.SPAN_KIND_SERVER, client.SPAN_KIND_CLIENT)
    assert receiver.services == {"agent-p-panel"}
    assert receiver.headers[0]["x-team"] == "panel"
    assert "7999" not in str(receiver.spans)
    assert "Anna" not in str(receiver.spans)


async def test_errors_are_marked_and_their_text_stays_here(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.RETRY_PAUSES", ())
    panel = Panel()
    panel.status = 503
    with pytest.raises(Unavailable):
        await panel.browser.get(f"/s/{SALON}/overview")
    await panel.tracing.close()
    for span in receiver.spans:
        assert span.status.code == span.status.STATUS_CODE_ERROR
        assert not span.status.message
        assert not span.events
    assert {span.name for span in receiver.spans} == {"GET /s/{tenant_id}/{page}", "find_client"}


async def test_what_a_page_does_later_is_a_trace_of_its_own_with_a_link(receiver: Collector) -> None:
    panel = Panel()
    scope: Scope = {"type": "http", "headers": []}
    from opentelemetry import trace

    from observability.context import Origin
    from observability.requests import Exchange

    with panel.tracing.request(scope, Exchange("GET", "/", Origin("request-1"), 200)):
        opened = trace.get_current_span()
    with trace.use_span(opened):  # as a timer's task inherits it
        await panel.door.read_value("refresh")
    await panel.tracing.close()
    (server,), (later,) = receiver.named("GET /"), receiver.named("refresh")
    assert later.trace_id != server.trace_id
    assert later.links[0].trace_id == server.trace_id
    assert not later.parent_span_id


async def test_the_service_is_named_as_the_standard_variable_says(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "panel-of-anna")
    panel = Panel()
    await panel.door.read_value("anything")
    await panel.tracing.close()
    assert receiver.services == {"panel-of-anna"}


async def test_a_collector_that_hangs_delays_neither_pages_nor_the_end(
    receiver: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "64")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "32")
    monkeypatch.setattr("observability.traces.CLOSE_SECONDS", 0.3)
    receiver.hangs = True
    panel = Panel()
    slowest = 0.0
    for _ in range(300):
        began = time.perf_counter()
        await panel.browser.get(f"/s/{SALON}/overview")
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.5
    began = time.perf_counter()
    await panel.tracing.close()
    assert 0.2 < time.perf_counter() - began < 1
    receiver.released.set()
    assert_over()


async def test_a_collector_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr("observability.traces.CLOSE_SECONDS", 0.3)
    panel = Panel()
    await panel.browser.get(f"/s/{SALON}/overview")
    began = time.perf_counter()
    await panel.tracing.close()
    assert time.perf_counter() - began < 1
    assert_over()


def assert_over() -> None:
    """Nothing is tried again after the end."""
    until = time.monotonic() + 5
    while any(thread.name == "traces end" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_end_waits_for_two_seconds_at_most() -> None:
    assert traces.CLOSE_SECONDS <= 2


def test_without_the_setting_nothing_of_it_is_loaded() -> None:
    # redis-py, which NiceGUI's sockets bring along, loads the SDK's metrics wherever they are installed.
    code = (
        "import sys, main; loaded = [name for name in sys.modules if name.startswith(("
        "'observability.traces', 'opentelemetry.sdk.trace', 'opentelemetry.exporter', 'google.protobuf'))];"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
