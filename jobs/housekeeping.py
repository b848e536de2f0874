"""Removes what has expired: ended sessions, used reset links, remembered write requests."""

from __future__ import annotations

import os
from collections import Counter
from typing import Annotated

from prefect import flow, get_run_logger
from pydantic import Field, NonNegativeInt, TypeAdapter, ValidationError

from data import Door
from errors import Unexpected
from jobs.door import worker_door
from models import Model

MAX_ROUNDS = 1_000
"""A run ends after so many batches; what is left waits for the next run, so that no run lasts for ever."""

BatchSize = Annotated[int, Field(ge=1, le=10_000)]


class Removed(Model):
    """What one batch removed from one table."""

    table_name: str
    removed: NonNegativeInt


_ANSWER = TypeAdapter(list[Removed])


@flow(name="housekeeping", retries=3, retry_delay_seconds=30, timeout_seconds=900)
async def housekeeping(batch: BatchSize = 1_000) -> dict[str, int]:
    """Remove expired rows in batches of `batch` rows until nothing is left.

    Returns the number of removed rows by table. Running it twice, or again after a failure half-way, is safe:
    each batch is its own transaction, and what is gone stays gone.
    """
    async with worker_door(os.environ) as door:
        totals, finished = await purge(door, batch)
    logger = get_run_logger()
    for table, count in sorted(totals.items()):
        logger.info("Removed %d rows from %s", count, table)
    if not finished:
        logger.warning("Stopped after %d batches; the next run goes on", MAX_ROUNDS)
    return dict(totals)


async def purge(door: Door, batch: int, max_rounds: int = MAX_ROUNDS) -> tuple[Counter[str], bool]:
    """Ask for batches until one finds nothing to remove, or `max_rounds` are done.

    Returns the totals by table, and whether nothing is left. An answer that cannot be read ends the work at
    once with `Unexpected`: nothing more is removed on a guess.
    """
    totals: Counter[str] = Counter()
    for _ in range(max_rounds):
        removed = _readable(await door.call("purge_expired", batch=batch))
        totals.update({part.table_name: part.removed for part in removed})
        if not any(part.removed for part in removed):
            return totals, True
    return totals, False


def _readable(answer: object) -> list[Removed]:
    try:
        return _ANSWER.validate_python(answer)
    except ValidationError as error:
        raise Unexpected from error
