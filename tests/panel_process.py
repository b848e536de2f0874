"""A real panel, in a process of its own, for browser tests and benchmarks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import httpx
import psutil

PROJECT = Path(__file__).parent.parent
START_TIMEOUT = 180.0
"""Seconds; a first start makes the database and its demo salons, on machines that may be busy."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PanelProcess:
    """`python main.py` over a data folder, on a port of its own."""

    command: tuple[str, ...] = ("main.py",)
    """What Python is told to run."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_suffix(".log")
        self._settings: Mapping[str, str] = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, until: str = "/readyz") -> float:
        """Start, wait until the panel says yes at a path, and return how many seconds that took.

        `/healthz` is enough for one whose database is not there yet.
        """
        environ = self._environ()
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.command], cwd=PROJECT, env=environ, stdout=log, stderr=log
            )
        while time.monotonic() - began < START_TIMEOUT:
            if self._process.poll() is not None:
                raise RuntimeError(f"The panel ended at start:\n{self.log.read_text()[-4000:]}")
            if self.says_yes(until):
                return time.monotonic() - began
            time.sleep(0.02)
        self.kill()
        raise TimeoutError(
            f"The panel is not ready after {START_TIMEOUT:.0f} s:\n{self.log.read_text()[-4000:]}"
        )

    def _environ(self) -> dict[str, str]:
        # NiceGUI takes the environment of a test run for being under test itself.
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NICEGUI_"))
        }
        # Without jobs, unless asked for: a Prefect server beside each panel would slow every other test.
        own = {"PORT": str(self.port), "DATA_DIR": str(self.data_dir), "JOBS": "0"}
        return {**inherited, **own, **self._settings}

    def issue_key(self, salon: str, *scopes: str) -> str:
        """A new API key of a salon, by its slug; for telling and reading, unless other scopes are named."""
        named = ["--salon", salon, "--name", "a test", "--scopes", ",".join(scopes or ("ingest", "read"))]
        made = subprocess.run(
            [sys.executable, "-m", "ingest.issue_key", *named],
            cwd=PROJECT, env=self._environ(), stdout=subprocess.PIPE, text=True, timeout=60, check=True,
        )  # fmt: skip
        return made.stdout.strip()

    def says_yes(self, path: str) -> bool:
        """Whether the panel answers 200 at a path."""
        try:
            return httpx.get(f"{self.url}{path}", timeout=3).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ctrl-C, and wait until it has gone; returns the exit status."""
        return self._end(signal.SIGINT)

    def terminate(self) -> int:
        """What a container's runtime sends; returns the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """kill -9."""
        return self._end(signal.SIGKILL)

    def _end(self, signal_number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(signal_number)
        status = self._process.wait(30)
        self._process = None
        return status

    def family(self) -> list[psutil.Process]:
        """The panel's process and all that it started."""
        if self._process is None:
            return []
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def __enter__(self) -> PanelProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
