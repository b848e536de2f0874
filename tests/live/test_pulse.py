"""A page reads again what it shows when that has changed, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from nicegui import Client, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components import pulse as module
from components.pulse import Pulse
from live.bell import Told
from live.condition import Condition, Mode
from live.live import Watch
from queries.changes import Change, Stream
from tests.waiting import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
QUIET = 0.2
"""Seconds in which a page that is not told of anything reads nothing."""


class Page:
    """A page of a list and one dialogue; counts what is read, and is told what a test says."""

    def __init__(self, *, has_ears: bool = True) -> None:
        self.list_reads = self.dialogue_reads = 0
        self.succeeds = True
        self.fresh: list[tuple[datetime | None, bool]] = []
        self.conditions: list[Condition] = []
        self.ended = 0
        self.is_listening = asyncio.Event()
        self.may_listen = asyncio.Event()
        self.may_listen.set()
        self.told: Callable[[Told], None]
        self.on_condition: Callable[[Condition], None]
        self.client: Client
        self.pulse = Pulse(
            lambda: NOW,
            lambda at, succeeded: self.fresh.append((at, succeeded)),
            streams=(Stream.DIALOGUES, Stream.CLOCK),
            listen=self.listen if has_ears else None,
            on_condition=self.conditions.append,
        )

    async def listen(self, told: Callable[[Told], None], on_condition: Callable[[Condition], None]) -> Watch:
        self.told, self.on_condition = told, on_condition
        self.is_listening.set()
        await self.may_listen.wait()
        return Watch(told, on_condition, self._end)

    def _end(self) -> None:
        self.ended += 1

    async def read_list(self) -> bool:
        self.list_reads += 1
        return self.succeeds

    async def read_dialogue(self) -> bool:
        self.dialogue_reads += 1
        return self.succeeds

    def tell(self, *changes: Change, is_everything: bool = False) -> None:
        self.told(Told(changes, changes, is_everything))

    @property
    def reads(self) -> tuple[int, int]:
        return self.list_reads, self.dialogue_reads

    def build(self) -> None:
        self.client = ui.context.client
        self.pulse.add(self.read_list)
        self.pulse.add(self.read_dialogue, (Stream.MESSAGES, Stream.DIALOGUES), ONE)
        self.pulse.start()


@asynccontextmanager
async def opened(page: Page) -> AsyncIterator[User]:
    async with user_simulation(page.build) as user:
        await user.open("/")
        yield user
        page.pulse.stop()


@asynccontextmanager
async def read_page(*, has_ears: bool = True) -> AsyncIterator[Page]:
    """A page that has read once."""
    page = Page(has_ears=has_ears)
    async with opened(page):
        await until(lambda: page.reads == (1, 1), 3, "the first reading")
        yield page


async def test_it_listens_before_it_reads_so_that_nothing_falls_between() -> None:
    page = Page()
    page.may_listen.clear()
    async with opened(page):
        await page.is_listening.wait()
        assert page.reads == (0, 0)
        page.may_listen.set()
        await until(lambda: page.reads == (1, 1), what="the first reading")


@pytest.mark.parametrize(
    ("change", "reads"),
    [
        (Change(stream=Stream.DIALOGUES), (2, 2)),
        (Change(stream=Stream.DIALOGUES, session_id=ONE), (2, 2)),
        (Change(stream=Stream.DIALOGUES, session_id=OTHER), (2, 1)),
        (Change(stream=Stream.MESSAGES, kind="message", session_id=ONE, message_id=1), (1, 2)),
        (Change(stream=Stream.MESSAGES, kind="message", session_id=OTHER, message_id=1), (1, 1)),
        (Change(stream=Stream.MESSAGES, kind="message", message_id=1), (1, 1)),
        (Change(stream=Stream.MESSAGES), (1, 2)),
        (Change(stream=Stream.CLOCK), (2, 1)),
        (Change(stream=Stream.MEMBERS), (1, 1)),
    ],
    ids=[
        "all_dialogues", "this_dialogue", "another_dialogue", "its_message", "anothers_message",
        "a_message_of_no_dialogue", "any_messages", "time_alone", "what_is_not_shown",
    ],
)  # fmt: skip
async def test_only_what_shows_a_change_is_read(change: Change, reads: tuple[int, int]) -> None:
    async with read_page() as page:
        page.tell(change)
        await until(lambda: page.reads == reads)
        await asyncio.sleep(QUIET)
        assert page.reads == reads


async def test_everything_is_read_when_anything_may_have_changed() -> None:
    async with read_page() as page:
        page.tell(is_everything=True)
        await until(lambda: page.reads == (2, 2), what="both")


async def test_a_burst_costs_two_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHORTEST_GAP", 0.5)
    async with read_page() as page:
        for number in range(50):
            page.tell(Change(id=number, stream=Stream.DIALOGUES, session_id=OTHER))
            await asyncio.sleep(0.002)
        await until(lambda: page.reads == (3, 1))
        await asyncio.sleep(0.6)
        assert page.reads == (3, 1)


async def test_a_page_whose_browser_is_away_reads_when_that_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with read_page() as page:
        with monkeypatch.context() as away:
            away.setattr(Client, "has_socket_connection", property(lambda _: False))
            page.tell(Change(stream=Stream.DIALOGUES))
            page.tell(Change(stream=Stream.DIALOGUES))
            await asyncio.sleep(QUIET)
            assert page.reads == (1, 1)
        page.pulse.resume()
        await until(lambda: page.reads == (2, 2), what="read once")
        await asyncio.sleep(QUIET)
        assert page.reads == (2, 2)


async def test_a_page_that_was_left_reads_no_more() -> None:
    async with read_page() as page:
        page.pulse.stop()
        assert page.ended == 1
        page.tell(is_everything=True)
        page.on_condition(Condition(Mode.OFFLINE, NOW))
        await asyncio.sleep(QUIET)
        assert page.reads == (1, 1)
        assert page.conditions == []


async def test_a_page_that_is_left_before_it_listens_ends_that_too() -> None:
    page = Page()
    page.may_listen.clear()
    async with opened(page):
        await page.is_listening.wait()
        page.pulse.stop()
        page.may_listen.set()
        await until(lambda: page.ended == 1, what="ended")
        await asyncio.sleep(QUIET)
        assert page.reads == (0, 0)


async def test_a_failed_reading_is_tried_again_soon_and_only_that_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)
    async with read_page() as page:
        page.succeeds = False
        page.tell(Change(stream=Stream.CLOCK))
        await until(lambda: len(page.fresh) >= 3, what="tried again")
        assert page.fresh[-1] == (NOW, False)
        page.succeeds = True
        await until(lambda: page.fresh[-1][1], what="read")
        reads = page.reads
        await asyncio.sleep(QUIET)
        assert page.reads == reads


async def test_a_page_reads_when_its_database_goes_and_comes_back() -> None:
    async with read_page() as page:
        page.succeeds = False
        page.on_condition(Condition(Mode.OFFLINE, NOW))
        await until(lambda: page.fresh[-1] == (NOW, False), what="says so")
        page.succeeds = True
        page.on_condition(Condition(Mode.POLLING, NOW))
        at_once = module.RETRY_SECONDS / 2
        await until(lambda: page.fresh[-1] == (NOW, True), at_once, "back, before its own next try")
        assert [one.mode for one in page.conditions] == [Mode.OFFLINE, Mode.POLLING]


async def test_a_page_for_which_nobody_rings_reads_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.1)
    async with read_page(has_ears=False) as page:
        await until(lambda: page.list_reads >= 3, what="read again and again")


async def test_a_page_that_nothing_concerned_was_right_until_the_database_went() -> None:
    """It was read long ago; the log of changes was read, and had nothing for it, until a moment ago."""
    async with read_page() as page:
        last_look = NOW + timedelta(hours=2)
        page.succeeds = False
        page.on_condition(Condition(Mode.OFFLINE, NOW + timedelta(hours=2, seconds=3), last_look))
        await until(lambda: page.fresh[-1] == (last_look, False))


async def test_a_page_that_had_not_shown_a_change_yet_was_not() -> None:
    async with read_page() as page:
        page.succeeds = False
        page.tell(Change(stream=Stream.DIALOGUES))
        await until(lambda: page.fresh[-1] == (NOW, False))
        page.on_condition(Condition(Mode.OFFLINE, NOW + timedelta(hours=2), NOW + timedelta(hours=1)))
        await asyncio.sleep(QUIET)
        assert page.pulse.good_at == NOW
