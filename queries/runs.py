"""Runs of agents and their events, as the database tells them.

The reads give the database's JSON as it came: a run may have a hundred thousand events, and a machine that
asks for them is handed the same values. The models say what is in it; a page has them by `model_validate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from data import Door
from models import Model

Json: TypeAlias = dict[str, Any]
StatusName = Literal["running", "waiting", "done", "error", "stopped"]

MOST_RUNS = 500
MOST_EVENTS = 1000
MOST_WHOLE_EVENTS = 200
"""Of one answer; events with their payloads are larger."""


class Run(Model):
    """One task of an agent. Times are the emitter's. The bot's own runs have a number in place of a UUID."""

    run_id: str
    source: Literal["bot"] | None = None
    trace_id: str | None = None
    conversation_id: str | None = None
    name: str
    agent: str | None = None
    status: StatusName
    started_at: datetime
    ended_at: datetime | None = None
    last_event_at: datetime
    duration_ms: float
    events: int = Field(description="How many there are; they are numbered from 1 without a gap.")
    model_calls: int
    tool_calls: int
    failures: int
    tokens_input: int
    tokens_output: int
    tokens_cached: int = 0
    tokens_reasoning: int = 0
    cost: Decimal | None = Field(None, description="Of the calls whose price is known.")
    cost_is_known: bool = Field(description="Whether the price of every call is known.")
    unpriced_calls: int = 0
    currency: str | None = None
    models: Sequence[str] = ()
    removed: int = Field(0, description="How many secrets were removed from its events.")


class AgentEvent(Model):
    """One thing that happened in a run. A column that is not known is left out."""

    run_id: str
    seq: int
    event_id: str
    trace_id: str | None = None
    step_id: str
    parent_id: str | None = None
    kind: str
    phase: Literal["begun", "ended", "point"]
    status: StatusName
    name: str
    source: str | None = None
    node: str | None = None
    iteration: int | None = None
    model: str | None = None
    provider: str | None = None
    at: datetime
    ended_at: datetime | None = None
    duration_ms: float | None = None
    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_cache_read: int | None = None
    tokens_cache_write: int | None = None
    tokens_reasoning: int | None = None
    cost: Decimal | None = None
    currency: str | None = None
    summary: str | None = None
    problem_type: str | None = None
    problem: str | None = None
    removed: int = 0
    has_payload: bool = False
    received_at: datetime | None = None
    payload: dict[str, Any] | None = Field(
        None, description="Prompt, answer, arguments, result and the like."
    )


class RunPage(Model):
    """Some runs, newest first."""

    runs: Sequence[Run]
    next_cursor: str | None = None


class EventPage(Model):
    """Some events of a run, oldest first."""

    events: Sequence[AgentEvent]
    next_cursor: int | None = None


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are asked for: all that fit everything that is given. `search` looks into names."""

    status: StatusName | None = None
    conversation: str | None = None
    agent: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None

    def as_arguments(self) -> dict[str, object]:
        """As `list_runs` takes them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()
        }


async def list_runs(door: Door, asked: RunFilter, at_most: int = 100, before: str | None = None) -> Json:
    """A `RunPage`, newest first; `before` is the `next_cursor` of the page before.

    All reads here raise `AppError`: `NotAllowed` without the right to see runs, `Invalid` for a bad cursor.
    """
    answer: Json = await door.read_value("list_runs", at_most=at_most, before=before, **asked.as_arguments())
    return answer


async def run(door: Door, run_id: UUID) -> Json | None:
    """One `Run`; None for one that is not there, or not the salon's."""
    answer: Json | None = await door.read_value("run", run_id=run_id)
    return answer


async def run_events(door: Door, run_id: UUID, after: int = 0, at_most: int = MOST_EVENTS) -> Json | None:
    """An `EventPage` without payloads, of the events after number `after`; None without such a run."""
    answer: Json | None = await door.read_value("run_events", run_id=run_id, after=after, at_most=at_most)
    return answer


async def run_of_trace(door: Door, trace_id: str) -> str | None:
    """The id of the run that a trace belongs to."""
    answer: str | None = await door.read_value("run_of_trace", trace_id=trace_id)
    return answer


async def trace_events(door: Door, trace_id: str, after: int = 0, at_most: int = MOST_EVENTS) -> Json | None:
    """As `run_events`, of one trace: a run that waited for an approval has two."""
    answer: Json | None = await door.read_value(
        "trace_events", trace_id=trace_id, after=after, at_most=at_most
    )
    return answer


async def event_detail(door: Door, run_id: UUID, seq: int) -> Json | None:
    """One `AgentEvent` with its payload."""
    answer: Json | None = await door.read_value("event_detail", run_id=run_id, seq=seq)
    return answer


async def step_events(door: Door, step_id: str) -> list[Json]:
    """The events of one step (a span, by its id), with their payloads."""
    answer: list[Json] = await door.read_value("step_events", step_id=step_id)
    return answer


async def events_after(door: Door, after: str | None, at_most: int = MOST_EVENTS) -> Json:
    """What has come to the salon's stream after a cursor, oldest first; without one, only where its end is.

    An object of `cursor` (where to read on), `events` (each a `cursor` with an `event`), `more` (to be had at
    once) and `lost` (the stream no longer reaches back so far: `cursor` is its end).
    """
    answer: Json = await door.read_value("events_after", after=after, at_most=at_most)
    return answer


async def run_export(
    door: Door, run_id: UUID, after: int = 0, at_most: int = MOST_WHOLE_EVENTS
) -> Json | None:
    """As `run_events`, with payloads."""
    answer: Json | None = await door.read_value("run_export", run_id=run_id, after=after, at_most=at_most)
    return answer


async def list_bot_runs(door: Door, at_most: int = 100, before: str | None = None) -> Json:
    """A `RunPage` of the bot's own runs, newest first. A page may be short, or empty, and have a next one."""
    answer: Json = await door.read_value("list_bot_runs", at_most=at_most, before=before)
    return answer


async def bot_run_events(
    door: Door, run_key: str, after: int = 0, at_most: int = MOST_WHOLE_EVENTS
) -> Json | None:
    """An `EventPage` of one of the bot's own runs, with payloads; None for a run that is not there."""
    answer: Json | None = await door.read_value(
        "bot_run_events", run_key=run_key, after=after, at_most=at_most
    )
    return answer
