"""Who follows the events of which salon: one reader in this process for all who may see the same of it.

A reader reads on when it is rung, at once, and by a clock; what it has read it packs once. Nobody has a queue
of their own: everybody is at a place in the reader's log, and who falls out of it was too slow.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context
from dataclasses import dataclass
from uuid import UUID

from background import tell_of_failure
from data import Door
from errors import AppError, NotAllowed, SignInRequired
from ingest.stream_log import Entry, Place, StreamLog, packed
from queries import runs
from queries.runs import Json

logger = logging.getLogger(__name__)

CLOCK_SECONDS = 2.0
"""Between two looks when nobody rings: what another process has written is seen by then at the latest."""
AWAY_SECONDS = 0.5
"""Between two tries while the database is away."""
REFUSALS = (SignInRequired, NotAllowed)


class TooSlowError(Exception):
    """The follower has not taken what was kept for them; `place` is where to go on."""

    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """Who follows a salon, and by which right.

    `check` looks at that right again: it raises `SignInRequired` or `NotAllowed` when it is gone or another,
    `Unavailable` when that cannot be said now.
    """

    tenant_id: UUID
    sees_contacts: bool
    door: Door
    check: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Lost:
    """Between where the follower was and `place`, events are missing."""

    place: Place


class Follower:
    """One listener's way through the stream, or through what is told of one run. Without a place to begin
    after, it begins at the end."""

    def __init__(self, feed: _Feed, listener: Listener, place: Place | None, run_id: str | None) -> None:
        self._feed = feed
        self._run_id = run_id
        self._epoch = -1
        """Of the feed's log, in which this is; -1 while catching up."""
        self.listener = listener
        self.place = place
        self.refusal: asyncio.Future[AppError] = asyncio.get_running_loop().create_future()
        """What the database has said to this listener's own right, when it refused it."""
        self.lags = asyncio.Event()
        """Set when what comes next for it is no longer kept."""

    async def begin(self) -> Place:
        """Where it begins; waits until the database has told where the stream ends."""
        await self._feed.begun.wait()
        if self.place is None:
            self.place = self._feed.log.end
        return self.place

    async def entries(self) -> AsyncIterator[Entry | Lost]:
        """What comes, in its order, once each. `place` moves on with each entry that is asked for after it.

        Raises `TooSlowError`, and what reading by the listener's right raises while it catches up.
        """
        self.place = await self.begin()
        while True:
            news = self._feed.news
            rest = self._feed.log.after(self.place)
            if rest is None:
                async for one in self._catch_up(self.place, news):
                    yield one
                continue
            self._epoch = self._feed.epoch
            for entry in rest:
                if self.lags.is_set():
                    raise TooSlowError(self.place)
                if self._run_id in (None, entry.run_id):
                    yield entry
                self.place = entry.place
            if not rest:
                self.place = max(self.place, self._feed.log.end)
                await news.wait()

    def note_floor(self) -> None:
        """The feed's log has lost its oldest part."""
        is_live = self._epoch == self._feed.epoch
        if is_live and self.place is not None and self.place < self._feed.log.floor:
            self.lags.set()

    async def _catch_up(self, place: Place, news: asyncio.Event) -> AsyncIterator[Entry | Lost]:
        """One page of what the feed does not have."""
        if self.lags.is_set():
            raise TooSlowError(place)
        self._epoch = -1
        answer = await runs.events_after(self.listener.door, str(place))
        end = Place.parse(answer["cursor"])
        if answer["lost"] or end.position < place.position:
            self.place = end
            yield Lost(end)
            return
        for entry in packed(answer["events"]):
            if self._run_id in (None, entry.run_id):
                yield entry
            self.place = entry.place
        self.place = max(end, place)
        if not answer["more"] and self.place > self._feed.log.end:
            await news.wait()  # the feed is not as far yet


class StreamHub:
    """The feeds of one process; to be used on one event loop."""

    def __init__(self) -> None:
        self._feeds: dict[tuple[UUID, bool], _Feed] = {}
        self._tasks: dict[_Feed, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """In the end nothing is read any more."""
        try:
            yield
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def ring(self, tenant_id: UUID) -> None:
        """Something was appended to a salon's stream: whoever follows it is told. Costs nothing otherwise."""
        for sees_contacts in (True, False):
            feed = self._feeds.get((tenant_id, sees_contacts))
            if feed is not None:
                feed.rung.set()

    def count(self, tenant_id: UUID | None = None) -> int:
        """How many follow a salon, or any."""
        feeds = [feed for (of, _), feed in self._feeds.items() if tenant_id in {None, of}]
        return sum(len(feed.followers) for feed in feeds)

    @contextmanager
    def follow(
        self, listener: Listener, place: Place | None, run_id: UUID | None = None
    ) -> Iterator[Follower]:
        """A way through the salon's stream, or what of it is one run's, while the block lasts."""
        key = (listener.tenant_id, listener.sees_contacts)
        feed = self._feeds.get(key) or self._open(key)
        follower = Follower(feed, listener, place, None if run_id is None else str(run_id))
        feed.followers[follower] = None
        try:
            yield follower
        finally:
            feed.followers.pop(follower, None)
            if not feed.followers and self._feeds.get(key) is feed:
                del self._feeds[key]
                self._tasks[feed].cancel()

    def _open(self, key: tuple[UUID, bool]) -> _Feed:
        feed = self._feeds[key] = _Feed(sees_contacts=key[1])
        # in a context of its own: it is no part of the request that was the first to follow
        task = asyncio.create_task(feed.run(), name="event stream of a salon", context=Context())
        self._tasks[feed] = task
        task.add_done_callback(tell_of_failure)
        task.add_done_callback(lambda _: self._tasks.pop(feed, None))
        return feed


class _Feed:
    """The reader of one salon for those who see the same of it."""

    def __init__(self, *, sees_contacts: bool) -> None:
        self._sees_contacts = sees_contacts
        self._is_away = False
        self.followers: dict[Follower, None] = {}
        self.log = StreamLog()
        self.epoch = 0
        """One more when the log begins anew."""
        self.rung = asyncio.Event()
        self.news = asyncio.Event()
        """Set, and replaced, when the log has grown."""
        self.begun = asyncio.Event()

    async def run(self) -> None:
        """Read on until cancelled."""
        while True:
            self.rung.clear()
            more = await self._look_safely()
            if more:
                continue
            try:
                async with asyncio.timeout(AWAY_SECONDS if self._is_away else CLOCK_SECONDS):
                    await self.rung.wait()
            except TimeoutError:
                continue  # the clock has rung

    async def _look_safely(self) -> bool:
        try:
            answer = await self._ask()
            more = answer is not None and self._take(answer)
        except Exception as error:
            # Whatever it was, those who follow must not wait for ever: it is tried again.
            if not self._is_away:
                defect = None if isinstance(error, AppError) else error
                logger.warning("The events of a salon cannot be read", exc_info=defect)
            self._is_away = True
            await asyncio.sleep(AWAY_SECONDS)  # not at once again, however often it is rung
            return False
        self._is_away = False
        return more

    async def _ask(self) -> Json | None:
        """What is new, by the right of any who follow; None when nobody may read any more."""
        after = str(self.log.end) if self.begun.is_set() else None
        for follower in list(self.followers):
            if follower.refusal.done():
                continue
            try:
                answer = await runs.events_after(follower.listener.door, after)
            except REFUSALS as refusal:
                if not follower.refusal.done():
                    follower.refusal.set_result(refusal)
                continue
            if answer["sees_contacts"] is self._sees_contacts:
                return answer
            # The person's role was changed a moment ago: what they may see is nothing for the others.
            if not follower.refusal.done():
                follower.refusal.set_result(
                    NotAllowed("Your rights have changed.", code="rights_changed", advice="Connect again.")
                )
        return None

    def _take(self, answer: Json) -> bool:
        end = Place.parse(answer["cursor"])
        if not self.begun.is_set() or answer["lost"]:
            self.log.begin(end)
            self.epoch += 1
            self.begun.set()
        elif end > self.log.end:
            self.log.add(packed(answer["events"]), end)
            for follower in self.followers:
                follower.note_floor()
        else:
            return False
        self.news.set()
        self.news = asyncio.Event()
        return bool(answer["more"])
