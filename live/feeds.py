"""The live feeds of one panel: one for each salon and role that has pages open, and none else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from background import tell_of_failure
from live.bell import Told
from live.condition import Condition
from live.feed import Feed, FeedPage, Sockets
from live.live import Watch
from models import Role


class WatchSalon(Protocol):
    """`Live.watch`."""

    async def __call__(
        self, tenant_id: UUID, told: Callable[[Told], None], on_condition: Callable[[Condition], None]
    ) -> Watch:
        """`told` hears of every change of the salon from now on."""


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A page's part in a feed; `leave` it once."""

    room: str
    join: Callable[[str, object], Awaitable[None]]
    """Tell a socket (its id, its last place or None) what came after that place, and what will come."""
    leave: Callable[[], None]
    is_current: Callable[[], bool]
    """Whether what was told is all that there is, as far as anybody knows."""


class Feeds:
    """Opened by pages; a feed goes with its last page. Each runs in a task that `running` ends."""

    def __init__(self, watch: WatchSalon, sockets: Callable[[], Sockets]) -> None:
        self._watch = watch
        self._sockets = sockets
        self._feeds: dict[tuple[UUID, Role], Feed] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """In the end no feed is read any more."""
        try:
            yield
        finally:
            tasks = [*self._tasks.values(), *self._leaving]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def open(self, tenant_id: UUID, role: Role, page: FeedPage) -> OpenFeed:
        """Have a page take part in what its reader's role may see of a salon."""
        key = (tenant_id, role)
        feed = self._feeds.get(key)
        if feed is None:
            room = f"feed:{tenant_id}:{role}"
            feed = self._feeds[key] = Feed(room, self._sockets(), partial(self._watch, tenant_id))
            task = asyncio.create_task(feed.run(), name="live feed of a salon")
            task.add_done_callback(tell_of_failure)
            self._tasks[feed] = task
        feed.add(page)
        return OpenFeed(
            feed.room,
            partial(feed.join, page),
            partial(self._leave, key, feed, page),
            lambda: feed.is_current,
        )

    def _leave(self, key: tuple[UUID, Role], feed: Feed, page: FeedPage) -> None:
        feed.pages.pop(page, None)
        task = asyncio.get_running_loop().create_task(feed.leave(page), name="leaving a live feed")
        self._hold(task)
        if not feed.pages and self._feeds.get(key) is feed:
            del self._feeds[key]
            running = self._tasks.pop(feed)
            running.cancel()
            self._hold(running)

    def _hold(self, task: asyncio.Task[None]) -> None:
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
