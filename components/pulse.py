"""What keeps a page fresh: it is told what has changed, and reads that again; or it looks by the clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from nicegui import background_tasks, ui

from live.bell import Told
from live.condition import Condition, Mode
from live.live import Watch
from live.turns import Turns
from queries.changes import Change, Stream

SECONDS = 15.0
"""How often a page reads again that nobody rings for."""
RETRY_SECONDS = 3.0
"""How soon a page reads again after a failure."""
SHORTEST_GAP = 0.05
GAP_FACTOR = 2
"""A page rests this many times as long as its reading took before it reads the next change."""


class Listen(Protocol):
    """Begins to listen to the changes of one salon: `Live.watch` of it."""

    async def __call__(
        self, told: Callable[[Told], None], on_condition: Callable[[Condition], None]
    ) -> Watch:
        """`told` hears of every change from now on."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A read of the page, and the changes that call for it; `session_id` narrows them to one dialogue."""

    read: Callable[[], Awaitable[bool]]
    streams: Collection[Stream]
    session_id: UUID | None

    def is_called_by(self, change: Change) -> bool:
        if change.stream not in self.streams:
            return False
        if self.session_id is None or change.session_id == self.session_id:
            return True
        # a change that names no dialogue may be of this one; a message that belongs to none is not
        return change.session_id is None and change.kind != "message"


class Pulse:
    """Has the widgets of one opened page read again when what they show has changed: one of its `streams`.

    `on_read` is told when all of them were last read, and whether that succeeded; `on_condition` how fresh
    the salon's pages are; `on_shown` when the oldest change happened that a reading has shown. Without
    `listen` or `streams` the page is read by the clock. `stop` it when it is left.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        on_read: Callable[[datetime | None, bool], None],
        *,
        streams: Collection[Stream] = (),
        listen: Listen | None = None,
        turns: Turns | None = None,
        on_condition: Callable[[Condition], None] = lambda _: None,
        on_shown: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self._now = now
        self._on_read = on_read
        self._streams = streams
        self._listen = listen
        self._by_clock = listen is None or not streams
        self._turns = turns or Turns()
        self._on_condition = on_condition
        self._on_shown = on_shown
        self._parts: list[_Part] = []
        self._due: dict[_Part, None] = {}
        self._due_since: datetime | None = None
        self.good_at: datetime | None = None
        """Until when everything that is shown was known to be so."""
        self._has_failed = False
        self._is_stopped = False
        self._timer: ui.timer | None = None
        self._watch: Watch | None = None
        self._work: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None

    def add(
        self,
        read: Callable[[], Awaitable[bool]],
        streams: Collection[Stream] = (),
        session_id: UUID | None = None,
    ) -> None:
        """Have `read` called when one of the `streams` has changed, by default those of the page.

        `session_id` narrows them to one dialogue. `read` says whether it succeeded and raises nothing.
        """
        self._parts.append(_Part(read, streams or self._streams, session_id))

    def start(self) -> None:
        """Read for the first time, at once; call it when the page is built, inside its slot."""
        if self._parts:
            self._timer = ui.timer(SECONDS, self.ring, immediate=False, active=self._by_clock)
            ui.timer(0, self._begin, once=True)

    def stop(self) -> None:
        """Listen no more."""
        self._is_stopped = True
        if self._watch is not None:
            self._watch.end()
        if self._work is not None:
            self._work.cancel()
        if self._retry is not None:
            self._retry.cancel()

    def resume(self) -> None:
        """Go on with what waited for the page's connection."""
        self._hurry()

    async def ring(self) -> None:
        """Read everything again now."""
        await self._read(self._parts)

    async def _begin(self) -> None:
        if self._listen is not None and not self._is_stopped:
            # before the first reading: what changes from here on is told
            self._watch = await self._listen(self._told, self._hear_condition)
            if (
                self._is_stopped or self._timer is None or self._timer.is_deleted
            ):  # the page was left meanwhile
                self._watch.end()
                return
        await self.ring()

    async def _read(self, parts: Collection[_Part]) -> None:
        succeeded = all(await asyncio.gather(*(part.read() for part in parts)))
        # one part that was read does not make up for another that could not be
        self._has_failed = not succeeded or (self._has_failed and len(parts) < len(self._parts))
        if not self._has_failed:
            self.good_at = self._now()
        if self._has_failed and self._retry is None and not self._is_stopped:
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._try_again)
        self._on_read(self.good_at, not self._has_failed)

    def _try_again(self) -> None:
        self._retry = None
        if self._has_failed:
            self._call(self._parts)

    def _told(self, told: Told) -> None:
        if told.is_everything:
            self._call(self._parts)
        else:
            called = {part: None for part in self._parts for one in told.changes if part.is_called_by(one)}
            if called and self._due_since is None:
                self._due_since = min((one.at for one in told.changes if one.at), default=None)
            self._call(called)

    def _hear_condition(self, condition: Condition) -> None:
        if self._is_stopped:
            return
        if condition.mode is Mode.OFFLINE and condition.read_at and self.good_at and self._is_good:
            # it was not read since, because until then nothing of it had changed
            self.good_at = max(self.good_at, condition.read_at)
        self._on_condition(condition)
        # A page that reads now finds the database away and says so; one that did, finds it back.
        if (condition.mode is Mode.OFFLINE) != self._has_failed and self.good_at is not None:
            self._call(self._parts)

    @property
    def _is_good(self) -> bool:
        return not self._has_failed and not self._due

    def _call(self, parts: Iterable[_Part]) -> None:
        self._due |= dict.fromkeys(parts)
        self._hurry()

    def _hurry(self) -> None:
        if self._due and not self._is_stopped and self._timer is not None and self._work is None:
            self._work = background_tasks.create(self._catch_up(self._timer), name="re-reading a page")

    async def _catch_up(self, timer: ui.timer) -> None:
        """Read what is due, until nothing is. A page whose browser is away is read when that is back."""
        try:
            while self._due and timer.client.has_socket_connection:
                async with self._turns.turn():
                    due, self._due = self._due, {}
                    since, self._due_since = self._due_since, None
                    began = time.monotonic()
                    if timer.is_deleted:
                        return
                    with timer.parent_slot or ui.context.slot:
                        await self._read(due)
                    if since is not None:
                        self._on_shown(since)
                    took = time.monotonic() - began
                await asyncio.sleep(max(SHORTEST_GAP, GAP_FACTOR * took))
        finally:
            self._work = None
