"""The loop that keeps the indexes of dialogues and messages at the bot's heels: too often for a scheduler."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from data import Door
from errors import AppError
from models import Model

logger = logging.getLogger(__name__)

SECONDS = 3.0
"""Between two looks for what is new: a page that is not live shows a message so much later, at most."""
SECONDS_WHEN_RUNG = 15.0
"""While Realtime tells of every change; the look then only checks that it does."""
GATHERING_SECONDS = (0.01, 0.08)
"""Between two looks when the bot writes one row after the other: twice as long after each, so that a new
client and their dialogue are seen at once, and a hundred dialogues cost few looks."""
WHOLE_SECONDS = 60.0
"""Between two looks at everything, which find what was changed or removed long ago."""
AWAY_SECONDS = 2.0
"""Between two tries while the database is away: pages are to be right within 5 s of its return."""
BUSY_SECONDS = 0.3
"""Until the next try while another panel is at work."""
BATCH = 2000
"""Dialogues in a step, and five times as many messages: hosted projects allow a call 8 s."""


class Synced(Model):
    """What one step did; `behind` says that more is waiting, `busy` that another panel was at work."""

    dialogues: int
    messages: int
    behind: bool
    busy: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A look that succeeded. `is_unexpected` says that it found news of which nobody had told."""

    has_found: bool
    is_unexpected: bool
    is_up_to_date: bool


class Indexing:
    """One loop in each panel; of several panels on one database, one works at a time."""

    def __init__(self, door: Door, on_step: Callable[[Step], None] = lambda _: None) -> None:
        self._door = door
        self._on_step = on_step
        self._whole_at = time.monotonic()
        self._rung = asyncio.Event()
        self._gathering = GATHERING_SECONDS[0]
        self.is_rung_for = False
        """Whether Realtime tells of what the bot writes."""

    def ring(self) -> None:
        """Something was written: look now."""
        self._rung.set()

    async def run(self) -> None:
        """Work until cancelled."""
        is_away = False
        while True:
            was_rung, whole = self._rung.is_set(), self._is_time_for_all()
            self._rung.clear()
            try:
                synced = await sync(self._door, whole=whole)
                is_away, is_done = False, not synced.behind and not synced.busy
                if whole and is_done:
                    self._whole_at = time.monotonic()
                has_found = synced.dialogues + synced.messages > 0
                # a look at everything finds what was told of and is too old for the quick ones
                self._on_step(Step(has_found, has_found and not was_rung and not whole, is_done))
                pause = self._pause(synced)
            except AppError as error:
                if not is_away:
                    logger.warning("The indexes fall behind: %s", error.code)
                is_away, pause = True, AWAY_SECONDS
            except Exception:
                # Whatever it was, the loop may not end: pages would stand still.
                logger.exception("The indexes fall behind")
                pause = AWAY_SECONDS
            await self._wait(pause)

    def _pause(self, synced: Synced) -> float:
        if synced.busy:
            return BUSY_SECONDS
        if synced.behind:
            return 0.0
        return SECONDS_WHEN_RUNG if self.is_rung_for else SECONDS

    async def _wait(self, seconds: float) -> None:
        looked_at = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        # the first of a burst is looked at at once, the others together
        shortest, longest = GATHERING_SECONDS
        quiet = time.monotonic() - looked_at
        self._gathering = shortest if quiet > longest else min(2 * self._gathering, longest)
        await asyncio.sleep(self._gathering - quiet)

    def _is_time_for_all(self) -> bool:
        return time.monotonic() - self._whole_at >= WHOLE_SECONDS


async def sync(door: Door, *, whole: bool) -> Synced:
    """One step. `whole` looks at every row of the bot's tables. Raises `AppError` as `Door.call` does."""
    return Synced.model_validate(await door.call("sync_index", batch=BATCH, whole=whole))
