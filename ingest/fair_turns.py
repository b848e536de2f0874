"""Turns that are fair between salons: one that sends much waits for itself, and for nobody longer than once
round."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class FairTurns:
    """At most `at_a_time` turns are had at once. Of those who wait, each salon has one in a round."""

    def __init__(self, at_a_time: int) -> None:
        self._free = at_a_time
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, salon: Hashable) -> AsyncIterator[None]:
        """Wait for a turn and have it while the block runs."""
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._wait(salon)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, salon: Hashable) -> None:
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(salon, deque()).append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                self._pass_on()  # it was given, and nobody is left to have it
            else:
                self._forget(salon, given)
            raise

    def _forget(self, salon: Hashable, given: asyncio.Future[None]) -> None:
        queue = self._waiting[salon]
        queue.remove(given)
        if not queue:
            del self._waiting[salon]

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        salon, queue = self._waiting.popitem(last=False)
        given = queue.popleft()
        if queue:
            self._waiting[salon] = queue  # behind all others
        given.set_result(None)
