"""Turns go round between salons, and none is lost with who gave up."""

import asyncio
from collections.abc import Callable

import pytest

from ingest.fair_turns import FairTurns


class Queue:
    """Tasks that take a turn each, hold it until told to, and note the order in which they got it."""

    def __init__(self, turns: FairTurns) -> None:
        self._turns = turns
        self.had: list[str] = []
        self._go_on: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def enter(self, name: str) -> None:
        """`name` begins with its salon's letter."""
        self._go_on[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._take(name))
        await _settled()

    async def leave(self, name: str) -> None:
        self._go_on[name].set()
        await self.tasks[name]
        await _settled()

    async def _take(self, name: str) -> None:
        async with self._turns.turn(name[0]):
            self.had.append(name)
            await self._go_on[name].wait()


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_salon_with_much_to_do_lets_another_in_after_one() -> None:
    queue = Queue(FairTurns(1))
    for name in ("a1", "a2", "a3", "a4", "b1", "c1", "b2"):
        await queue.enter(name)
    while len(queue.had) < 7:
        await queue.leave(queue.had[-1])
    await queue.leave(queue.had[-1])
    assert queue.had == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


async def test_as_many_at_once_as_there_are() -> None:
    queue = Queue(FairTurns(2))
    for name in ("a1", "a2", "a3"):
        await queue.enter(name)
    assert queue.had == ["a1", "a2"]
    for name in ("a1", "a2", "a3"):
        await queue.leave(name)
    await queue.enter("b1")
    await queue.enter("b2")
    assert queue.had == ["a1", "a2", "a3", "b1", "b2"]
    await queue.leave("b1")
    await queue.leave("b2")


@pytest.mark.parametrize("moment", ["while it waits", "as it is given"])
async def test_a_turn_of_who_gives_up_goes_to_the_next(moment: str) -> None:
    queue = Queue(FairTurns(1))
    for name in ("a1", "b1", "c1"):
        await queue.enter(name)
    give_up: Callable[[], object] = queue.tasks["b1"].cancel
    if moment == "as it is given":
        queue._go_on["a1"].set()
        await queue.tasks["a1"]  # b1 has been given the turn, and has not run yet
        assert not queue.tasks["b1"].done()
    give_up()
    await _settled()
    if moment == "while it waits":
        await queue.leave("a1")
    assert queue.tasks["b1"].cancelled()
    assert queue.had[-1] == "c1"
    await queue.leave("c1")
