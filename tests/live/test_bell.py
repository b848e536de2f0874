"""What a bell makes of what it reads: once early, once in order, and everything when that is not known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from background import beside
from data import Door
from errors import Unavailable
from live import bell as module
from live.bell import Bell, Told
from live.condition import Condition, Mode, worse
from live.connection import Connection, DoubtError, Hint
from observability.metrics import Metrics
from tests.waiting import until

AWAY = Unavailable("away", code="database_away")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def change(number: int) -> dict[str, Any]:
    return {"id": number, "stream": "jobs", "kind": "changed"}


class Log:
    """Answers `changes_after` with what it was given, one after the other, then with nothing new."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any] | Exception] = []
        self.asked: list[str | None] = []

    def has(self, *settled: int, early: tuple[int, ...] = (), more: bool = False, lost: bool = False) -> None:
        self.answers.append(
            {
                "cursor": f"{len(self.answers) + 1}:0",  # the first is 1:0
                "changes": [change(number) for number in settled],
                "early": [change(number) for number in early],
                "more": more,
                "lost": lost,
            }
        )

    async def read_value(self, function: str, *, after: str | None) -> object:
        assert function == "changes_after"
        self.asked.append(after)
        if not self.answers:
            return {"cursor": after or "0:0", "changes": [], "early": [], "more": False, "lost": False}
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Line:
    """A Realtime connection that is live, rings and breaks when a test says so."""

    def __init__(self) -> None:
        self.made = 0
        self.on_hint: Callable[[Hint | None], None]
        self.on_live: Callable[[], None]
        self._broken: asyncio.Future[None]

    def connect(self, on_hint: Callable[[Hint | None], None]) -> Connection:
        self.on_hint = on_hint
        return cast(Connection, self)

    async def run(self, on_live: Callable[[], None]) -> None:
        self.made += 1
        self.on_live = on_live
        self._broken = asyncio.get_running_loop().create_future()
        await self._broken

    def break_by(self, error: Exception) -> None:
        self._broken.set_exception(error)


class Rung:
    """A bell with its log, its line, and what it told."""

    def __init__(self) -> None:
        self.log = Log()
        self.line = Line()
        self.told: list[Told] = []
        self.conditions: list[Condition] = []
        self.clock = START
        self.bell = Bell(
            "a salon",
            cast(Door, self.log),
            self.line.connect,
            metrics=Metrics().live,
            now=lambda: self.clock,
            tell=self.told.append,
            on_condition=self.conditions.append,
        )

    @property
    def early(self) -> list[int]:
        return [one.id for told in self.told for one in told.changes]

    @property
    def settled(self) -> list[int]:
        return [one.id for told in self.told for one in told.settled]

    async def looks(self, count: int) -> None:
        await until(lambda: len(self.log.asked) >= count, 5, f"{count} looks")
        await asyncio.sleep(0)


@asynccontextmanager
async def running(rung: Rung) -> AsyncIterator[Rung]:
    async with beside(rung.bell.run(), "bell"):
        yield rung


async def test_what_waits_for_an_older_transaction_is_told_early_and_again_in_its_order() -> None:
    rung = Rung()
    rung.log.has()
    rung.log.has(early=(2,))
    rung.log.has(early=(2, 3))
    rung.log.has(1, 2, early=(3,))
    rung.log.has(3)
    async with running(rung):
        await rung.looks(1)
        rung.bell.ring()
        await rung.looks(5)
        await until(lambda: rung.settled == [1, 2, 3], 5, str(rung.told))
    assert rung.early == [2, 3, 1]
    assert not any(told.is_everything for told in rung.told)


async def test_a_look_that_finds_nothing_new_tells_nothing() -> None:
    rung = Rung()
    async with running(rung):
        await rung.looks(1)
        rung.bell.ring()
        await rung.looks(2)
    assert rung.told == []


async def test_it_reads_on_from_where_it_was_and_at_once_while_there_is_more() -> None:
    rung = Rung()
    rung.log.has()
    rung.log.has(1, more=True)
    rung.log.has(2)
    async with running(rung):
        await rung.looks(1)
        rung.bell.ring()
        await until(lambda: rung.settled == [1, 2], 5, "both")
    assert rung.log.asked[:3] == [None, "1:0", "2:0"]


async def test_a_log_that_does_not_reach_back_makes_everything_due() -> None:
    rung = Rung()
    rung.log.has()
    rung.log.has(early=(7,))
    rung.log.has(lost=True)
    rung.log.has(7)
    async with running(rung):
        await rung.looks(1)
        rung.bell.ring()
        await rung.looks(3)
        rung.bell.ring()
        await until(lambda: rung.settled == [7], 5, "the new seventh")
    assert [told.is_everything for told in rung.told] == [False, True, False]
    assert rung.early == [7, 7], "it is another one"


async def test_who_has_read_before_there_was_a_place_is_told_to_read_everything() -> None:
    rung = Rung()
    rung.log.answers = [AWAY]
    async with running(rung):
        await rung.looks(1)
        assert not rung.bell.ready.is_set()
        rung.bell.owes_everything = True
        await rung.looks(2)
        await until(lambda: rung.told, 5, "told")
        assert rung.bell.ready.is_set()
        rung.bell.ring()
        await rung.looks(3)
    assert [told.is_everything for told in rung.told] == [True]


async def test_an_error_that_nobody_expected_does_not_silence_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "OFFLINE_SECONDS", 0.01)
    rung = Rung()
    rung.log.has()
    rung.log.answers.append(ValueError("nonsense"))
    rung.log.has(4)
    async with running(rung):
        await rung.looks(1)
        rung.bell.ring()
        await until(lambda: rung.settled == [4], 5, str(rung.told))
        await until(lambda: any(told.is_everything for told in rung.told), 5, "everything")
    assert [one.mode for one in rung.conditions[:3]] == [Mode.POLLING, Mode.OFFLINE, Mode.POLLING]
    assert "nonsense" in caplog.text


async def test_a_burst_of_rings_costs_two_looks() -> None:
    rung = Rung()
    async with running(rung):
        await rung.looks(1)
        await asyncio.sleep(0.1)
        for _ in range(50):
            rung.bell.ring()
            await asyncio.sleep(0)
        await until(lambda: len(rung.log.asked) >= 3)
        await asyncio.sleep(0.15)
        assert len(rung.log.asked) == 3


async def test_away_polling_live_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OFFLINE_SECONDS", 0.05)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(module, "CHECK_SECONDS", 1.0)
    rung = Rung()
    async with running(rung):
        await rung.looks(3)  # by the clock
        assert [one.mode for one in rung.conditions] == [Mode.POLLING]
        rung.line.on_live()
        await until(lambda: rung.bell.condition.mode is Mode.LIVE, 5, "live")
        looked = len(rung.log.asked)
        await asyncio.sleep(0.2)
        assert len(rung.log.asked) == looked, "nobody rang"
        await rung.looks(looked + 1)  # all the same: Realtime may have dropped a message

        read_at = rung.bell.condition.read_at
        rung.clock += timedelta(minutes=1)
        rung.log.answers = [AWAY, AWAY]
        rung.bell.ring()
        await until(lambda: rung.bell.condition.mode is Mode.OFFLINE, 5, "offline")
        assert rung.bell.condition == Condition(Mode.OFFLINE, rung.clock, read_at)
        await until(lambda: rung.bell.condition.mode is Mode.LIVE, 5, "back")

        rung.line.break_by(DoubtError("it may not hear"))
        await until(lambda: rung.bell.condition.mode is Mode.POLLING, 5, "polling")
        assert rung.bell.condition.since == rung.clock
        await until(lambda: rung.line.made == 2, 5, "a fresh connection")


async def test_an_error_that_nobody_expected_ends_the_life_of_one_connection_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rung = Rung()
    async with running(rung):
        await until(lambda: rung.line.made, 5, "connected")
        rung.line.on_live()
        await until(lambda: rung.bell.condition.mode is Mode.LIVE, 5, "live")
        rung.line.break_by(RuntimeError("a mistake"))
        await until(lambda: rung.bell.condition.mode is Mode.POLLING, 5, "polling")
        await until(lambda: rung.line.made == 2, 5, "a fresh connection")
    assert "a mistake" in caplog.text


def test_a_page_is_as_fresh_as_the_worse_of_two_bells() -> None:
    later = START + timedelta(minutes=1)
    salon, bot = Condition(Mode.LIVE, later, later), Condition(Mode.POLLING, START)
    assert worse(salon, bot) == Condition(Mode.POLLING, START, later), "and was read when the salon's was"
    both = Condition(Mode.POLLING, later, later)
    assert worse(both, bot) == both
    assert worse(Condition(Mode.OFFLINE, START, START), bot).mode is Mode.OFFLINE
