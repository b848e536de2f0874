"""The loop behind the indexes: at once while there is more, patient while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from data import Door
from errors import Unavailable
from jobs.indexing import Indexing


class Clock:
    """Stands in for sleeping: notes how long, lets other tasks run, and ends the loop when told to."""

    def __init__(self, steps: int) -> None:
        self.now, self.pauses, self._steps = 0.0, list[float](), steps

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        if len(self.pauses) == self._steps:
            raise asyncio.CancelledError

    def monotonic(self) -> float:
        return self.now


class FakeDoor:
    """Answers `sync_index` with what it was given, then with "nothing to do"."""

    def __init__(self, *answers: bool | Exception) -> None:
        self._answers: Iterator[bool | Exception] = iter(answers)
        self.asked: list[dict[str, Any]] = []

    async def call(self, function: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append({"function": function} | arguments)
        answer = next(self._answers, False)
        if isinstance(answer, Exception):
            raise answer
        return {"dialogues": 1, "messages": 0, "behind": answer}


async def run(door: FakeDoor, steps: int, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = Clock(steps)
    monkeypatch.setattr("jobs.indexing.asyncio.sleep", clock.sleep)
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


async def test_a_database_that_is_away_is_asked_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = [Unavailable("away", code="database_away") for _ in range(6)]
    pauses = await run(FakeDoor(*away), 8, monkeypatch)
    assert pauses == [6, 12, 24, 48, 60, 60, 3, 3]
    assert "database_away" in caplog.text
