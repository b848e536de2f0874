"""Removes what agents told, and were told, when its time is over; makes room for what will come."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, TypeVar

from prefect import flow, get_run_logger
from pydantic import Field, NonNegativeInt, TypeAdapter, ValidationError

from data import Door
from errors import Unexpected
from jobs.door import worker_door
from models import Model

MAX_ROUNDS = 2_000
"""Batches of one kind in one run; what is left waits for the next run, so that no run lasts for ever."""
WEEKS_AHEAD = 8
"""So long may this job fail before events come that have no partition of their own."""

BatchSize = Annotated[int, Field(ge=1, le=10_000)]


class Removed(Model):
    """What one batch removed of one kind."""

    table_name: str
    removed: NonNegativeInt


T = TypeVar("T")
_REMOVED = TypeAdapter(list[Removed])
_COUNT = TypeAdapter(NonNegativeInt)


@flow(name="telemetry-retention", retries=3, retry_delay_seconds=60, timeout_seconds=3_000)
async def telemetry_retention(batch: BatchSize = 2_000) -> dict[str, int]:
    """Remove runs, events, prompts and commands that are over their time, in batches of about `batch` rows.

    Returns how many of each were removed, and `partitions_made` and `partitions_dropped`. Repeating it,
    also after a failure half-way, is safe: each batch is a transaction, and what is gone stays gone.
    """
    async with worker_door(os.environ) as door:
        totals, finished = await retain(door, batch)
    logger = get_run_logger()
    for name, count in sorted(totals.items()):
        logger.info("%s: %d", name, count)
    if not finished:
        logger.warning("Stopped after %d batches; the next run goes on", MAX_ROUNDS)
    return dict(totals)


async def retain(door: Door, batch: int, max_rounds: int = MAX_ROUNDS) -> tuple[Counter[str], bool]:
    """Do it, until nothing is left to remove or `max_rounds` batches of a kind are done.

    Returns the totals, and whether nothing is left. An answer that cannot be read ends the work at once with
    `Unexpected`: nothing more is removed on a guess.
    """
    totals: Counter[str] = Counter()
    totals["partitions_made"] = _readable(
        _COUNT, await door.call("ensure_event_partitions", weeks=WEEKS_AHEAD)
    )
    rounds = _Rounds(door, batch, max_rounds, totals)
    has_expired_all = await rounds.count("expire_runs", "runs")
    # whole weeks first: what goes with them need not be removed row by row
    totals["partitions_dropped"] = _readable(_COUNT, await door.call("drop_event_partitions"))
    has_purged_all = await rounds.purge()
    # those of a run have gone with it
    has_purged_commands = await rounds.count("purge_commands", "commands")
    return totals, has_expired_all and has_purged_all and has_purged_commands


@dataclass(frozen=True, slots=True)
class _Rounds:
    """Batches of one kind after the other. Each method says whether nothing is left of its kind."""

    door: Door
    batch: int
    most: int
    totals: Counter[str]

    async def count(self, function: str, name: str) -> bool:
        """By a function that says how many it has removed, told as `name`."""
        for _ in range(self.most):
            removed = _readable(_COUNT, await self.door.call(function, batch=self.batch))
            self.totals[name] += removed
            if not removed:
                return True
        return False

    async def purge(self) -> bool:
        """Events, and what belongs to them."""
        for _ in range(self.most):
            removed = _readable(_REMOVED, await self.door.call("purge_events", batch=self.batch))
            self.totals.update({part.table_name: part.removed for part in removed})
            if not any(part.removed for part in removed):
                return True
        return False


def _readable(kind: TypeAdapter[T], answer: object) -> T:
    try:
        return kind.validate_python(answer, strict=True)
    except ValidationError as error:
        raise Unexpected from error
