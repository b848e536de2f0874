"""An export of 100,000 dialogues: how long, how much memory, and what somebody else's pages feel of it."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import httpx
import psutil

from benchmarks.large.collected import collect_all
from benchmarks.large.installation import installation
from benchmarks.large.salons import LARGE, LARGE_DIALOGUES, OPERATOR, OWNER, PASSWORD
from benchmarks.report import figure
from benchmarks.virtual_tab import VirtualTab
from tests.panel_process import PanelProcess

IDLE_ROUNDS = 15
SAMPLE_SECONDS = 0.2
THINK_SECONDS = 0.2
AT_MOST_MB = 200
AT_MOST_TIMES = 1.5
VISITED = ("overview", "dialogues")


async def measure(data_dir: Path) -> None:
    """CSV, then XLSX, by the owner, while the operator goes from page to page."""
    async with installation(data_dir) as large:
        await collect_all(large.worker)
    with PanelProcess(data_dir, JOBS="0") as panel:
        async with VirtualTab(panel.url) as owner, VirtualTab(panel.url) as operator:
            await owner.sign_in(OWNER, PASSWORD)
            await operator.sign_in(OPERATOR, PASSWORD)
            await operator.open(f"/s/{LARGE.tenant_id}/settings")
            await _page_times(operator, 3)
            idle = statistics.median(await _page_times(operator, IDLE_ROUNDS))
            figure("another person's page, nothing exported, median", idle, "ms")
            for file_format in ("csv", "xlsx"):
                await _measure(panel, owner, operator, file_format, idle)


async def _measure(
    panel: PanelProcess, owner: VirtualTab, operator: VirtualTab, file_format: str, idle: float
) -> None:
    before, before_database = _megabytes(panel)
    peaks = [before, before_database]
    began = time.perf_counter()
    exporting = asyncio.create_task(_export(owner.http, file_format))
    watching = asyncio.create_task(_watch(panel, peaks))
    times: list[float] = []
    while not exporting.done():
        times += await _page_times(operator, 1)
    size = await exporting
    figure(f"{LARGE_DIALOGUES:,} dialogues as {file_format}", time.perf_counter() - began, "s")
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    figure("  file", size / 2**20, "MB")
    figure("  panel and its writer above idle, at most", peaks[0] - before, "MB", at_most=AT_MOST_MB)
    figure("  PostgreSQL above idle (its cache), at most", peaks[1] - before_database, "MB")
    busy = statistics.median(times)
    figure(f"  another person's page meanwhile, median of {len(times)}", busy, "ms")
    figure("  that is, times the idle one", busy / idle, "×", at_most=AT_MOST_TIMES)


async def _export(http: httpx.AsyncClient, file_format: str) -> int:
    size = 0
    address = f"/s/{LARGE.tenant_id}/dialogues/export.{file_format}"
    async with http.stream("GET", address, params={"period": "all"}, timeout=300) as answer:
        answer.raise_for_status()
        async for chunk in answer.aiter_raw():
            size += len(chunk)
    return size


async def _page_times(tab: VirtualTab, rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        for page in VISITED:
            times.append((await tab.click(f"/s/{LARGE.tenant_id}/{page}")).data)
            await asyncio.sleep(THINK_SECONDS)
    return times


async def _watch(panel: PanelProcess, peaks: list[float]) -> None:
    while True:
        now = await asyncio.to_thread(_megabytes, panel)
        for place, megabytes in enumerate(now):
            peaks[place] = max(peaks[place], megabytes)
        await asyncio.sleep(SAMPLE_SECONDS)


def _megabytes(panel: PanelProcess) -> tuple[float, float]:
    """Of Python's processes, and of PostgreSQL's; pages that several share count once."""
    sizes = [0.0, 0.0]
    for process in panel.family():
        try:
            is_database = process.name().startswith("postgres")
            sizes[is_database] += process.memory_full_info().pss / 2**20
        except psutil.NoSuchProcess:
            continue  # it ended in between
    return sizes[0], sizes[1]
