"""How often something may be tried, per account and per address; shared through Redis when there is one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from errors import Invalid, TooMany, Unavailable
from identity.shared_counters import SharedCounters

CLOCK_JUMP_SECONDS = 60.0
"""The wall clock may be put right by so much before the windows that were measured by it are given up."""


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

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._here = _CountersHere(wall_clock, monotonic)
        self._shared = SharedCounters(redis_url) if redis_url else None

    @asynccontextmanager
    async def attempt(self, *counted: tuple[Limit, str]) -> AsyncIterator[Attempt]:
        """Make one attempt under limits, each for a key such as an address.

        The attempt is counted before it is made, or a burst of simultaneous ones would pass; calling
        `succeeded` takes it off again. Raises `TooMany` when one of the limits is used up, without counting.
        """
        made: list[_Count] = []
        for limit, key in counted:
            count = await self._add(limit.item(), hashlib.sha256(key.encode()).hexdigest())
            made.append(count)
            if not count.is_allowed:
                wait = await self._seconds_left(count)
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
        if self._shared is not None:
            await self._shared.stop()

    async def _add(self, item: RateLimitItem, key: str) -> _Count:
        if self._shared is not None:
            is_allowed = await self._shared.hit(item, key, 1)
            if is_allowed is not None:
                return _Count(item, key, is_allowed, is_shared=True)
        return _Count(item, key, await self._here.hit(item, key, 1), is_shared=False)

    async def _take_back(self, made: list[_Count]) -> None:
        # Where it was counted: taken off the other counter, it would be one attempt for nothing there.
        for count in made:
            if not count.is_shared:
                await self._here.hit(count.item, count.key, -1)
            elif self._shared is not None:
                await self._shared.hit(count.item, count.key, -1)

    async def _seconds_left(self, count: _Count) -> int:
        longest = int(count.item.get_expiry())
        reset_at: float | None = None
        if not count.is_shared:
            reset_at = await self._here.reset_time(count.item, count.key)
        elif self._shared is not None:
            reset_at = await self._shared.reset_time(count.item, count.key)
        if reset_at is None:
            return longest
        return min(max(1, int(reset_at - time.time()) + 1), longest)


class Attempt:
    """One attempt, taken for failed unless it says otherwise."""

    def __init__(self) -> None:
        self.has_succeeded = False

    def succeeded(self) -> None:
        """Take the attempt off the counts."""
        self.has_succeeded = True


@dataclass(frozen=True, slots=True)
class _Count:
    """An attempt as it stands on one counter."""

    item: RateLimitItem
    key: str
    is_allowed: bool
    is_shared: bool


class _CountersHere:
    """The counters of this process. A wall clock that was put back must not lock anybody out for longer."""

    def __init__(self, wall_clock: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._wall_clock = wall_clock
        self._monotonic = monotonic
        self._known_difference = wall_clock() - monotonic()

    async def hit(self, item: RateLimitItem, key: str, cost: int) -> bool:
        difference = self._wall_clock() - self._monotonic()
        if abs(difference - self._known_difference) > CLOCK_JUMP_SECONDS:
            await self._storage.reset()
            self._known_difference = difference
        return bool(await self._limiter.hit(item, key, cost=cost))

    async def reset_time(self, item: RateLimitItem, key: str) -> float:
        return (await self._limiter.get_window_stats(item, key)).reset_time
