"""What happens in the salon's dialogues right now, as one stream that is read on from a place in it."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias
from uuid import UUID

from data import Door
from models import Model

Place: TypeAlias = tuple[int, int]
"""Where a row stands: its transaction and its number. Rows are ordered by it."""

_PLACE = re.compile(r"([0-9]{1,19}):([0-9]{1,18})")


class FeedRow(Model):
    """A message, or a dialogue that has begun, booked or ended. Labels are as the bot wrote them.

    A message without `text` has been removed from the bot's history.
    """

    place: str
    kind: Literal["message", "started", "booked", "ended"]
    at: datetime
    session_id: UUID | None = None
    client_name: str | None = None
    channel: str | None = None
    role: str | None = None
    text: str | None = None
    is_cut: bool = False
    status: str | None = None
    booking_at: datetime | None = None
    booking_amount: Decimal | None = None
    booking_currency: str | None = None


class Feed(Model):
    """A piece of the stream, oldest first; see `read`."""

    rows: tuple[FeedRow, ...]
    cursor: str
    more: bool
    lost: bool


async def read(door: Door, after: str | None, at_most: int) -> Feed:
    """The rows after a place, or the last ones without it; at most 500.

    `cursor` is where to read on, and `more` says that there is more at once. `lost` says that the place is
    none of this database any more, as after a restored backup: then these are the last rows, too.
    Raises `AppError`.
    """
    return Feed.model_validate(await door.read_value("live_feed", after=after, at_most=at_most))


def parse_place(text: object) -> Place | None:
    """The place that a text names; None if it names none."""
    found = _PLACE.fullmatch(text) if isinstance(text, str) else None
    return (int(found[1]), int(found[2])) if found else None
