"""Agents' events, on the way in and out: how many, how soon they are there, and what it costs the pages."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import psutil
from websockets.asyncio.client import connect

from benchmarks.agent_spans import BATCH, Background, Exporters, bodies, body, trace, traces
from benchmarks.report import figure, percentile_95
from benchmarks.virtual_tab import VirtualTab
from demo.accounts import DEMO_ACCOUNTS
from demo.salons import MOSCOW
from local_supabase.postgres import Cluster
from tests.panel_process import PanelProcess

SPANS = 20_000
SINGLES = 100
BACKGROUND_RATE = 500
STORED = 1_000_000
LONG_TRACE = 1_000
LISTED = 100
SEARCHES = {
    "a rare word": ("k31337", 20),
    "a word of all": ("find_slots", LISTED),
    "two words": ("asked+k31337", 20),
    "a beginning": ("k3133", LISTED),
    "nothing found": ("nowhere", 0),
}
"""What is searched for, and how much of it a page shows."""
REPEATS = 30
ROUNDS = 10


async def measure(data_dir: Path) -> None:
    """Over the demo salons, whose pages stay open meanwhile."""
    with PanelProcess(data_dir, DEMO="1") as panel:
        exporters = Exporters(panel.url, panel.issue_key(MOSCOW.slug))
        await asyncio.to_thread(exporters.send, bodies(traces(2_000)))
        for name, interleaved in (("contiguous", False), ("interleaved", True)):
            exports = bodies(traces(SPANS, interleaved=interleaved))
            seconds = await asyncio.to_thread(exporters.send, exports)
            figure(f"spans committed, {name}", SPANS / seconds, "/s", at_least=6_000)
        await _singles(exporters, "idle")
        with Background(exporters, BACKGROUND_RATE):
            await _singles(exporters, f"beside {BACKGROUND_RATE} spans/s")
        await _push(exporters)
        await _pages(panel, exporters)
        await asyncio.to_thread(exporters.send, bodies(traces(100_000 - 2 * SPANS)))
        _memory(panel)
        await _store_many(data_dir)
        await _reads(exporters)
        await asyncio.to_thread(_kill_in_mid_write, panel, exporters)


async def _singles(exporters: Exporters, when: str) -> None:
    """Spans that come alone, until each can be read."""
    milliseconds = []
    with exporters.client() as http:
        for _ in range(SINGLES):
            (span,) = trace(1)
            export, began = body([span]), time.perf_counter()
            http.post("/v1/traces", content=export).raise_for_status()
            while http.get(f"/api/v1/spans/{span.span_id.hex()}").status_code != httpx.codes.OK:
                await asyncio.sleep(0.001)
            milliseconds.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.05)
    percentile_95(f"a span is readable, {when}, p95", milliseconds, at_most=25)


async def _push(exporters: Exporters) -> None:
    """From just before a span is sent to its arrival at a WebSocket."""
    address = exporters.url.replace("http", "ws") + "/api/v1/stream"
    milliseconds = []
    async with (
        connect(address, additional_headers={"x-api-key": exporters.key}) as socket,
        httpx.AsyncClient(base_url=exporters.url, headers={"x-api-key": exporters.key}, timeout=60) as http,
    ):
        await socket.recv()  # where the stream ends now
        for _ in range(SINGLES):
            (span,) = trace(1)
            export, began = body([span]), time.perf_counter()
            posting = asyncio.create_task(
                http.post("/v1/traces", content=export, headers={"content-type": "application/x-protobuf"})
            )
            while json.loads(await socket.recv()).get("event", {}).get("step_id") != span.span_id.hex():
                continue
            milliseconds.append((time.perf_counter() - began) * 1000)
            (await posting).raise_for_status()
            await asyncio.sleep(0.05)
    percentile_95("from a span to the WebSocket, p95", milliseconds, at_most=25)


async def _pages(panel: PanelProcess, exporters: Exporters) -> None:
    """Round through the menu: with nothing else to do, beside a steady stream, and beside a flood."""
    account = next(one for one in DEMO_ACCOUNTS if one.memberships[0][0] is None)
    async with VirtualTab(panel.url) as tab:
        await tab.sign_in(account.email, account.password)
        await tab.open(f"/s/{MOSCOW.tenant_id}/settings")
        await _rounds(tab)
        idle = statistics.median(await _rounds(tab))
        figure("page and its data, idle, median", idle, "ms")
        with Background(exporters, BACKGROUND_RATE):
            steady = statistics.median(await _rounds(tab))
        figure(f"the same beside {BACKGROUND_RATE} spans/s", steady, "ms", at_most=round(1.5 * idle, 1))
        flood = asyncio.create_task(asyncio.to_thread(exporters.send, bodies(traces(2 * SPANS))))
        flooded = []
        while not flood.done():
            flooded += await _rounds(tab, 1)
        await flood
        figure("the same beside all that four senders can send", statistics.median(flooded), "ms")


async def _rounds(tab: VirtualTab, times: int = ROUNDS) -> list[float]:
    pages = ("overview", "dialogues", "users", "audit")
    landings = [await tab.click(f"/s/{MOSCOW.tenant_id}/{page}") for _ in range(times) for page in pages]
    return [landing.data for landing in landings]


def _memory(panel: PanelProcess) -> None:
    """Of the panel and its worker for events; PostgreSQL's caches are told apart."""
    own = database = 0.0
    for process in panel.family():
        try:
            size = process.memory_full_info().pss / 2**20
            is_python = "python" in process.name()
        except psutil.NoSuchProcess:
            continue
        own, database = (own + size, database) if is_python else (own, database + size)
    figure("panel and worker after 100,000 spans", own, "MB", at_most=400)
    figure("PostgreSQL beside them", database, "MB")


async def _store_many(data_dir: Path) -> None:
    """As if a million events had come before: 50,000 runs of 20, without payloads, all of them indexed."""
    async with _superuser(data_dir) as connection:
        await connection.execute(
            """
            insert into dashboard.runs
            (run_id, tenant_id, run_day, trace_id, name, agent, status, started_at, last_event_at, last_seq)
            select md5('run' || n)::uuid, $1, current_date, 'stored-' || n, 'receptionist', 'receptionist',
              'done', now() - n * interval '1 second', now(), 20
            from generate_series(1, $2::integer / 20) as n
            """,
            MOSCOW.tenant_id,
            STORED,
        )
        await connection.execute(
            """
            insert into dashboard.events
            (run_day, run_id, seq, tenant_id, event_id, trace_id, step_id, kind, phase, status, name, at,
              summary, has_payload)
            select current_date, md5('run' || n)::uuid, seq, $1, n || ':' || seq, 'stored-' || n,
              left(md5(n || ':' || seq), 16), 'tool_call', 'ended', 'done', 'find_slots', now(),
              'asked for k' || n || ' and ' || seq, false
            from generate_series(1, $2::integer / 20) as n, generate_series(1, 20) as seq
            """,
            MOSCOW.tenant_id,
            STORED,
        )
        await connection.execute(
            """
            insert into dashboard.event_words (run_id, first_seq, last_seq, tenant_id, began_at, words)
            select run_id, 1, 20, tenant_id, started_at, dashboard.stretch_words(
              tenant_id, (
                select string_agg(dashboard.event_text(event, null), ' ')
                from dashboard.events as event
                where event.run_day = run.run_day and event.run_id = run.run_id
              )
            )
            from dashboard.runs as run where trace_id like 'stored-%'
            """
        )
        await connection.execute("analyze dashboard.runs, dashboard.events, dashboard.event_words")
        figure("events stored", await connection.fetchval("select count(*) from dashboard.events"), "")


@asynccontextmanager
async def _superuser(data_dir: Path) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(Cluster(data_dir).superuser_uri("demo"))
    try:
        yield connection
    finally:
        await connection.close()


async def _reads(exporters: Exporters) -> None:
    spans = trace(LONG_TRACE)
    await asyncio.to_thread(exporters.send, bodies(spans))
    with exporters.client() as http:
        whole = _timed(
            http, f"/api/v1/traces/{spans[0].trace_id.hex()}?limit={LONG_TRACE}", LONG_TRACE, "spans"
        )
        percentile_95(f"a run of {LONG_TRACE} spans is read, p95", whole, at_most=150)
        listed = _timed(http, f"/api/v1/traces?limit={LISTED}", LISTED, "traces")
        percentile_95(f"a list of {LISTED} runs, p95", listed, at_most=20)
        for what, (words, hits) in SEARCHES.items():
            searched = _timed(http, f"/api/v1/events/search?q={words}&limit={LISTED}", hits, "events")
            percentile_95(f"a search in {STORED:,} events, {what}, p95", searched, at_most=150)


def _timed(http: httpx.Client, path: str, rows: int, name: str) -> list[float]:
    milliseconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = http.get(path)
        milliseconds.append((time.perf_counter() - began) * 1000)
        assert len(answer.json()[name]) == rows
    return milliseconds


def _kill_in_mid_write(panel: PanelProcess, exporters: Exporters) -> None:
    """What was acknowledged before a kill -9 is sought afterwards, span by span."""
    exports = [traces(BATCH) for _ in range(SPANS // BATCH)]
    by_body: dict[bytes, Sequence[str]] = {
        body(spans): [span.span_id.hex() for span in spans] for spans in exports
    }
    exporters.acknowledged.clear()
    killer = _Killer(panel, exporters)
    exporters.send(list(by_body))
    killer.done()
    panel.start()
    missing = 0
    with exporters.client() as http:
        wanted = [span for export in exporters.acknowledged for span in by_body[export]]
        for span in wanted[:: max(1, len(wanted) // 2_000)]:
            missing += http.get(f"/api/v1/spans/{span}").status_code != httpx.codes.OK
    figure("spans acknowledged before a kill -9", len(wanted), "")
    figure("of 2,000 of them, missing afterwards", missing, "", at_most=0)


class _Killer:
    """Kills the panel when a third has been acknowledged."""

    def __init__(self, panel: PanelProcess, exporters: Exporters) -> None:
        self._thread = threading.Thread(target=self._wait_and_kill, args=(panel, exporters), daemon=True)
        self._thread.start()

    def _wait_and_kill(self, panel: PanelProcess, exporters: Exporters) -> None:
        while len(exporters.acknowledged) < SPANS // BATCH // 3:
            time.sleep(0.005)
        panel.kill()

    def done(self) -> None:
        self._thread.join()
