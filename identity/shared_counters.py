"""Counters that several panels share through Redis, and what happens while Redis is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.5
"""For a whole question. A server in the next rack answers within a millisecond, and a person is waiting."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0
"""Seconds between two looks whether it is back."""

T = TypeVar("T")


class SharedCounters:
    """Fixed windows in Redis. A question that it does not answer is answered None.

    From the first such question on Redis is left alone until a task of ours has found it well again, so that
    an outage costs the people of one moment half a second, and nobody else anything.
    """

    def __init__(self, url: str) -> None:
        self._connections = ConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        storage = RedisStorage(
            f"async+{url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="agent_p",
            connection_pool=self._connections,  # type: ignore[arg-type]  # documented, but typed as options
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._looking: asyncio.Task[None] | None = None

    async def hit(self, item: RateLimitItem, key: str, cost: int) -> bool | None:
        """Whether so many more are within the limit, which are counted in any case."""
        return await self._answer(self._limiter.hit(item, key, cost=cost)) if self._is_there else None

    async def reset_time(self, item: RateLimitItem, key: str) -> float | None:
        """When the window ends, in seconds since 1970."""
        if not self._is_there:
            return None
        stats = await self._answer(self._limiter.get_window_stats(item, key))
        return stats.reset_time if stats is not None else None

    async def stop(self) -> None:
        """Look no more, and close the connections."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        await self._connections.disconnect()

    @property
    def _is_there(self) -> bool:
        return self._looking is None

    async def _answer(self, question: Awaitable[T]) -> T | None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await question
        except (StorageError, TimeoutError) as error:
            if self._looking is None:
                cause = error.storage_error if isinstance(error, StorageError) else error
                logger.warning(
                    "Redis does not answer (%s); attempts are counted in this process until it does",
                    type(cause).__name__,
                )
                self._looking = asyncio.create_task(self._look_until_back(), name="look for Redis")
            return None

    async def _look_until_back(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            # What is pooled may be half of a conversation that was given up.
            await self._connections.disconnect()
            if await self._is_well():
                break
        logger.warning("Redis answers again; attempts are counted there")
        self._looking = None

    async def _is_well(self) -> bool:
        client = Redis(connection_pool=self._connections)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await client.ping()
        except (RedisError, OSError):  # TimeoutError is one of these
            return False
        return True
