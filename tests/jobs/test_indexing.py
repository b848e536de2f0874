"""The loop behind the indexes: at once while there is more or somebody rings, by the clock otherwise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from background import beside
from data import Door
from errors import Unavailable
from jobs.indexing import Indexing, Step
from tests.waiting import until


class Clock:
    """Stands in for waiting: notes how long, and ends the loop when told to."""

    def __init__(self, steps: int) -> None:
        self.now, self.pauses, self._steps = 0.0, list[float](), steps

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        if len(self.pauses) == self._steps:
            raise asyncio.CancelledError

    def monotonic(self) -> float:
        return self.now


class FakeDoor:
    """Answers `sync_index` with what it was given, then with "nothing to do"."""

    def __init__(self, *answers: bool | str | Exception) -> None:
        self._answers: Iterator[bool | str | Exception] = iter(answers)
        self.asked: list[dict[str, Any]] = []

    async def call(self, function: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append({"function": function} | arguments)
        answer = next(self._answers, False)
        if isinstance(answer, Exception):
            raise answer
        told = {"behind": answer is True, "busy": answer == "busy"}
        return {"dialogues": 0 if answer == "nothing" else 1, "messages": 0} | told


async def run(door: FakeDoor, steps: int, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = Clock(steps)
    monkeypatch.setattr(Indexing, "_wait", clock.wait)
    monkeypatch.setattr("jobs.indexing.time.monotonic", clock.monotonic)
    with pytest.raises(asyncio.CancelledError):
        await Indexing(cast(Door, door)).run()
    return clock.pauses


async def test_it_goes_on_at_once_while_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = await run(FakeDoor(True, True, False), 4, monkeypatch)
    assert pauses == [0, 0, 3, 3]


async def test_everything_is_looked_at_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    door = FakeDoor()
    await run(door, 45, monkeypatch)
    wholes = [number for number, asked in enumerate(door.asked) if asked["whole"]]
    assert wholes == [20, 40]
    assert {asked["function"] for asked in door.asked} == {"sync_index"}


async def test_a_look_at_everything_goes_on_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    door = FakeDoor(*[False] * 20, True, True, False)
    await run(door, 25, monkeypatch)
    assert [asked["whole"] for asked in door.asked[19:25]] == [False, True, True, True, False, False]


async def test_a_database_that_is_away_is_asked_every_two_seconds_and_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = [Unavailable("away", code="database_away") for _ in range(6)]
    pauses = await run(FakeDoor(*away), 8, monkeypatch)
    assert pauses == [2, 2, 2, 2, 2, 2, 3, 3]
    assert caplog.text.count("database_away") == 1


async def test_an_answer_that_makes_no_sense_does_not_end_the_loop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert await run(FakeDoor(ValueError("nonsense"), False), 3, monkeypatch) == [2, 3, 3]
    assert "nonsense" in caplog.text


async def test_another_panel_at_work_is_waited_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await run(FakeDoor("busy", "busy", False), 4, monkeypatch) == [0.3, 0.3, 3, 3]


async def test_what_is_found_is_expected_when_somebody_has_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Step] = []
    door = FakeDoor("nothing", False, False)
    indexing = Indexing(cast(Door, door), steps.append)
    monkeypatch.setattr("jobs.indexing.SECONDS", 0.01)
    async with beside(indexing.run(), "indexing"):
        await until(lambda: len(steps) > 2)
        found = len(steps)
        indexing.ring()
        await until(lambda: any(not step.is_unexpected for step in steps[found:]))
    assert steps[0] == Step(has_found=False, is_unexpected=False, is_up_to_date=True)
    assert steps[1] == Step(has_found=True, is_unexpected=True, is_up_to_date=True)


async def test_rung_it_looks_at_once_and_a_burst_costs_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.indexing.SECONDS", 60.0)
    door = FakeDoor()
    indexing = Indexing(cast(Door, door))
    async with beside(indexing.run(), "indexing"):
        await until(lambda: len(door.asked) == 1)
        began = time.monotonic()
        for _ in range(50):
            indexing.ring()
            await asyncio.sleep(0.01)
        await until(lambda: len(door.asked) > 1)
        await asyncio.sleep(0.15)
    growing, longest = 4, 0.08
    assert 2 <= len(door.asked) <= 2 + growing + (time.monotonic() - began) / longest


async def test_what_follows_soon_after_the_first_is_seen_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.indexing.SECONDS", 60.0)
    monkeypatch.setattr("jobs.indexing.GATHERING_SECONDS", (0.01, 60.0))
    door = FakeDoor()
    indexing = Indexing(cast(Door, door))
    async with beside(indexing.run(), "indexing"):
        for looks in range(1, 4):
            await until(lambda looks=looks: len(door.asked) == looks)  # type: ignore[misc]
            indexing.ring()
        await until(lambda: len(door.asked) == 4)
