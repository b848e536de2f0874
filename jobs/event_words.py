"""Makes the words of what agents told, by which events are found.

Nothing waits for it: what has none yet is looked through itself, as far as that goes. So each panel makes
some now and then: soon enough for what a salon tells, and it never costs much. A job makes what is left over.
"""

from __future__ import annotations

import asyncio
import logging

from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from data import Door
from errors import AppError, Unexpected

logger = logging.getLogger(__name__)

MOST_STEPS = 300
"""Of about a second each: a run of the job takes so long at the most, and the next one goes on."""

REST_SECONDS = 30.0
"""Between two steps of a panel: a thirtieth of what one connection can do."""

_COUNT = TypeAdapter(NonNegativeInt)


async def index_events(door: Door, max_steps: int = MOST_STEPS) -> int:
    """Do it until no event is left without its words, or `max_steps` steps are done; says of how many events.

    Safe to repeat and to break off: each step is a transaction. Raises `AppError` as `Door.call` does, and
    `Unexpected` for an answer that cannot be read.
    """
    indexed = 0
    for _ in range(max_steps):
        try:
            step = _COUNT.validate_python(await door.call("index_events"), strict=True)
        except ValidationError as error:
            raise Unexpected from error
        indexed += step
        if not step:
            break
    return indexed


async def keep_indexing(door: Door, rest: float = REST_SECONDS) -> None:
    """Do one step every `rest` seconds, until cancelled. What goes wrong is logged, and tried again."""
    is_away = False
    while True:
        await asyncio.sleep(rest)
        try:
            await index_events(door, 1)
            is_away = False
        except AppError as error:
            if not is_away:
                logger.warning("Words of events are not made: %s", error.code)
            is_away = True
        except Exception:
            # Whatever it was, the loop may not end: new events would be found less and less.
            logger.exception("Words of events are not made")
