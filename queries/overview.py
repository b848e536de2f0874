"""The overview: every figure of a period, counted by the database over the salon's own days.

`docs/metrics.md` gives the formula of each. `None` means that a figure is not known or not defined: never
zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from data import Door
from models import Model


class Metric(StrEnum):
    """A figure on a card."""

    DIALOGUES = "dialogues"
    BOOKINGS = "bookings"
    CONVERSION = "conversion"
    REVENUE = "revenue"
    AVERAGE_TICKET = "average_ticket"
    NEW_CLIENTS = "new_clients"
    RETURNING_CLIENTS = "returning_clients"
    FIRST_REPLY_MS = "first_reply_ms"
    ESCALATED = "escalated"
    ACTIVE_NOW = "active_now"


class Stage(StrEnum):
    """A step of the way from a first word to a visit; who reached one has passed those before it."""

    DIALOGUE = "dialogue"
    INTENT = "intent"
    SERVICE = "service"
    SLOT = "slot"
    BOOKED = "booked"
    VISITED = "visited"


class Figure(Model):
    """One figure of the period and of the period of equal length just before.

    `spark` has one value for each of the overview's `points` (none for `active_now`, which has no past).
    `detail` tells what the figure leaves out or could not read.
    """

    current: Decimal | None
    previous: Decimal | None
    spark: Sequence[Decimal | None] = ()
    detail: dict[str, Any] = Field(default_factory=dict)


class Point(Model):
    """One local day of the salon, or one local hour of the only day.

    `at` is `2026-11-20` or `2026-11-20T13:00`. An hour that a change of clocks skips has nothing in it, one
    that it repeats has both.
    """

    at: str
    dialogues: int
    bookings: int
    revenue: Decimal

    @property
    def day(self) -> date:
        """The local day."""
        return date.fromisoformat(self.at[:10])

    @property
    def hour(self) -> int | None:
        """The local hour, 0 to 23, or None when the point is a whole day."""
        return int(self.at[11:13]) if len(self.at) > 10 else None


class FunnelStage(Model):
    """How many of the dialogues that began in the period (and in the one before) came at least this far."""

    stage: Stage
    count: int
    previous: int


class Funnel(Model):
    """The way of the period's dialogues to a booking.

    `visited_known` counts the booked whose visit day is past and about which anything is known;
    `unrecognised_status` and `unrecognised_drop_off` the dialogues with values that nobody here knows.
    """

    stages: Sequence[FunnelStage]
    visited_known: int
    unrecognised_status: int
    unrecognised_drop_off: int


class Slice(Model):
    """The dialogues that share a service, a staff member or a channel; `key` is as the bot wrote it."""

    key: str
    name: str | None = None
    dialogues: int
    bookings: int
    revenue: Decimal


class Breakdown(Model):
    """The ten greatest slices, how many `others` there are, and the dialogues `without` any."""

    rows: Sequence[Slice]
    others: int
    without: int


class Saved(Model):
    """What the bot took off people's hands."""

    replies: int
    seconds_per_reply: int
    hours: Decimal
    outside_bookings: int
    opens_at: time
    closes_at: time
    stayed: int
    stayed_of: int


class Overview(Model):
    """The whole page, read at one moment."""

    time_zone: str
    currency: str
    has_dialogues: bool
    """Whether the salon has ever had one: what tells a new salon from a quiet month."""
    kpis: dict[Metric, Figure]
    points: Sequence[Point]
    funnel: Funnel
    services: Breakdown
    staff: Breakdown
    channels: Breakdown
    heat: Sequence[Sequence[int]]
    """Dialogues by local start: seven rows, Monday to Sunday, of 24 hours."""
    saved: Saved


class SalonFigures(Model):
    """A salon beside the others, each by its own calendar and in its own currency."""

    tenant_id: UUID
    name: str
    time_zone: str
    currency: str
    dialogues: int
    bookings: int
    conversion: Decimal | None
    revenue: Decimal
    previous_dialogues: int
    previous_bookings: int
    previous_conversion: Decimal | None
    previous_revenue: Decimal


async def read(door: Door, first: date, last: date) -> Overview:
    """The overview of the salon's days from `first` to `last`.

    Raises `Invalid` for a period that is reversed or longer than three years.
    """
    document = await door.read_value("overview", from_day=first, to_day=last)
    return Overview.model_validate(document)


async def salons(door: Door, first: date, last: date) -> list[SalonFigures]:
    """Every salon whose overview the signed-in person may read, by name."""
    return await door.read("salons_overview", SalonFigures, from_day=first, to_day=last)
