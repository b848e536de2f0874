"""The loop that keeps the indexes of dialogues and messages at the bot's heels: too often for a scheduler."""

from __future__ import annotations

import asyncio
import logging
import time

from data import Door
from errors import AppError
from models import Model

logger = logging.getLogger(__name__)

SECONDS = 3.0
"""Between two looks for what is new: a message is found by a search so much later, at most."""
WHOLE_SECONDS = 60.0
"""Between two looks at everything, which find what was changed or removed long ago."""
LONGEST_PAUSE = 60.0
BATCH = 2000
"""Dialogues in a step, and five times as many messages: hosted projects allow a call 8 s."""


class Synced(Model):
    """What one step did; `behind` says that more is waiting."""

    dialogues: int
    messages: int
    behind: bool


class Indexing:
    """One loop in each panel; of several panels on one database, one works at a time."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._whole_at = time.monotonic()

    async def run(self) -> None:
        """Work until cancelled. While the database is away, ask ever more rarely."""
        pause = SECONDS
        while True:
            try:
                synced = await self._step()
                pause = 0 if synced.behind else SECONDS
            except AppError as error:
                pause = min(max(pause, SECONDS) * 2, LONGEST_PAUSE)
                logger.warning("The indexes fall behind: %s. Next try in %d s", error.code, pause)
            await asyncio.sleep(pause)

    async def _step(self) -> Synced:
        whole = time.monotonic() - self._whole_at >= WHOLE_SECONDS
        synced = await sync(self._door, whole=whole)
        if whole and not synced.behind:
            self._whole_at = time.monotonic()
        return synced


async def sync(door: Door, *, whole: bool) -> Synced:
    """One step. `whole` looks at every row of the bot's tables. Raises `AppError` as `Door.call` does."""
    return Synced.model_validate(await door.call("sync_index", batch=BATCH, whole=whole))
