"""A panel with live feeds whose rows, sockets and browsers are none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from data import Door
from errors import NotAllowed, Unavailable
from live import feed as feeds_module
from live.bell import Told
from live.condition import Condition
from live.feed import FeedPage
from live.feeds import Feeds, OpenFeed
from live.live import Watch
from models import Role
from queries.changes import Change, Stream

SALON = UUID("aaaaaaaa-0000-4000-8000-000000000001")
MESSAGE = Told(settled=[Change(stream=Stream.MESSAGES, kind="message")])


def numbers(place: str) -> tuple[int, int]:
    transaction, number = place.split(":")
    return int(transaction), int(number)


@dataclass
class Database:
    """The rows of a feed, and who has asked for them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    reads: list[str | None] = field(default_factory=list)
    is_away: bool = False
    is_another: bool = False
    refuses: set[int] = field(default_factory=set)

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            at = len(self.rows) + 1
            # transactions of three rows; compared as texts, the tenth would stand before the second
            place = f"{7 + at // 3}:{at}"
            row = {"place": place, "kind": "message", "at": "2026-03-01T10:00:00Z", "text": f"message {at}"}
            self.rows.append(row)

    def read(self, after: str | None, at_most: int) -> dict[str, Any]:
        end = self.rows[-1]["place"] if self.rows else "7:0"
        if after is None or self.is_another:
            return {"rows": self.rows[-at_most:], "cursor": end, "more": False, "lost": after is not None}
        found = [row for row in self.rows if numbers(row["place"]) > numbers(after)][:at_most]
        more = len(found) == at_most
        return {"rows": found, "cursor": found[-1]["place"] if more else end, "more": more, "lost": False}


@dataclass
class FakeDoor:
    """A reader's way to the rows."""

    number: int
    database: Database

    async def read_value(self, _: str, *, after: str | None, at_most: int) -> dict[str, Any]:
        if self.number in self.database.refuses:
            raise NotAllowed("You may not read this.")
        self.database.reads.append(after)
        await asyncio.sleep(0.001)
        if self.database.is_away:
            raise Unavailable("The database does not answer.")
        return self.database.read(after, at_most)


class Browser:
    """A page's socket and what the component makes of what it hears (components/live_feed.js)."""

    def __init__(self, sid: str) -> None:
        self.sid = sid
        self.heard: list[dict[str, Any]] = []
        self.rows: list[str] = []
        self.place: str | None = None
        self.has_missed = False

    def hear(self, news: dict[str, Any]) -> None:
        self.heard.append(news)
        if "rows" not in news:
            return
        if news.get("anew"):
            self.rows, self.place = [], None
        elif self.place is None:
            return
        elif numbers(news["after"]) > numbers(self.place):
            self.has_missed = True
            return
        for row in json.loads(news["rows"]):
            if self.place is None or numbers(row["place"]) > numbers(self.place):
                self.rows.append(row["text"])
                self.place = row["place"]
        if self.place is None or numbers(news["until"]) > numbers(self.place):
            self.place = news["until"]


class FakeSockets:
    """What is used of a socket.io server."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.members: dict[str, set[str]] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def connect(self, client_id: str, sid: str) -> Browser:
        self.members.setdefault(client_id, set()).add(sid)
        return self.browsers.setdefault(sid, Browser(sid))

    def cut(self, sid: str) -> None:
        for sids in self.members.values():
            sids.discard(sid)

    async def enter_room(self, sid: str, room: str) -> None:
        if not self.rooms(sid):
            raise KeyError(sid)
        self.members.setdefault(room, set()).add(sid)

    async def leave_room(self, sid: str, room: str) -> None:
        self.members.get(room, set()).discard(sid)

    async def emit(self, event: str, data: Any, *, to: str) -> None:
        assert event == feeds_module.EVENT
        self.sent.append((to, data))
        await asyncio.sleep(0)
        direct = {to} if any(to in sids for sids in self.members.values()) else set()
        for sid in self.members.get(to, direct):
            self.browsers[sid].hear(data)

    def rooms(self, sid: str) -> list[str]:
        return [room for room, sids in self.members.items() if sid in sids]


class Panel:
    """A process with a bell that is rung by hand, and pages of one salon."""

    def __init__(self, feeds: Callable[[Any, Any], Feeds]) -> None:
        self.database = Database()
        self.sockets = FakeSockets()
        self.listeners: list[Callable[[Told], None]] = []
        self.condition_listeners: list[Callable[[Condition], None]] = []
        self.rights: dict[int, bool | Exception] = {}
        self.feeds = feeds(self._watch, lambda: self.sockets)
        self.count = 0

    async def _watch(
        self, _: UUID, told: Callable[[Told], None], on_condition: Callable[[Condition], None]
    ) -> Watch:
        self.listeners.append(told)
        self.condition_listeners.append(on_condition)
        return Watch(told, on_condition, lambda: self.listeners.remove(told))

    def ring(self, told: Told = MESSAGE) -> None:
        for listener in self.listeners:
            listener(told)

    def open(self, role: Role = Role.OWNER) -> tuple[OpenFeed, Browser]:
        self.count += 1
        number = self.count
        self.rights[number] = True

        async def may_read() -> bool:
            known = self.rights[number]
            if isinstance(known, Exception):
                raise known
            return known

        door = cast(Door, FakeDoor(number, self.database))
        page = FeedPage(f"client {number}", door, may_read)
        return self.feeds.open(SALON, role, page), self.sockets.connect(page.client_id, f"sid {number}")

    async def joined(self, role: Role = Role.OWNER) -> tuple[OpenFeed, Browser]:
        part, browser = self.open(role)
        await part.join(browser.sid, None)
        return part, browser


def messages(first: int, last: int) -> list[str]:
    return [f"message {number}" for number in range(first, last + 1)]
