"""How fresh the pages of a salon are, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

POLL_SECONDS = 3.0
"""Between two looks while Realtime does not ring."""


class Mode(IntEnum):
    """The better, the higher."""

    OFFLINE = 0
    """The database does not answer: pages keep their last good values."""
    POLLING = 1
    """Pages look by the clock."""
    LIVE = 2
    """Pages hear of a change at once."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A mode and since when it is so; `read_at` is the last look at the log that succeeded."""

    mode: Mode
    since: datetime
    read_at: datetime | None = None


def worse(one: Condition, other: Condition) -> Condition:
    """The condition of what needs both."""
    is_one = one.mode < other.mode or (one.mode == other.mode and one.since >= other.since)
    return replace(one if is_one else other, read_at=one.read_at or other.read_at)
