"""Whose turn it is to read again when many open pages are told of a change at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_A_TIME = 2
LONGEST_REST = 1.0


class Turns:
    """Lets a few pages read at a time, and rests after each for as long as it took.

    One page is read again at once, as nobody is before it; a hundred take turns, and leave half of the time
    to people's clicks, however quickly the bot writes.
    """

    def __init__(self, at_a_time: int = AT_A_TIME) -> None:
        self._free = asyncio.Semaphore(at_a_time)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it while the block runs."""
        await self._free.acquire()
        began = time.monotonic()
        try:
            yield
        finally:
            rest = min(time.monotonic() - began, LONGEST_REST)
            asyncio.get_running_loop().call_later(rest, self._free.release)
