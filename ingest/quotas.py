"""How much one key may send: so that one that runs wild is told so, and the others notice nothing."""

from __future__ import annotations

import time
from uuid import UUID

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from errors import TooLarge, TooMany

MOST_BODY = 8 * 1024 * 1024
"""Bytes of one request's body as it comes."""
MOST_IN_FLIGHT = 32 * 1024 * 1024
"""Bytes of bodies that are being read for one key."""


class Quotas:
    """Of one process: events and requests in a minute, and bytes in flight, for each key."""

    def __init__(self, requests_per_minute: int, events_per_minute: int) -> None:
        self._requests = RateLimitItemPerMinute(requests_per_minute, namespace="requests")
        self._events = RateLimitItemPerMinute(events_per_minute, namespace="events")
        self._counters = FixedWindowRateLimiter(MemoryStorage())
        self._in_flight: dict[UUID, int] = {}

    async def count_request(self, key_id: UUID) -> None:
        """Raises `TooMany` when the minute's requests are used up."""
        await self._count(self._requests, key_id, 1)

    async def count_events(self, key_id: UUID, events: int) -> None:
        """Raises `TooMany` when the minute's events are used up."""
        if events:
            await self._count(self._events, key_id, events)

    def enter(self, key_id: UUID, size: int) -> None:
        """Take in a body of `size` bytes. Raises `TooMany` while too much is in flight, `TooLarge` if it is
        too large by itself."""
        if size > MOST_BODY:
            raise TooLarge("This is too large.", advice="Send less at a time.")
        held = self._in_flight.get(key_id, 0)
        if held and held + size > MOST_IN_FLIGHT:
            raise TooMany(
                "Too much is under way for this key.", retry_after=1, advice="Send it again in a moment."
            )
        self._in_flight[key_id] = held + size

    def leave(self, key_id: UUID, size: int) -> None:
        """The body is done with."""
        left = self._in_flight[key_id] - size
        if left:
            self._in_flight[key_id] = left
        else:
            del self._in_flight[key_id]

    async def _count(self, limit: RateLimitItem, key_id: UUID, cost: int) -> None:
        if not await self._counters.hit(limit, str(key_id), cost=cost):
            window = await self._counters.get_window_stats(limit, str(key_id))
            raise TooMany(
                "This key has sent as much as it may in a minute.",
                retry_after=max(1, round(window.reset_time - time.time())),
                advice="Send it again later.",
            )
