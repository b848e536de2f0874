"""A writer at full speed, whose transactions overlap: rows are seen late, out of order, or never."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from tests.live.world import Salon

if TYPE_CHECKING:
    from asyncpg.pool import Pool

ROWS_A_SECOND = 50
MOST_ROWS = 4
"""Of one transaction."""
LONGEST = 1.2
"""Seconds that a transaction is open, at most."""
ROLLED_BACK = 0.15
CONNECTIONS = 16


class BusyWriter:
    """Writes rows of the log; `committed` are their numbers."""

    def __init__(self, salon: Salon, pool: Pool[asyncpg.Record], seed: int) -> None:
        self._salon = salon
        self._pool = pool
        self._random = random.Random(seed)
        self.committed: list[int] = []
        self.rolled_back = 0

    async def run(self) -> None:
        """Until cancelled; the transactions of that moment end as they would have."""
        async with asyncio.TaskGroup() as transactions:
            try:
                while True:
                    count = self._random.randint(1, MOST_ROWS)
                    pauses = [self._random.uniform(0, LONGEST / count) for _ in range(count)]
                    is_good = self._random.random() > ROLLED_BACK
                    transactions.create_task(self._write(pauses, is_good=is_good))
                    await asyncio.sleep(count / ROWS_A_SECOND)
            except asyncio.CancelledError:
                return

    async def _write(self, pauses: list[float], *, is_good: bool) -> None:
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            numbers = []
            for pause in pauses:
                numbers.append(await self._salon.log(connection))
                await asyncio.sleep(pause)
            if is_good:
                await transaction.commit()
                self.committed += numbers
            else:
                await transaction.rollback()
                self.rolled_back += len(numbers)


@asynccontextmanager
async def busy_writer(salon: Salon, seed: int) -> AsyncIterator[BusyWriter]:
    """Writes while the block runs; when it has ended, so have all transactions."""
    async with asyncpg.create_pool(
        salon.database.superuser_uri, min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        writer = BusyWriter(salon, pool, seed)
        task = asyncio.create_task(writer.run(), name="busy writer")
        try:
            yield writer
        finally:
            task.cancel()
            await task
