"""The live feed of a salon: read once for all pages that show it, and told to them through one room.

Every piece that is told says after which place it comes. A browser that has missed one notices by that, and
asks for what comes after its own last place; so does every socket when it connects.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from background import beside
from data import Door
from errors import AppError, NotAllowed, NotFound, SignInRequired, Unavailable
from live.bell import Told
from live.condition import Condition, Mode
from live.kept_rows import MOST, KeptRows
from live.live import Watch
from queries import live_feed
from queries.changes import Stream
from queries.live_feed import Feed as Piece
from queries.live_feed import Place, parse_place

logger = logging.getLogger(__name__)

EVENT = "feed"
"""The name of what is sent through the sockets."""
KINDS = frozenset({"message", "started", "ended", "booked"})
FIRST_ROWS = 200
"""What a page begins with."""
BETWEEN_READS = 0.05
"""Seconds: what comes within this time is read, and told, at once."""
RETRY_SECONDS = 1.0
LOAD_SECONDS = 3.0
"""How long a page waits for the first rows before it is told that the database is away."""
LONGEST_WAY_BACK = 4
"""So many reads for somebody who was away long; who has missed more than that begins anew."""
RIGHTS_SECONDS = 10.0
"""How often each page's rights are looked at, besides whenever the salon's members have changed."""
SETTLED_RIGHTS_SECONDS = 3.0
"""After a change of members they are looked at once more: who is signed in is known for two seconds."""
REFUSALS = (NotAllowed, NotFound, SignInRequired)


class Sockets(Protocol):
    """What is used of a socket.io server."""

    async def enter_room(self, sid: str, room: str) -> None:
        """Have a socket hear what is sent to a room."""

    async def leave_room(self, sid: str, room: str) -> None:
        """Have it hear that no more."""

    async def emit(self, event: str, data: Any, *, to: str) -> None:
        """Send to a socket or to a room; what goes to a room is encoded once."""

    def rooms(self, sid: str) -> list[str]:
        """The rooms of a socket: the page that it speaks for is one of them."""


class Listen(Protocol):
    """Begins to listen to the changes of one salon: `Live.watch` of it."""

    async def __call__(
        self, told: Callable[[Told], None], on_condition: Callable[[Condition], None]
    ) -> Watch:
        """`told` hears of every change from now on."""


@dataclass(eq=False)
class FeedPage:
    """An open page that shows the feed. `client_id` is NiceGUI's name for it, and the room of its sockets.

    `may_read` looks at its reader's rights anew; it raises `Unavailable` while nobody can tell.
    """

    client_id: str
    door: Door
    may_read: Callable[[], Awaitable[bool]]
    sids: set[str] = field(default_factory=set)
    is_joining: bool = False


class Feed:
    """One salon's feed as one role sees it; `room` is its name among the sockets."""

    def __init__(self, room: str, sockets: Sockets, listen: Listen) -> None:
        self.room = room
        self.pages: dict[FeedPage, None] = {}
        self._has_failed = False
        self._is_deaf = False
        self._sockets = sockets
        self._listen = listen
        self._kept = KeptRows()
        self._cursor: str | None = None
        self._rung = asyncio.Event()
        self._rung.set()
        self._loaded = asyncio.Event()
        self._members_changed = asyncio.Event()
        self._telling = asyncio.Lock()

    async def run(self) -> None:
        """Read and tell until cancelled."""
        # before the first reading: what changes from here on is told
        watch = await self._listen(self._told, self._hear_condition)
        try:
            async with beside(self._watch_rights(), "rights of the live feed's pages"):
                while True:
                    await self._rung.wait()
                    self._rung.clear()
                    await asyncio.sleep(BETWEEN_READS if await self._read_on() else RETRY_SECONDS)
        finally:
            watch.end()

    @property
    def is_current(self) -> bool:
        """Whether the last reading succeeded, and a bell was there since to say that another is due."""
        return not (self._has_failed or self._is_deaf)

    def add(self, page: FeedPage) -> None:
        """Have a page take part; what nobody was there to read is read now."""
        if not self.pages:
            self._rung.set()
        self.pages[page] = None

    async def join(self, page: FeedPage, sid: str, place: object) -> None:
        """Tell a socket of a page what came after its last place, and from now on what comes.

        A place that is none gets the newest rows.
        """
        if page not in self.pages or page.is_joining or page.client_id not in self._sockets.rooms(sid):
            return
        page.is_joining = True
        try:
            await self._join(page, sid, parse_place(place))
        finally:
            page.is_joining = False

    async def leave(self, page: FeedPage) -> None:
        """Tell a page nothing any more."""
        self.pages.pop(page, None)
        for sid in page.sids:
            await self._sockets.leave_room(sid, self.room)
        page.sids.clear()

    def _told(self, told: Told) -> None:
        if told.is_everything or any(change.kind in KINDS for change in told.settled):
            self._rung.set()
        if told.is_everything or any(change.stream is Stream.MEMBERS for change in told.changes):
            self._members_changed.set()

    def _hear_condition(self, condition: Condition) -> None:
        if condition.mode is Mode.OFFLINE:
            self._is_deaf = True
            self._rung.set()

    async def _read_on(self) -> bool:
        """Read what is new and tell it; says whether that succeeded."""
        try:
            while piece := await self._ask(self._cursor, MOST if self._loaded.is_set() else FIRST_ROWS):
                await self._take(piece)
                self._has_failed = self._is_deaf = False
                if not piece.more:
                    break
        except Exception as error:
            if not self._has_failed:
                defect = None if isinstance(error, AppError) else error
                logger.warning("The live feed of a salon cannot be read", exc_info=defect)
            self._has_failed = True
            self._rung.set()
            return False
        return True

    async def _take(self, piece: Piece) -> None:
        async with self._telling:
            if not self._loaded.is_set() or piece.lost:
                end = parse_place(piece.cursor) or (0, 0)
                self._kept.begin(piece.rows, end, is_whole=len(piece.rows) < FIRST_ROWS)
                if piece.lost:
                    await self._tell_anew(self.room)
            elif piece.rows:
                before = self._kept.place
                await self._tell(self.room, before, self._kept.add(piece.rows))
            self._cursor = piece.cursor
            self._loaded.set()

    async def _ask(self, after: str | None, at_most: int) -> Piece | None:
        """A piece of the stream, by the right of any page; None when none is left."""
        for page in list(self.pages):
            try:
                return await live_feed.read(page.door, after, at_most)
            except REFUSALS:
                await self._refuse(page)
        return None

    async def _join(self, page: FeedPage, sid: str, place: Place | None) -> None:
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._loaded.wait()
            missed, reached = await self._way_back(place)
        except (TimeoutError, AppError):
            await self._send(sid, away=True)
            return
        async with self._telling:
            rest = None if reached is None else self._kept.after(reached)
            if page not in self.pages:
                return
            try:
                await self._sockets.enter_room(sid, self.room)
            except (KeyError, ValueError):
                return  # this socket has gone; the next one joins anew
            page.sids = {sid, *(known for known in page.sids if self.room in self._sockets.rooms(known))}
            if place is None or rest is None:
                await self._tell_anew(sid)
            else:
                await self._tell(sid, place, [*missed, *rest])

    async def _way_back(self, place: Place | None) -> tuple[list[str], Place | None]:
        """What stands between a place and the rows that are kept, and the place where these go on.

        Without such a place everything has to be told anew.
        """
        missed: list[str] = []
        if place is None or (place <= self._kept.place and self._kept.after(place) is not None):
            return missed, place
        for _ in range(LONGEST_WAY_BACK):
            piece = await self._ask(f"{place[0]}:{place[1]}", MOST)
            if piece is None or piece.lost:
                break
            missed += [row.model_dump_json(exclude_none=True) for row in piece.rows]
            place = parse_place(piece.rows[-1].place) or place if piece.rows else place
            if not piece.more or self._kept.after(place) is not None:
                return missed, place
        return [], None

    async def _tell(self, to: str, after: Place, rows: Sequence[str]) -> None:
        await self._send(to, after=_text(after), until=_text(self._kept.place), rows=f"[{','.join(rows)}]")

    async def _tell_anew(self, to: str) -> None:
        rows = self._kept.last(FIRST_ROWS)
        await self._send(to, anew=True, until=_text(self._kept.place), rows=f"[{','.join(rows)}]")

    async def _send(self, to: str, **news: object) -> None:
        await self._sockets.emit(EVENT, {"room": self.room, **news}, to=to)

    async def _watch_rights(self) -> None:
        pause = RIGHTS_SECONDS
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._members_changed.wait()
                pause = SETTLED_RIGHTS_SECONDS
            except TimeoutError:
                pause = RIGHTS_SECONDS
            self._members_changed.clear()
            for page in list(self.pages):
                try:
                    may_read = await page.may_read()
                except Unavailable:
                    break  # nothing is read by anybody now
                except REFUSALS:
                    may_read = False
                if not may_read:
                    await self._refuse(page)

    async def _refuse(self, page: FeedPage) -> None:
        sids = list(page.sids)
        await self.leave(page)
        for sid in sids:
            await self._send(sid, refused=True)


def _text(place: Place) -> str:
    return f"{place[0]}:{place[1]}"
