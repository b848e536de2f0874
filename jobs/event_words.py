"""Makes the words of what agents told, by which events are found.

Nothing waits for it: what has none yet is looked through itself, as far as that goes.
"""

from __future__ import annotations

from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from data import Door
from errors import Unexpected

MOST_STEPS = 300
"""Of about a second each: a run of the job takes so long at the most, and the next one goes on."""

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
