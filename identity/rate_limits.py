"""How often something may be tried, per account and per address; shared through Redis when there is one."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from errors import Invalid, TooMany, Unavailable

logger = logging.getLogger(__name__)

REDIS_TIMEOUT_SECONDS = 1.0
REDIS_PAUSE_SECONDS = 30.0
"""After a failure Redis is left alone this long, so that an outage does not cost every attempt a timeout."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts in so many minutes."""

    name: str
    attempts: int
    minutes: int = 15

    def item(self) -> RateLimitItem:
        """The limit as the library names it."""
        return RateLimitItemPerMinute(self.attempts, self.minutes, namespace=self.name)


SIGN_IN_ACCOUNT = Limit("sign_in_account", 10)
SIGN_IN_ADDRESS = Limit("sign_in_address", 30)
PASSWORD_ACCOUNT = Limit("password_account", 10)
SETUP_ADDRESS = Limit("setup_address", 10)
RESET_ADDRESS = Limit("reset_address", 20)


class RateLimits:
    """Counts failed attempts. Without Redis, and while Redis is away, it counts in this process."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._connections = _connections(redis_url) if redis_url else None
        self._shared = _shared_limiter(redis_url, self._connections) if redis_url else None
        self._redis_away_until = 0.0

    @asynccontextmanager
    async def attempt(self, *counted: tuple[Limit, str]) -> AsyncIterator[Attempt]:
        """Make one attempt under limits, each for a key such as an address.

        The attempt is counted before it is made, or a burst of simultaneous ones would pass; calling
        `succeeded` takes it off again. Raises `TooMany` when one of the limits is used up, without counting.
        """
        made: list[tuple[RateLimitItem, str]] = []
        for limit, key in counted:
            item, hashed = limit.item(), hashlib.sha256(key.encode()).hexdigest()
            made.append((item, hashed))
            if not await self._add(item, hashed, 1):
                wait = await self._seconds_left(item, hashed)
                await self._take_back(made)
                raise TooMany(
                    "Too many attempts: try again in {minutes} min.",
                    retry_after=wait,
                    minutes=max(1, -(-wait // 60)),
                )
        attempt = Attempt()
        try:
            yield attempt
        except (Invalid, TooMany, Unavailable):
            attempt.succeeded()  # nothing was tried: neither an outage nor a typing error locks people out
            raise
        finally:
            if attempt.has_succeeded:
                await self._take_back(made)

    async def stop(self) -> None:
        """Close the connections to Redis."""
        if self._connections is not None:
            await self._connections.disconnect()

    async def _take_back(self, made: list[tuple[RateLimitItem, str]]) -> None:
        for item, key in made:
            await self._add(item, key, -1)

    async def _add(self, item: RateLimitItem, key: str, cost: int) -> bool:
        if shared := self._shared_or_none():
            try:
                return bool(await shared.hit(item, key, cost=cost))
            except StorageError as error:
                self._redis_failed(error)
        return bool(await self._here.hit(item, key, cost=cost))

    async def _seconds_left(self, item: RateLimitItem, key: str) -> int:
        reset_at: float | None = None
        if shared := self._shared_or_none():
            try:
                reset_at = (await shared.get_window_stats(item, key)).reset_time
            except StorageError as error:
                self._redis_failed(error)
        if reset_at is None:
            reset_at = (await self._here.get_window_stats(item, key)).reset_time
        return min(max(1, int(reset_at - time.time()) + 1), int(item.get_expiry()))

    def _shared_or_none(self) -> FixedWindowRateLimiter | None:
        return self._shared if time.monotonic() >= self._redis_away_until else None

    def _redis_failed(self, error: StorageError) -> None:
        logger.warning(
            "Redis does not answer (%s); attempts are counted in this process for %d s",
            type(error.storage_error).__name__,
            REDIS_PAUSE_SECONDS,
        )
        self._redis_away_until = time.monotonic() + REDIS_PAUSE_SECONDS


class Attempt:
    """One attempt, taken for failed unless it says otherwise."""

    def __init__(self) -> None:
        self.has_succeeded = False

    def succeeded(self) -> None:
        """Take the attempt off the counts."""
        self.has_succeeded = True


def _shared_limiter(url: str, connections: ConnectionPool | None) -> FixedWindowRateLimiter:
    storage = RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="agent_p",
        connection_pool=connections,  # type: ignore[arg-type]  # documented, but typed as plain options
    )
    return FixedWindowRateLimiter(storage)


def _connections(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
