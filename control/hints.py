"""Hints within one process that there are new commands: what waits for some looks at once."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from uuid import UUID

EVERY = None
"""In place of a salon: any of them."""


class Hints:
    """Who waits looks by a clock as well: other processes write commands, and are not heard here."""

    def __init__(self) -> None:
        self._rung: Counter[UUID | None] = Counter()
        self._waiting: defaultdict[UUID | None, set[asyncio.Future[None]]] = defaultdict(set)

    def ring(self, tenant_id: UUID) -> None:
        """There is something new for a salon's agents."""
        for about in (tenant_id, EVERY):
            self._rung[about] += 1
            for waiting in self._waiting.pop(about, ()):
                if not waiting.done():
                    waiting.set_result(None)

    def heard(self, tenant_id: UUID | None) -> int:
        """How often it has rung: to be asked before looking, and given to `wait` after it."""
        return self._rung[tenant_id]

    def waiting(self, tenant_id: UUID | None = None) -> int:
        """How many wait, for a salon or for any in particular."""
        if tenant_id is not None:
            return len(self._waiting.get(tenant_id, ()))
        return sum(len(some) for about, some in self._waiting.items() if about is not EVERY)

    async def wait(self, tenant_id: UUID | None, heard: int, seconds: float) -> None:
        """Until it rings, or the time is over; not at all if it has rung since it was `heard`."""
        if self._rung[tenant_id] != heard:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[tenant_id].add(waiting)
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except TimeoutError:
            pass
        finally:
            if tenant_id in self._waiting:
                self._waiting[tenant_id].discard(waiting)
                if not self._waiting[tenant_id]:
                    del self._waiting[tenant_id]
