"""The live feed: read once for all pages, in order, from anybody's place, and for nobody without rights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest

from data import Door
from errors import NotAllowed, Unavailable
from live import feed as feeds_module
from live import kept_rows
from live.bell import Told
from live.feed import FeedPage
from live.feeds import Feeds, OpenFeed
from live.kept_rows import KeptRows
from live.live import Watch
from models import Role
from queries.changes import Change, Stream
from queries.live_feed import FeedRow
from tests.waiting import until

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
        self.rights: dict[int, bool | Exception] = {}
        self.feeds = feeds(self._watch, lambda: self.sockets)
        self.count = 0

    async def _watch(self, _: UUID, told: Callable[[Told], None], __: Any) -> Watch:
        self.listeners.append(told)
        return Watch(told, lambda _: None, lambda: self.listeners.remove(told))

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


@pytest.fixture
async def panel(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Panel]:
    monkeypatch.setattr(feeds_module, "BETWEEN_READS", 0.02)
    monkeypatch.setattr(feeds_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(feeds_module, "LOAD_SECONDS", 0.2)
    made = Panel(Feeds)
    async with made.feeds.running():
        yield made


def messages(first: int, last: int) -> list[str]:
    return [f"message {number}" for number in range(first, last + 1)]


class TestReading:
    async def test_is_done_once_for_many_pages(self, panel: Panel) -> None:
        panel.database.write(3)
        browsers = [(await panel.joined())[1] for _ in range(20)]
        assert panel.database.reads == [None]
        await asyncio.sleep(0.05)
        panel.database.write(2)
        panel.ring()
        await until(lambda: all(browser.rows == messages(1, 5) for browser in browsers))
        assert len(panel.database.reads) == 2
        assert len([to for to, _ in panel.sockets.sent if to.startswith("feed:")]) == 1

    async def test_of_a_burst_is_one(self, panel: Panel) -> None:
        _, browser = await panel.joined()
        await asyncio.sleep(0.05)
        before = len(panel.database.reads)
        for _ in range(50):
            panel.database.write()
            panel.ring()
        await until(lambda: browser.rows == messages(1, 50))
        assert len(panel.database.reads) - before <= 2

    async def test_is_not_done_for_other_news(self, panel: Panel) -> None:
        await panel.joined()
        await asyncio.sleep(0.05)
        panel.ring(Told([Change(stream=Stream.DIALOGUES)], [Change(stream=Stream.DIALOGUES)]))
        panel.ring(Told(changes=MESSAGE.settled))  # seen, but not settled
        await asyncio.sleep(0.1)
        assert panel.database.reads == [None]

    async def test_ends_with_the_last_page(self, panel: Panel) -> None:
        one, _ = await panel.joined()
        two, _ = await panel.joined()
        one.leave()
        await asyncio.sleep(0.01)
        assert len(panel.listeners) == 1
        two.leave()
        await until(lambda: not panel.listeners)
        panel.database.write()
        await asyncio.sleep(0.05)
        assert panel.database.reads == [None]

    async def test_goes_piece_by_piece_through_a_flood(self, panel: Panel) -> None:
        _, browser = await panel.joined()
        panel.database.write(1700)
        panel.ring()
        await until(lambda: len(browser.rows) == 1700)
        assert browser.rows == messages(1, 1700)

    async def test_goes_on_by_itself_after_an_outage(self, panel: Panel) -> None:
        part, browser = await panel.joined()
        panel.database.is_away = True
        panel.database.write(2)
        panel.ring()
        await until(lambda: not part.is_current())
        assert browser.rows == []
        panel.database.is_away = False
        await until(lambda: browser.rows == messages(1, 2))
        assert part.is_current()

    async def test_that_cannot_begin_says_so(self, panel: Panel) -> None:
        panel.database.is_away = True
        part, browser = await panel.joined()
        assert [news.get("away") for news in browser.heard] == [True]
        panel.database.is_away = False
        panel.database.write()
        await part.join(browser.sid, None)
        assert browser.rows == messages(1, 1)

    async def test_of_another_database_begins_anew(self, panel: Panel) -> None:
        panel.database.write(30)
        _, browser = await panel.joined()
        panel.database.rows = panel.database.rows[:7]
        panel.database.is_another = True
        panel.ring(Told(is_everything=True))
        await until(lambda: browser.rows == messages(1, 7))


class TestJoining:
    async def test_begins_with_the_newest_rows(self, panel: Panel) -> None:
        panel.database.write(900)
        _, browser = await panel.joined()
        assert browser.rows == messages(701, 900)

    @pytest.mark.parametrize("missed", [0, 1, 100, 900, 2400])
    async def test_anew_catches_up_from_its_own_place(self, panel: Panel, missed: int) -> None:
        panel.database.write(10)
        part, browser = await panel.joined()
        await panel.joined()
        panel.sockets.cut(browser.sid)
        for _ in range(missed // 100):
            panel.database.write(100)
            panel.ring()
            await asyncio.sleep(0.001)
        panel.database.write(missed % 100)
        panel.ring()
        again = panel.sockets.connect("client 1", "sid 1b")
        again.rows, again.place = browser.rows, browser.place
        joining = asyncio.ensure_future(part.join(again.sid, again.place))
        panel.database.write(3)
        panel.ring()
        await joining
        await until(lambda: again.rows[-1:] == messages(missed + 13, missed + 13))
        first = 1 if missed < 2000 else missed + 13 - len(again.rows) + 1
        assert again.rows == messages(first, missed + 13)
        assert not again.has_missed

    async def test_while_rows_come_misses_and_repeats_none(self, panel: Panel) -> None:
        part, browser = await panel.joined()

        async def write() -> None:
            for _ in range(150):
                panel.database.write()
                panel.ring()
                await asyncio.sleep(0.002)

        writing = asyncio.create_task(write())
        for turn in range(20):
            panel.sockets.cut(browser.sid)
            sid = f"sid {turn} anew"
            again = panel.sockets.connect("client 1", sid)
            again.rows, again.place = browser.rows, browser.place
            browser = again
            await part.join(sid, browser.place)
            await asyncio.sleep(0.01)
        await writing
        await until(lambda: browser.rows == messages(1, 150))
        assert not browser.has_missed

    @pytest.mark.parametrize("place", ["x", "1", {"a": 1}, 7, "99:99; drop"])
    async def test_from_a_place_that_is_none_begins_anew(self, panel: Panel, place: object) -> None:
        panel.database.write(3)
        part, browser = panel.open()
        await part.join(browser.sid, place)
        assert browser.rows == messages(1, 3)

    async def test_is_for_the_pages_own_sockets(self, panel: Panel) -> None:
        panel.database.write(3)
        part, _ = panel.open()
        stranger = panel.sockets.connect("client of another", "strange")
        await part.join(stranger.sid, None)
        await part.join("no socket", None)
        assert stranger.heard == []
        assert panel.sockets.rooms(stranger.sid) == ["client of another"]


def test_no_more_rows_are_kept_than_the_bound() -> None:
    database = Database()
    database.write(2000)
    rows = [FeedRow.model_validate(row) for row in database.rows]
    kept = KeptRows()
    kept.begin(rows[:200], numbers(rows[199].place), is_whole=True)
    assert kept.after(kept_rows.NOWHERE) == kept.last(500)
    kept.add(rows[200:])
    assert len(kept.last(10_000)) == kept_rows.MOST
    oldest = numbers(rows[-kept_rows.MOST].place)
    assert kept.after(oldest) == kept.last(kept_rows.MOST - 1)
    assert kept.after(numbers(rows[-kept_rows.MOST - 2].place)) is None


class TestRights:
    async def test_of_another_page_are_used_when_one_is_refused(self, panel: Panel) -> None:
        _, refused = await panel.joined()
        _, other = await panel.joined()
        panel.database.refuses = {1}
        panel.database.write(2)
        panel.ring()
        await until(lambda: other.rows == messages(1, 2))
        assert refused.rows == []
        assert refused.heard[-1].get("refused")
        panel.database.write(2)
        panel.ring()
        await until(lambda: other.rows == messages(1, 4))
        assert refused.rows == []

    @pytest.mark.parametrize("lost", [False, NotAllowed("no"), Unavailable("away")])
    async def test_are_looked_at_when_members_change(self, panel: Panel, lost: bool | Exception) -> None:
        _, first = await panel.joined()
        _, second = await panel.joined()
        panel.rights[1] = lost
        panel.ring(Told([Change(stream=Stream.MEMBERS)]))
        stays = isinstance(lost, Unavailable)
        await until(lambda: stays or bool(first.heard[-1].get("refused")))
        panel.database.write()
        panel.ring()
        await until(lambda: second.rows == messages(1, 1))
        assert first.rows == (messages(1, 1) if stays else [])

    async def test_are_looked_at_from_time_to_time(
        self, panel: Panel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feeds_module, "RIGHTS_SECONDS", 0.02)
        _, browser = await panel.joined()
        panel.rights[1] = False
        await until(lambda: bool(browser.heard[-1].get("refused")))
        assert not any(room.startswith("feed:") for room in panel.sockets.rooms(browser.sid))

    async def test_that_are_gone_do_not_come_back_by_joining(self, panel: Panel) -> None:
        part, browser = await panel.joined()
        panel.database.refuses = {1}
        panel.database.write()
        panel.ring()
        await until(lambda: bool(browser.heard[-1].get("refused")))
        await part.join(browser.sid, None)
        assert browser.rows == []

    async def test_of_all_lost_leave_room_for_a_new_page(self, panel: Panel) -> None:
        _, gone = await panel.joined()
        panel.database.refuses = {1}
        panel.database.write()
        panel.ring()
        await until(lambda: bool(gone.heard[-1].get("refused")))
        _, browser = await panel.joined()
        await until(lambda: browser.rows == messages(1, 1))

    async def test_of_each_role_have_a_feed_of_their_own(self, panel: Panel) -> None:
        owner, _ = await panel.joined(Role.OWNER)
        operator, _ = await panel.joined(Role.OPERATOR)
        assert owner.room != operator.room
        assert len(panel.database.reads) == 2
