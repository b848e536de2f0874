"""What waits for a commit goes together into the next; nobody answers for what another has sent."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from data import Door
from errors import Invalid, TooMany, Unavailable
from ingest import recorder as recording
from ingest.frames import Prepared
from ingest.recorder import Recorder
from tests.waiting import until

SALON, KEY = uuid4(), uuid4()


class FakeDoor:
    """Notes the bodies of `append_events`; each waits until it is let through."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.bodies: list[bytes] = []
        self.gate = asyncio.Event()
        self.problem: Exception | None = None
        self.poison = b"poison"
        if is_open:
            self.gate.set()

    async def call_with_text(self, function: str, text: bytes) -> Any:
        assert function == "append_events"
        self.bodies.append(text)
        await self.gate.wait()
        if self.problem is not None:
            raise self.problem
        if self.poison in text:
            raise Invalid("one of them is no event")
        return {}


class Rung:
    def __init__(self) -> None:
        self.salons: list[UUID] = []

    def __call__(self, salon: UUID) -> None:
        self.salons.append(salon)


def prepared(name: str, count: int = 1) -> Prepared:
    return Prepared(name.encode(), count)


def record(recorder: Recorder, door: FakeDoor, one: Prepared, key: UUID = KEY) -> asyncio.Task[None]:
    return asyncio.create_task(recorder.record(key, SALON, cast(Door, door), one))


async def test_what_comes_during_a_commit_goes_together_into_the_next() -> None:
    door, rung = FakeDoor(is_open=False), Rung()
    recorder = Recorder(rung)
    first = record(recorder, door, prepared("1"))
    await until(lambda: door.bodies)
    rest = [record(recorder, door, prepared(name)) for name in "234"]
    await asyncio.sleep(0)
    assert not first.done(), "answered before it was committed"
    door.gate.set()
    await asyncio.gather(first, *rest)
    assert door.bodies == [b"[1]", b"[2,3,4]"]
    assert rung.salons == [SALON, SALON]


async def test_one_append_takes_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_EVENTS", 10)
    door = FakeDoor(is_open=False)
    recorder = Recorder(Rung())
    tasks = [record(recorder, door, prepared(name, 5)) for name in "1234"]
    await until(lambda: door.bodies)
    tasks.append(record(recorder, door, prepared("5", 50)))
    door.gate.set()
    await asyncio.gather(*tasks)
    assert door.bodies == [b"[1,2]", b"[3,4]", b"[5]"]


async def test_one_that_is_refused_does_not_take_the_others_with_it() -> None:
    door, rung = FakeDoor(is_open=False), Rung()
    recorder = Recorder(rung)
    first = record(recorder, door, prepared("1"))
    await until(lambda: door.bodies)
    good, bad, other = (record(recorder, door, prepared(name)) for name in ("2", "poison", "3"))
    await asyncio.sleep(0)
    door.gate.set()
    await asyncio.gather(first, good, other)
    with pytest.raises(Invalid):
        await bad
    assert door.bodies == [b"[1]", b"[2,poison,3]", b"[2]", b"[poison]", b"[3]"]


async def test_an_outage_is_told_to_all_who_wait_and_ends() -> None:
    door, rung = FakeDoor(), Rung()
    door.problem = Unavailable("away")
    recorder = Recorder(rung)
    for one in [record(recorder, door, prepared(name)) for name in "12"]:
        with pytest.raises(Unavailable):
            await one
    assert rung.salons == []
    door.problem = None
    await record(recorder, door, prepared("1"))
    assert rung.salons == [SALON]


async def test_more_than_can_be_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_WAITING", 10)
    door = FakeDoor(is_open=False)
    recorder = Recorder(Rung())
    taken = [record(recorder, door, prepared("12345678"))]
    await until(lambda: door.bodies)
    taken += [record(recorder, door, prepared("12345678"))]
    await asyncio.sleep(0)
    with pytest.raises(TooMany):
        await record(recorder, door, prepared("12345678"))
    await record(recorder, FakeDoor(), prepared("12345678"), uuid4())
    door.gate.set()
    await asyncio.gather(*taken)


async def test_who_has_gone_is_committed_all_the_same_and_the_end_waits_for_it() -> None:
    door, rung = FakeDoor(is_open=False), Rung()
    recorder = Recorder(rung)
    gone, waits = record(recorder, door, prepared("1")), record(recorder, door, prepared("2"))
    await until(lambda: door.bodies)
    gone.cancel()
    ending = asyncio.create_task(recorder.aclose())
    await asyncio.sleep(0)
    assert not ending.done()
    door.gate.set()
    await ending
    await waits
    assert b"".join(door.bodies).count(b"1") == 1


async def test_nothing_is_not_written() -> None:
    door = FakeDoor()
    await Recorder(Rung()).record(KEY, SALON, cast(Door, door), Prepared(b"", 0))
    assert door.bodies == []
