"""Prefect as the panel brings it along: a server, the jobs registered there, and what is due carried out.

    async with EmbeddedPrefect(folder, environ_of_runs) as prefect: …

Entering starts it and waits for nothing: pages are there before it is. Leaving ends every process of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from background import beside
from errors import AppError
from jobs.child import Child
from jobs.door import TOKEN
from jobs.prefect_api import Prefect
from jobs.runner import Runner
from jobs.server import Server

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10.0


class EmbeddedPrefect:
    """`environ_of_runs` tells a run how to reach the database, see `jobs.door`."""

    def __init__(self, folder: Path, environ_of_runs: Callable[[], Mapping[str, str]]) -> None:
        self._folder = folder.resolve()
        self._environ_of_runs = environ_of_runs
        self.server = Server(self._folder)
        self._running = AsyncExitStack()

    @property
    def prefect(self) -> Prefect:
        """The way to its server, from this process."""
        return self.server.prefect

    async def __aenter__(self) -> Self:
        await self._running.enter_async_context(beside(self.server.run(), "embedded Prefect server"))
        # the last in is the first out: runs tell the server how they ended
        await self._running.enter_async_context(beside(self._carry_out(), "runner of jobs"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.aclose()

    async def _carry_out(self) -> None:
        runner = Runner(self.prefect, self._environ, self._folder, renewed=frozenset({TOKEN}))
        await self.server.ready.wait()
        while not await self._prepared(runner):
            await asyncio.sleep(RETRY_SECONDS)
            await self.server.ready.wait()
        await runner.run()

    async def _prepared(self, runner: Runner) -> bool:
        log = self._folder / "register.log"
        try:
            await runner.end_left_over()
            child = await Child.start(["jobs", "register"], self._environ(), log)
        except (AppError, OSError) as problem:
            logger.warning("The jobs could not be registered: %s", problem)
            return False
        try:
            status = await child.wait()
        finally:
            await child.stop()
        if status != 0:
            logger.error("The jobs could not be registered: status %s; see %s", status, log)
        return status == 0

    def _environ(self) -> dict[str, str]:
        return {**self.server.client_environ, **self._environ_of_runs()}
