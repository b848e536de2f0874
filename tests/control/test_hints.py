"""Who waits for a hint hears it, also one that came while they looked."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import pytest

from control.hints import EVERY, Hints
from tests.sql.world import SALON_A, SALON_B
from tests.waiting import until


@pytest.mark.parametrize("about", [SALON_A, EVERY])
async def test_is_heard_by_who_waits(about: UUID | None) -> None:
    hints = Hints()
    waiting = asyncio.create_task(hints.wait(about, hints.heard(about), 20))
    await asyncio.sleep(0)
    hints.ring(SALON_A)
    began = time.monotonic()
    await waiting
    assert time.monotonic() - began < 5


async def test_is_heard_by_who_was_looking_when_it_came() -> None:
    hints = Hints()
    heard = hints.heard(SALON_A)
    hints.ring(SALON_A)
    began = time.monotonic()
    await hints.wait(SALON_A, heard, 20)
    assert time.monotonic() - began < 5


async def test_is_not_for_another_salon_and_does_not_keep_anybody_for_ever() -> None:
    hints = Hints()
    waiting = asyncio.create_task(hints.wait(SALON_A, hints.heard(SALON_A), 0.1))
    await until(lambda: hints.waiting(SALON_A) == 1)
    assert (hints.waiting(), hints.waiting(SALON_B)) == (1, 0)
    hints.ring(SALON_B)
    await waiting
    assert hints.waiting() == 0


async def test_who_leaves_is_forgotten() -> None:
    hints = Hints()
    both = [asyncio.create_task(hints.wait(SALON_A, 0, 20)) for _ in range(2)]
    await until(lambda: hints.waiting(SALON_A) == 2)
    both[0].cancel()
    await until(lambda: hints.waiting(SALON_A) == 1)
    hints.ring(SALON_A)
    await both[1]
    assert hints.waiting() == 0
