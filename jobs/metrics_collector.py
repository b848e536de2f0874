"""Counts the salons' finished days once, so that pages read sums instead of counting dialogues anew.

Today is never waited for: pages count what is not collected themselves. So a run that fails, or none at all,
makes figures slower and never wrong.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Annotated, TypeVar
from uuid import UUID

from prefect import flow, get_run_logger
from pydantic import Field, NonNegativeInt, TypeAdapter, ValidationError

from data import Door
from errors import AppError, Unexpected
from jobs import progress
from jobs.door import worker_door
from jobs.event_words import index_events
from jobs.indexing import sync
from models import Model

MOST_SYNC_STEPS = 2_000
SPANS_AT_ONCE = 20
"""Of agents' figures: hosted projects end a statement after 8 s."""
CHUNK_DAYS = 10
"""Days that are counted in one transaction: what a run that is killed loses at the most."""

SinceDays = Annotated[int, Field(ge=1, le=900)]


class CollectionFailedError(Exception):
    """Salons were left out; the next try, or the next run, does only what is missing."""


class Tenant(Model):
    """A salon whose figures are collected."""

    tenant_id: UUID


class Collected(Model):
    """One day that was counted."""

    day: date
    dialogues: NonNegativeInt


T = TypeVar("T")
_COLLECTED = TypeAdapter(list[Collected])
_DAYS = TypeAdapter(list[date])


@dataclass(frozen=True, slots=True)
class Work:
    """What to collect: the `days` before today, and one salon only or (None) all."""

    days: int
    tenant: UUID | None = None


@flow(name="metrics-collector", retries=2, retry_delay_seconds=20, timeout_seconds=1_800)
async def metrics_collector(days: SinceDays = 120, tenant: UUID | None = None) -> dict[str, int]:
    """Collect what is not collected of the last `days` days, of every salon or one `tenant`.

    Returns how many salons, days and dialogues it counted. A salon whose reading fails gets nothing written,
    and does not keep the others: the run fails in the end, and its retries do what is missing. Repeating it,
    also after it was killed half-way, gives the same figures.
    """
    logger = get_run_logger()
    async with worker_door(os.environ) as door:
        await catch_up(door)
        outcomes = [outcome async for outcome in collect(door, Work(days, tenant), logger.info)]
        await collect_agents(door)
        await index_events(door)
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    if failed:
        raise CollectionFailedError(f"{len(failed)} of {len(outcomes)} salons could not be collected")
    return {
        "salons": len(outcomes),
        "days": sum(outcome.days for outcome in outcomes),
        "dialogues": sum(outcome.dialogues for outcome in outcomes),
    }


async def catch_up(door: Door, max_steps: int = MOST_SYNC_STEPS) -> bool:
    """Bring the index of dialogues up to the bot's tables; says whether nothing was left.

    The days that late rows belong to are uncollected again by that. Looks at every row, so that what the bot
    changed or removed long ago is found too.
    """
    for _ in range(max_steps):
        if not (await sync(door, whole=True)).behind:
            return True
    return False


async def collect(door: Door, work: Work, tell: Callable[[str], object]) -> AsyncIterator[progress.Outcome]:
    """Collect salon by salon, and tell and give what became of each."""
    tenants = await door.read("collectable_tenants", Tenant)
    if work.tenant is not None:
        tenants = [one for one in tenants if one.tenant_id == work.tenant]
    tell(progress.begun(len(tenants)))
    for tenant in tenants:
        outcome = await _collect_one(door, tenant.tenant_id, work.days)
        tell(outcome.line())
        yield outcome


async def collect_agents(door: Door, max_steps: int = MOST_SYNC_STEPS) -> int:
    """Count what agents did on the days, and in the last days' hours, that are over; returns how many of
    these were counted. What is not is counted by the pages that show it."""
    counted = 0
    for _ in range(max_steps):
        step = TypeAdapter(int).validate_python(await door.call("collect_agent_spans", at_most=SPANS_AT_ONCE))
        counted += step
        if not step:
            break
    return counted


async def _collect_one(door: Door, tenant: UUID, days: int) -> progress.Outcome:
    counted: dict[date, int] = {}
    try:
        for first, last in await _missing(door, tenant, days):
            answer = await door.call("collect_days", tenant=tenant, from_day=first, to_day=last)
            counted.update({one.day: one.dialogues for one in _readable(_COLLECTED, answer)})
    except AppError as problem:
        return progress.Outcome(tenant, failure=problem.code)
    return progress.Outcome(tenant, days=len(counted), dialogues=sum(counted.values()))


async def _missing(door: Door, tenant: UUID, days: int) -> list[tuple[date, date]]:
    # A day of slack on either side: the salon's today may be yesterday or tomorrow here.
    today = datetime.now(UTC).date()
    answer = await door.call("uncollected_days", tenant=tenant, since=today - timedelta(days=days))
    missing = _readable(_DAYS, answer)
    return list(spans(missing))


def spans(days: Sequence[date], longest: int = CHUNK_DAYS) -> Iterator[tuple[date, date]]:
    """Days that follow one another, as first and last, in spans of at most `longest` days."""
    rest = iter(sorted(set(days)))
    chunk: list[date] = list(islice(rest, 1))
    for day in rest:
        if day - chunk[-1] == timedelta(days=1) and len(chunk) < longest:
            chunk.append(day)
        else:
            yield chunk[0], chunk[-1]
            chunk = [day]
    if chunk:
        yield chunk[0], chunk[-1]


def _readable(kind: TypeAdapter[T], answer: object) -> T:
    try:
        return kind.validate_python(answer)
    except ValidationError as error:
        raise Unexpected from error
