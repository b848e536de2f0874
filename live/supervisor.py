"""Keeps one Realtime connection alive: a fresh one after each doubt, ever later while that does not help."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable

from live.connection import Connection, DoubtError

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 20.0
"""A connection that held so long was a good one: after it, tries begin quickly again."""


class Supervisor:
    """`connect` makes a fresh connection; `on_change` is told whether the one that there is hears."""

    def __init__(
        self, name: str, connect: Callable[[], Awaitable[Connection]], on_change: Callable[[bool], None]
    ) -> None:
        self._name = name
        self._connect = connect
        self._on_change = on_change
        self._at_once = asyncio.Event()
        self._hears = False

    def retry_now(self) -> None:
        """Do not wait for the next try: something has just come back."""
        self._at_once.set()

    async def run(self) -> None:
        """Supervise until cancelled."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            doubt = await self._doubt()
            self._become(False)
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            # Panels that lost the same server should not come back at the same moment.
            wait = pause * (0.5 + random.random())  # noqa: S311 - no secret
            logger.info("Realtime for %s: %s. A fresh connection in %.1f s", self._name, doubt, wait)
            pause = min(2 * pause, LONGEST_PAUSE)
            await self._wait(wait)

    async def _doubt(self) -> Exception:
        """Listen until there is a reason to do so anew."""
        try:
            await (await self._connect()).run(lambda: self._become(True))
        except DoubtError as doubt:
            return doubt
        except Exception as error:
            # Whatever it was, pages may not go on as if they were live.
            logger.exception("Realtime for %s failed", self._name)
            return error
        return DoubtError("it has ended")

    def _become(self, hears: bool) -> None:
        if hears != self._hears:
            self._hears = hears
            self._on_change(hears)

    async def _wait(self, seconds: float) -> None:
        self._at_once.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._at_once.wait()
        except TimeoutError:
            return
