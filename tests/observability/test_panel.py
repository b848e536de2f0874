"""A real panel under watch: its figures move, its log is JSON that names nobody, its spans arrive."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from demo.accounts import DEMO_ACCOUNTS
from demo.load import load
from demo.salons import MOSCOW
from local_supabase.postgres import Cluster
from tests.observability.collector import Collector, attributes, collector
from tests.panel_process import PanelProcess

OWNER = next(one for one in DEMO_ACCOUNTS if one.email == "owner@demo.local")
TOKEN = "a-token-for-the-scraper"
FORGED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJmb3JnZWQifQ.Zm9yZ2Vk"
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def key(sample: str, **labels: str) -> str:
    """A sample as one string, as `figures` has it."""
    return sample + json.dumps(labels, sort_keys=True)


@dataclass
class Watched:
    """A panel, an owner who is signed in, and what watches the panel."""

    process: PanelProcess
    browser: httpx.AsyncClient
    spans: Collector
    cookie: str
    salon: str
    client_names: list[str]
    page: httpx.Response
    export: str = ""
    before: dict[str, float] = field(default_factory=dict)

    async def figures(self) -> dict[str, float]:
        """All samples by name and labels."""
        got = await self.browser.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert got.status_code == 200
        return {
            key(sample.name, **sample.labels): sample.value
            for family in text_string_to_metric_families(got.text)
            for sample in family.samples
        }

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.process.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    folder = tmp_path_factory.mktemp("watched") / "data"
    with collector() as spans:
        process = PanelProcess(
            folder,
            DEMO="0",
            LOG_FORMAT="json",
            LOG_LEVEL="DEBUG",
            METRICS_TOKEN=TOKEN,
            OTEL_EXPORTER_OTLP_ENDPOINT=spans.url,
            OTEL_BSP_SCHEDULE_DELAY="100",
        )
        await asyncio.to_thread(process.start)
        try:
            async with httpx.AsyncClient(
                base_url=process.url, headers={"Origin": process.url}, timeout=20
            ) as browser:
                yield await visit(process, browser, spans)
        finally:
            await asyncio.to_thread(process.stop)


async def visit(process: PanelProcess, browser: httpx.AsyncClient, spans: Collector) -> Watched:
    """Do what people do: fail to sign in, sign in, open a page, take its dialogues home, click."""
    admin = Cluster(process.data_dir).superuser_uri("panel")
    await load(admin, now=datetime.now(UTC), days=1)
    sign_in = {"email": OWNER.email, "password": OWNER.password}
    await browser.post("/sign-in", data=sign_in | {"password": "not-the-password"})
    assert (await browser.post("/sign-in", data=sign_in)).status_code == 303
    (cookie,) = browser.cookies.values()
    database = await asyncpg.connect(admin)
    try:
        rows = await database.fetch(
            "select distinct full_name from public.clients_v2 where tenant_id = $1 and length(full_name) > 5",
            MOSCOW.tenant_id,
        )
    finally:
        await database.close()
    names = [row["full_name"] for row in rows]
    watched = Watched(process, browser, spans, cookie, str(MOSCOW.tenant_id), names, httpx.Response(0))
    watched.before = await watched.figures()
    watched.page = await browser.get(
        f"/s/{watched.salon}/dialogues?search={watched.client_names[0]}", headers={"Accept": "text/html"}
    )
    assert watched.page.status_code == 200
    await browser.get("/s/not-a-salon/overview?email=anna@salon.example")
    watched.export = await export(watched)
    await use_socket(watched)
    return watched


async def export(watched: Watched) -> str:
    """All dialogues as a file: every client's name has gone through the process then."""
    until = time.monotonic() + 10
    while True:
        got = await watched.browser.get(f"/s/{watched.salon}/dialogues/export.csv")
        if any(name in got.text for name in watched.client_names) or time.monotonic() > until:
            return got.text
        await asyncio.sleep(0.2)  # the index is not there yet


async def use_socket(watched: Watched) -> None:
    """Speak to the page as its browser does (Engine.IO 4, Socket.IO 5): an event that its handler logs."""
    page_id = re.search(r"'client_id': '([0-9a-f-]{36})'", watched.page.text)
    assert page_id is not None
    query = f"EIO=4&transport=websocket&client_id={page_id[1]}"
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in watched.browser.cookies.items())}
    address = watched.process.url.replace("http", "ws") + f"/_nicegui_ws/socket.io/?{query}"
    async with connect(address, additional_headers=headers, origin=watched.process.url) as socket:  # type: ignore[arg-type]
        await socket.recv()
        await socket.send("40")
        await socket.recv()
        figures = await watched.figures()
        assert figures["panel_open_sockets{}"] == watched.before["panel_open_sockets{}"] + 1
        said = {
            "client_id": page_id[1],
            "level": "warning",
            "message": f"Bearer {FORGED}\nanna@salon.example",
        }
        await socket.send("42" + json.dumps(["log", said]))
        until = time.monotonic() + 5
        while "Bearer" not in watched.process.log.read_text() and time.monotonic() < until:
            await asyncio.sleep(0.02)


async def test_figures_are_guarded(watched: Watched) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        got = await watched.browser.get("/metrics", headers=headers)
        assert got.status_code == 401
        assert "panel_" not in got.text


async def test_figures_move_with_what_people_do(watched: Watched) -> None:
    now, before = await watched.figures(), watched.before

    def grown(sample: str, **labels: str) -> float:
        return now[key(sample, **labels)] - before.get(key(sample, **labels), 0)

    page = {"method": "GET", "route": "/s/{tenant_id}/{page}"}
    assert grown("panel_http_requests_total", status="2xx", **page) >= 1
    assert grown("panel_http_request_duration_seconds_count", **page) == 2
    assert now[
        "panel_http_requests_total" + json.dumps({"method": "POST", "route": "/sign-in", "status": "4xx"})
    ]
    assert grown("panel_database_requests_total", kind="read", name="my_tenants", outcome="ok") >= 1
    assert grown("panel_event_loop_lag_seconds_count") >= 1
    assert now["panel_open_pages{}"] >= 1
    assert now["panel_indexing_age_seconds{}"] < 10
    assert now["process_resident_memory_bytes{}"] > 0
    assert grown("panel_log_records_total", level="warning") >= 1
    told = "\n".join(now)
    assert watched.salon not in told
    assert "not-a-salon" not in told


async def test_every_line_of_the_log_is_json_and_says_what_it_belongs_to(watched: Watched) -> None:
    records = watched.log
    for record in records:
        assert {"time", "level", "logger", "message"} <= record.keys()
        if record["logger"] == "access" and "route" in record:
            assert REQUEST_ID.fullmatch(record["request_id"])
            assert {"method", "route", "status", "ms"} <= record.keys()
    expected = {"request_id": watched.page.headers["X-Request-ID"], "method": "GET", "status": 200}
    expected |= {"route": "/s/{tenant_id}/{page}"}
    (line,) = [one for one in records if expected.items() <= one.items()]
    assert line["tenant_id"] == watched.salon
    healthy = [one for one in records if one.get("route") == "/readyz"]
    assert {one["level"] for one in healthy} == {"DEBUG"}


async def test_what_arrives_on_a_pages_socket_belongs_to_the_page(watched: Watched) -> None:
    (said,) = [one for one in watched.log if one["logger"] == "nicegui" and "Bearer" in one["message"]]
    assert said["request_id"] == watched.page.headers["X-Request-ID"]
    assert said["tenant_id"] == watched.salon


async def test_the_log_names_nobody_even_at_its_most_talkative(watched: Watched) -> None:
    text = watched.process.log.read_text(encoding="utf-8")
    for secret in (
        OWNER.email,
        OWNER.password,
        OWNER.full_name,
        watched.cookie,
        TOKEN,
        FORGED,
        "not-the-password",
    ):
        assert secret not in text
    assert "anna@salon.example" not in text
    assert len([name for name in watched.client_names if name in watched.export]) > 10
    assert [name for name in watched.client_names if name in text] == []
    assert "search=" not in text


async def test_spans_arrive_and_name_nobody(watched: Watched) -> None:
    request_id = watched.page.headers["X-Request-ID"]
    found = [
        span
        for span in watched.spans.wait_for("GET /s/{tenant_id}/{page}")
        if attributes(span)["panel.request_id"] == request_id
    ]
    assert len(found) == 1
    reads = {span.name for span in watched.spans.spans if span.trace_id == found[0].trace_id}
    assert "my_tenants" in reads
    told = str(watched.spans.spans)
    assert not [name for name in [OWNER.email, watched.cookie, *watched.client_names] if name in told]
