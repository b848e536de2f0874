"""From the command to the first page: on an empty folder, and again on the same one."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from benchmarks.report import figure
from tests.panel_process import PanelProcess


async def measure(data_dir: Path) -> None:
    """Start, stop and start again."""
    figure("first start, demo salons loaded, to first page", _seconds_to_first_page(data_dir), "s")
    again = [_seconds_to_first_page(data_dir) for _ in range(3)]
    figure("second start to first page, slowest of 3", max(again), "s", at_most=5)


def _seconds_to_first_page(data_dir: Path) -> float:
    panel = PanelProcess(data_dir, DEMO="1")
    began = time.monotonic()
    panel.start()
    try:
        httpx.get(f"{panel.url}/sign-in", timeout=10).raise_for_status()
        return time.monotonic() - began
    finally:
        panel.stop()
