"""The live feed: read once for all pages, in order, from anybody's place, and for nobody without rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from errors import NotAllowed, Unavailable
from live import feed as feeds_module
from live import kept_rows
from live.bell import Told
from live.condition import Condition, Mode
from live.feeds import Feeds
from live.kept_rows import KeptRows
from models import Role
from queries.changes import Change, Stream
from queries.live_feed import FeedRow
from tests.live.feed_fakes import MESSAGE, Database, Panel, messages, numbers
from tests.waiting import until


@pytest.fixture
async def panel(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Panel]:
    monkeypatch.setattr(feeds_module, "BETWEEN_READS", 0.02)
    monkeypatch.setattr(feeds_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(feeds_module, "LOAD_SECONDS", 0.2)
    made = Panel(Feeds)
    async with made.feeds.running():
        yield made


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

    async def test_is_not_taken_for_current_while_nobody_can_ring(self, panel: Panel) -> None:
        """A database that hangs lets no reading fail for a long time; the bell has found out already."""
        part, _ = await panel.joined()
        assert part.is_current()
        panel.condition_listeners[0](Condition(Mode.OFFLINE, datetime.now(UTC)))
        assert not part.is_current()
        await until(part.is_current, what="read again by itself")
        assert len(panel.database.reads) == 2

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
