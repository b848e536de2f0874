"""The search in what agents told: in names, texts and payloads of events, of all runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from data import Door
from models import Model
from queries.runs import Json, StatusName

MOST_HITS = 100
MOST_CHARACTERS = 400
"""Of what is searched for."""


class EventHit(Model):
    """One event in which it was found, and its run."""

    run_id: str
    run_name: str
    run_status: StatusName
    agent: str | None = None
    seq: int
    at: datetime
    kind: str
    phase: str
    status: StatusName
    name: str
    source: str | None = None
    excerpt: str = Field(description="Some 160 characters around the first hit: plain text, on one line.")
    hits: Sequence[tuple[int, int]] = Field(
        description="Where in it words were found: the first character, from 0, and the one after the last. "
        "Characters are Unicode code points."
    )


class HitPage(Model):
    """Events in which all words were found: of the newest runs first, and of a run its newest first."""

    events: Sequence[EventHit]
    next_cursor: str | None = Field(
        None, description="There is more, or more to look through: a page may be empty and have one."
    )
    is_partial: bool = Field(
        description="So much has come lately that not all of it could be looked through yet."
    )


async def search_events(
    door: Door, typed: str, at_most: int = MOST_HITS, before: str | None = None, status: str | None = None
) -> Json:
    """A `HitPage`; `before` is the `next_cursor` of the page before, `status` that of the runs.

    Raises `NotAllowed` without the right to see runs, `Invalid` for a bad cursor, and where there is no word
    to search for, or more than can be.
    """
    # No database takes U+0000, and it is in no word.
    answer: Json = await door.read_value(
        "search_events", typed=typed.replace("\0", " "), at_most=at_most, before=before, status=status
    )
    return answer
