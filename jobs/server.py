"""The embedded Prefect server: one child process on SQLite, on a loopback port, behind a random password."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from pathlib import Path

from jobs.child import Child
from jobs.prefect_api import Prefect

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
FIRST_RETRY, LAST_RETRY = 0.5, 30.0  # seconds
STEADY_SECONDS = 60.0
"""A server that lived so long has died of something new: it is started again at once."""
READY_POLL = 0.2  # seconds
READY_SECONDS = 120.0
"""How long one start may take; the first one makes the database, on a machine that may be busy."""
KEPT_SECONDS = 30 * 24 * 3600
"""Runs, with their logs, are forgotten after so long: 10-minute jobs leave 144 a day."""


class Server:
    """`prefect server start` over the folder `home`, started again when it ends until `run` is cancelled."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.auth = f"panel:{secrets.token_urlsafe(32)}"
        self._port = _free_port()
        self.prefect = Prefect(self._api_url, self.auth)
        self.ready = asyncio.Event()
        """Whether it answers. Cleared while it is started again."""
        self.child: Child | None = None

    @property
    def client_environ(self) -> dict[str, str]:
        """What a process needs to speak to it through Prefect's library, quietly."""
        return {
            **_quiet(self._home),
            "PREFECT_API_URL": self._api_url,
            "PREFECT_API_AUTH_STRING": self.auth,
        }

    async def run(self) -> None:
        """Keep it running; ends it when cancelled. Waiting for it takes nothing of the loop."""
        retry = FIRST_RETRY
        while True:
            began = time.monotonic()
            try:
                status = await self._run_once()
                logger.error("The embedded Prefect server ended with status %s; see %s", status, self._log)
            except OSError:
                logger.exception("The embedded Prefect server could not be started")
            if time.monotonic() - began > STEADY_SECONDS:
                retry = FIRST_RETRY
            await asyncio.sleep(retry)
            retry = min(2 * retry, LAST_RETRY)

    async def _run_once(self) -> int:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port = _free_port(self._port)
        self.prefect.move(self._api_url)
        environ = {
            **_quiet(self._home),
            "PREFECT_SERVER_API_AUTH_STRING": self.auth,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "flow_runs,events",
            "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(KEPT_SECONDS),
            # Nobody reacts to events here: without these it writes half as much.
            "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
        }
        command = ["prefect", "server", "start", "--host", HOST, "--port", str(self._port)]
        self.child = child = await Child.start(command, environ, self._log)
        announcing = asyncio.create_task(self._announce(), name="embedded Prefect readiness")
        try:
            return await child.wait()
        finally:
            self.ready.clear()
            announcing.cancel()
            await asyncio.gather(announcing, return_exceptions=True)
            await child.stop()

    async def _announce(self) -> None:
        async with asyncio.timeout(READY_SECONDS):
            while not await self.prefect.is_ready():  # noqa: ASYNC110 - another process tells no event
                await asyncio.sleep(READY_POLL)
        self.ready.set()

    @property
    def _api_url(self) -> str:
        return f"http://{HOST}:{self._port}/api"

    @property
    def _log(self) -> Path:
        return self._home / "server.log"


def _quiet(home: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "DO_NOT_TRACK": "1",
    }


def _free_port(wanted: int = 0) -> int:
    """A loopback port that nobody listens on at this moment; `wanted`, if that one is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
