"""What a panel does between SIGTERM and its end."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import httpx
import pytest

import draining
from draining import QUIET_SECONDS, Draining
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET
from tests.panel_process import PanelProcess, free_port


def panel_that_drains(tmp_path: Path) -> PanelProcess:
    """Its project is away, which is no business of these tests."""
    return PanelProcess(
        tmp_path / "panel",
        SUPABASE_URL=f"http://127.0.0.1:{free_port()}",
        SUPABASE_KEY=PUBLISHABLE_KEY,
        SUPABASE_JWT_SECRET=SECRET,
        DRAIN_SECONDS="60",
    )


def test_a_lame_duck_still_serves_until_a_second_signal(tmp_path: Path) -> None:
    panel = panel_that_drains(tmp_path)
    panel.start(until="/healthz")
    process = panel.family()[0]
    process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 10
    while (ready := httpx.get(f"{panel.url}/readyz", timeout=5)).json()["reason"] != "draining":
        assert time.monotonic() < deadline
    assert ready.status_code == 503
    answer = httpx.get(f"{panel.url}/session", timeout=5)
    assert (answer.status_code, answer.headers["connection"]) == (401, "close")
    assert httpx.get(f"{panel.url}/healthz", timeout=5).status_code == 200
    asked_last = time.monotonic()
    assert panel.terminate() == 0
    assert time.monotonic() - asked_last < QUIET_SECONDS, "not for want of visitors"
    assert "Traceback" not in panel.log.read_text()


def test_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    panel = panel_that_drains(tmp_path)
    panel.start(until="/healthz")
    began = time.monotonic()
    assert panel.stop() == 0
    assert time.monotonic() - began < QUIET_SECONDS
    assert "Draining" not in panel.log.read_text()


@pytest.mark.parametrize(("open_for", "least", "most"), [(0.0, 0.3, 0.8), (0.5, 0.8, 1.4), (60.0, 2.0, 2.5)])
async def test_it_ends_when_nobody_is_there_or_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch, open_for: float, least: float, most: float
) -> None:
    monkeypatch.setattr(draining, "QUIET_SECONDS", 0.3)
    ended = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    leaving = Draining(2.0)

    async def visit() -> None:
        async with leaving.counted():
            await asyncio.sleep(open_for)

    visiting = asyncio.create_task(visit())
    try:
        async with leaving.at_sigterm():
            signal.raise_signal(signal.SIGTERM)
            began = time.monotonic()
            await asyncio.wait_for(ended.wait(), 10)
            assert leaving.has_begun
            assert least - 0.05 <= time.monotonic() - began <= most + 2
    finally:
        signal.signal(signal.SIGTERM, before)
        visiting.cancel()
        await asyncio.gather(visiting, return_exceptions=True)
