"""Children of the panel: what they are told, and that they end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jobs.child import HOME, Child
from tests.waiting import until

PRINTER = "tests.jobs.environment_printer"


async def test_knows_what_it_is_given_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_JWT_SECRET", "of the panel")
    log = tmp_path / "log"
    child = await Child.start([PRINTER, "argument"], {"FRESH": "first"}, log)
    try:
        await until(lambda: "first" in log.read_text())
        child.renew("FRESH", "second=2")
        await until(lambda: "second=2" in log.read_text())
    finally:
        await child.stop()
    told = log.read_text()
    assert "SUPABASE_JWT_SECRET" not in told
    assert "['argument'] False" in told


async def test_a_stubborn_one_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.child.STOP_SECONDS", 0.2)
    child = await Child.start([PRINTER], {"FRESH": "up"}, tmp_path / "log")
    await until(lambda: "up" in (tmp_path / "log").read_text())
    os.kill(child.pid, signal.SIGSTOP)
    await until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)

    await child.stop()

    assert await child.wait() == -signal.SIGKILL


PARENT = """
import asyncio, sys
from pathlib import Path
from jobs.child import Child

async def main():
    child = await Child.start([sys.argv[1]], {"FRESH": "up"}, Path(sys.argv[2]))
    print(child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, PRINTER, str(tmp_path / "log")], cwd=HOME, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=10)
    assert alive == []
