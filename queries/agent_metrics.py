"""The figures of a period's runs, as the database counts them.

None means that a figure is not known: never zero. Times are within 2.5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from data import Door
from models import Model

Grouping: TypeAlias = Literal["agent", "model", "tool"]
GROUPINGS: tuple[Grouping, ...] = ("model", "agent", "tool")


class Cost(Model):
    """What calls cost whose price is known."""

    currency: str
    amount: Decimal


class _Spent(Model):
    """Money and tokens of some calls: of those that tell."""

    tokens_input: int | None = None
    tokens_output: int | None = None
    unmetered_calls: int = 0
    """Calls that tell no tokens."""
    unpriced_calls: int = 0
    """Calls whose price is not known."""
    costs: Sequence[Cost] = ()
    """By currency; none where no price is known."""


class Totals(_Spent):
    """All runs that began in the period, by how they stand now, and their calls."""

    runs: int
    running: int
    waiting: int
    done: int
    error: int
    stopped: int
    model_calls: int
    tool_calls: int
    failures: int
    tokens_cached: int
    tokens_reasoning: int
    p50_ms: Decimal | None
    p95_ms: Decimal | None
    timed_calls: int
    """Model calls of which it is known how long they took."""


class Approvals(Model):
    """What people were asked, and how they answered: on the page, or as the agent tells."""

    asked: int
    approved: int
    rejected: int
    unclear: int
    """Answers that are neither yes nor no to us."""
    unanswered: int
    """Those that nobody waits for any more: over their time, or of runs that have gone on."""
    open: int
    p50_ms: Decimal | None = None
    """Of the answers: from asking to answering."""


class Point(_Spent):
    """The runs that began in one hour or on one day of the salon."""

    begins_at: datetime
    runs: int
    failures: int
    model_calls: int
    p50_ms: Decimal | None
    p95_ms: Decimal | None


class Row(_Spent):
    """One agent, model or tool; without a name, those that do not tell theirs."""

    name: str | None = None
    runs: int | None = None
    """Of agents only, as are `tool_calls`."""
    calls: int
    tool_calls: int | None = None
    failures: int
    p50_ms: Decimal | None = None
    p95_ms: Decimal | None = None
    max_ms: Decimal | None = None
    approvals: Approvals | None = None
    """Of agents only, and of those that have asked."""


class AgentMetrics(Model):
    """The whole tab, read at one moment."""

    time_zone: str
    unit: Literal["hour", "day"]
    by: Grouping
    has_runs: bool
    """Whether the salon has any run: what tells a new salon from a quiet month."""
    totals: Totals
    approvals: Approvals
    points: Sequence[Point]
    rows: Sequence[Row]
    """The hundred busiest."""
    rows_in_all: int


async def read(door: Door, from_at: datetime, until_at: datetime, by: Grouping) -> AgentMetrics:
    """The figures of the runs that began from one moment until another.

    Raises `Invalid` for a period that is reversed or longer than a year, `NotAllowed` for who may not see it.
    """
    document = await door.read_value(
        "agent_metrics", from_at=from_at.isoformat(), until_at=until_at.isoformat(), by=by
    )
    return AgentMetrics.model_validate(document)
