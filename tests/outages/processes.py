"""A Redis in a process of its own, and processes that are frozen: they accept, and never answer."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import psutil

from tests.panel_process import PROJECT, free_port

START_TIMEOUT = 30.0  # seconds


class RedisProcess:
    """As much of Redis as rate limits use, at a port that stays the same over restarts."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start with nothing counted, and wait until it takes connections."""
        command = [sys.executable, "-m", "tests.outages.redis_server", str(self.port)]
        self._process = subprocess.Popen(command, cwd=PROJECT)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("Redis does not start")

    def kill(self) -> None:
        """kill -9: connections are refused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Half-open: the system accepts connections for it, and nothing is answered."""
        assert self._process is not None
        with frozen(self._process.pid):
            yield

    def __enter__(self) -> RedisProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process and its children stand still."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for one in family:
        os.kill(one.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in family:
            if one.is_running():
                os.kill(one.pid, signal.SIGCONT)
