"""The log of what has changed in a salon, and the signs of life that the panel sends itself.

All of it is asked with tokens of the role `dashboard_live`, which sees no row of a salon.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from data import Door
from models import Model


class Stream(StrEnum):
    """What a change may be of. The log has the first ten; of the others only Realtime tells."""

    DIALOGUES = "dialogues"
    MESSAGES = "messages"
    ANNOTATIONS = "annotations"
    FILTERS = "filters"
    MEMBERS = "members"
    TENANT = "tenant"
    JOBS = "jobs"
    AUDIT = "audit"
    RUNS = "runs"
    COMMANDS = "commands"
    CLIENTS = "clients"
    WISHLIST = "wishlist"
    CLOCK = "clock"
    """Figures that time alone changes, such as who is active now."""


class Change(Model):
    """Something to read again. Without a session it concerns all of the stream."""

    id: int = 0
    stream: Stream
    kind: Literal["changed", "started", "ended", "booked", "message"] = "changed"
    session_id: UUID | None = None
    message_id: int | None = None
    at: datetime | None = None


class News(Model):
    """What a look at the log found. `early` changes are told again, in their order, once they are settled."""

    cursor: str
    changes: Sequence[Change]
    early: Sequence[Change]
    more: bool
    lost: bool


async def after(door: Door, cursor: str | None) -> News:
    """What has changed after a place in the log; without one, its present end. Raises `AppError`."""
    return News.model_validate(await door.read_value("changes_after", after=cursor))


async def ring_canary(door: Door, beat: int) -> None:
    """Send a sign of life to the topic of the door's salon. Raises `AppError`."""
    await door.call("ring_canary", beat=beat)


async def touch_canary(door: Door, canary: UUID, beat: int) -> None:
    """Change the panel's own row, for Realtime to tell of. Raises `AppError`."""
    await door.call("touch_canary", canary=canary, beat=beat)


async def published_tables(door: Door) -> list[str]:
    """The bot's tables of which Realtime tells. Raises `AppError`."""
    return [str(name) for name in await door.read_value("published_tables")]
