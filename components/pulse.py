"""What keeps a page fresh: one timer for all its widgets, and room for a bell beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import ui

SECONDS = 15.0
"""How often a page reads again by itself."""
RETRY_SECONDS = 3.0
"""How often it does after a failure."""


class Pulse:
    """Rings every widget of one opened page, and knows when all of them were last read.

    The timer lives in the page's own part of the screen and ends with it.
    """

    def __init__(self, now: Callable[[], datetime], on_read: Callable[[datetime | None, bool], None]) -> None:
        self._now = now
        self._on_read = on_read
        self._reads: list[Callable[[], Awaitable[bool]]] = []
        self._read_at: datetime | None = None
        self._timer: ui.timer | None = None

    def add(self, read: Callable[[], Awaitable[bool]]) -> None:
        """Have `read` called at each beat; it says whether it succeeded and raises nothing."""
        self._reads.append(read)

    def start(self) -> None:
        """Begin to beat, at once; call it when the page is built, inside its slot."""
        if self._reads:
            self._timer = ui.timer(SECONDS, self.ring)

    async def ring(self) -> None:
        """Read everything again now."""
        succeeded = all(await asyncio.gather(*(read() for read in self._reads)))
        if succeeded:
            self._read_at = self._now()
        if self._timer is not None:
            self._timer.interval = SECONDS if succeeded else RETRY_SECONDS
        self._on_read(self._read_at, succeeded)
