"""One salon's bell: reads on in the log of changes when it is rung, and tells open pages what has changed.

Realtime rings it; while that is away, a clock does. What is told comes from its cursor either way: it is
told once and in order, and nothing is missed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from background import beside
from data import Door
from errors import AppError
from live.condition import POLL_SECONDS, Condition, Mode
from live.connection import Connection, Hint
from live.supervisor import Supervisor
from observability.metrics import LiveMetrics
from queries import changes
from queries.changes import Change, News

logger = logging.getLogger(__name__)

OFFLINE_SECONDS = 1.0
"""Between two looks while the database is away: pages are to be right within 5 s of its return."""
CHECK_SECONDS = 15.0
"""Between two looks while Realtime rings: it drops messages over a quota, and after a gap of its own."""
GATHERING_SECONDS = 0.02
"""What is rung within this time is read at once: a burst costs one look."""
UNSETTLED_SECONDS = (0.02, 0.5)
"""Until the next look when a change waits for an older transaction; doubled up to the longest."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told to a page. `is_everything` says that it may have missed something: all may have changed.

    `changes` come as soon as they can be seen; `settled` are the same in their order, once, and are what a
    stream reads on by.
    """

    changes: Sequence[Change] = ()
    settled: Sequence[Change] = ()
    is_everything: bool = False


class Bell:
    """`connect` makes a Realtime connection that calls its argument at each hint."""

    def __init__(
        self,
        name: str,
        door: Door,
        connect: Callable[[Callable[[Hint | None], None]], Connection],
        *,
        metrics: LiveMetrics,
        now: Callable[[], datetime],
        tell: Callable[[Told], None],
        on_condition: Callable[[Condition], None],
    ) -> None:
        self._door = door
        self._metrics = metrics
        self._now = now
        self._tell = tell
        self._on_condition = on_condition
        self._connect = connect
        self._rung = asyncio.Event()
        self._hears = False
        self._cursor: str | None = None
        self._told_early: set[int] = set()
        self._unsettled_pause = 0.0
        self._supervisor = Supervisor(name, self._connection, self._heard)
        self.condition = Condition(Mode.OFFLINE, now())
        self.ready = asyncio.Event()
        """Set once there is a place in the log to read on from: what is read after that misses nothing."""
        self.owes_everything = False
        """Somebody has read before that: they are told that all may have changed."""

    def ring(self) -> None:
        """Look now, or soon when that was done just before."""
        self._rung.set()

    async def run(self) -> None:
        """Ring until cancelled."""
        async with beside(self._supervisor.run(), "Realtime supervision of a salon"):
            while True:
                pause = await self._look_safely()
                looked_at = time.monotonic()
                try:
                    async with asyncio.timeout(pause):
                        await self._rung.wait()
                except TimeoutError:
                    continue  # the clock has rung
                # the first of a burst is read at once, the others together
                await asyncio.sleep(looked_at + GATHERING_SECONDS - time.monotonic())

    async def _connection(self) -> Connection:
        return self._connect(self._hear)

    def _hear(self, _: Hint | None) -> None:
        self._metrics.rings.inc()
        self.ring()

    def _heard(self, hears: bool) -> None:
        self._hears = hears
        self.ring()  # what was missed in between is read before anybody is told that it is live

    async def _look_safely(self) -> float:
        try:
            return await self._look()
        except Exception:
            # Whatever it was, the bell may not fall silent; and what was not told is owed.
            logger.exception("The changes of a salon cannot be told")
            self._become(Mode.OFFLINE, self.condition.read_at)
            self.owes_everything = True
            return OFFLINE_SECONDS

    async def _look(self) -> float:
        """Read on and tell; returns for how many seconds nothing has to be done unless it is rung."""
        self._rung.clear()
        hears = self._hears
        try:
            news = await changes.after(self._door, self._cursor)
        except AppError as error:
            self._metrics.reads.labels("failed").inc()
            if self.condition.mode is not Mode.OFFLINE:
                logger.warning("The changes of a salon cannot be read: %s", error.code)
            self._become(Mode.OFFLINE, self.condition.read_at)
            return OFFLINE_SECONDS
        self._metrics.reads.labels("ok").inc()
        self._metrics.changes.inc(len(news.changes))
        was_offline = self.condition.mode is Mode.OFFLINE
        self._become(Mode.LIVE if hears else Mode.POLLING, self._now())
        self._tell_of(news)
        if was_offline:
            self._supervisor.retry_now()
        self.ready.set()
        if self.owes_everything:
            self.owes_everything = False
            self._tell(Told(is_everything=True))
        if news.more:
            return 0.0
        if news.early:
            low, high = UNSETTLED_SECONDS
            self._unsettled_pause = min(max(2 * self._unsettled_pause, low), high)
            return self._unsettled_pause
        self._unsettled_pause = 0.0
        return CHECK_SECONDS if hears else POLL_SECONDS

    def _tell_of(self, news: News) -> None:
        self._cursor = news.cursor
        if news.lost:
            self._told_early.clear()
            self._tell(Told(is_everything=True))
            return
        fresh = [one for one in (*news.changes, *news.early) if one.id not in self._told_early]
        self._told_early = {one.id for one in news.early} | (
            self._told_early - {one.id for one in news.changes}
        )
        if fresh or news.changes:
            self._tell(Told(fresh, news.changes))

    def _become(self, mode: Mode, read_at: datetime | None) -> None:
        since = self.condition.since if mode is self.condition.mode else self._now()
        has_changed = mode is not self.condition.mode
        self.condition = Condition(mode, since, read_at)
        if has_changed:
            self._on_condition(self.condition)
