"""The salon's dialogues as a list: pages of it, its true total, and what there is to filter by.

Which dialogues is said by `Filters` (queries/dialogue_filters.py), kept under a name by
queries/saved_filters.py, and linked to by `components.dialogue_links.dialogues_url`. The list is at most a
few seconds behind the bot.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from data import SURELY_WHOLE, Door
from errors import Invalid
from models import Model
from queries.dialogue_facts import DialogueFacts
from queries.dialogue_filters import ALL_TIME, Filters

__all__ = [
    "ALL_TIME", "DEFAULT_SORT", "HIT_ENDS", "HIT_STARTS", "LAST_PAGE", "PAGE_ROWS", "SORTS", "DialogueRow",
    "Facets", "Filters", "Page", "Place", "Sort", "count", "every", "facets", "page",
]  # fmt: skip

PAGE_ROWS = 50
EXPORT_ROWS = 1000
HIT_STARTS, HIT_ENDS = "\ue000", "\ue001"
"""Around each found word in `DialogueRow.hit`. The text itself comes without these characters."""

Sort = Literal[
    "started", "-started", "activity", "-activity", "messages", "-messages", "amount", "-amount",
    "reply", "-reply",
]  # fmt: skip
"""What the list is ordered by; `-` is descending. Dialogues without the value are last in both directions."""
SORTS: tuple[Sort, ...] = get_args(Sort)
DEFAULT_SORT: Sort = "-started"
LAST_PAGE = "end"
"""As `Place.before`: the last page of the list."""


class DialogueRow(DialogueFacts):
    """One dialogue of the list."""

    client_id: UUID | None
    client_name: str | None
    hit: str | None
    """With a search: a piece of the newest message that has it, see `HIT_STARTS`."""
    cursor: str
    """The row's place in the list, for `Place`; good for the same sort only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of the list is open: the rows after a cursor, those before one, or the first."""

    sort: Sort = DEFAULT_SORT
    after: str | None = None
    before: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Place:
        """What an address says. Raises `Invalid` for a sort that does not exist."""
        sort = query.get("sort") or DEFAULT_SORT
        if sort not in SORTS:
            raise Invalid(
                "The address asks for an order that does not exist.",
                code="sort_unknown",
                advice="Choose the order by the head of a column.",
            )
        return cls(sort, query.get("after") or None, query.get("before") or None)

    def as_query(self) -> dict[str, str]:
        """What an address says to mean this; nothing for the first page in the usual order."""
        sort = None if self.sort == DEFAULT_SORT else self.sort
        said = {"sort": sort, "after": self.after, "before": self.before}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of the list in its order, and the places of the pages beside it (None: there is none)."""

    rows: Sequence[DialogueRow]
    previous: Place | None
    following: Place | None


class Facets(Model):
    """The values that there are to filter by, the most frequent first; None: some dialogues have none."""

    status: tuple[str | None, ...]
    intent: tuple[str | None, ...]
    channel: tuple[str | None, ...]
    sentiment: tuple[str | None, ...]
    drop_off: tuple[str | None, ...]
    tags: tuple[str, ...]


async def page(
    door: Door,
    filters: Filters,
    place: Place = Place(),
    rows: int = PAGE_ROWS,
) -> Page:
    """One page of the list.

    Raises `Invalid` for a cursor that is none or another sort's, and for a search that holds no word to look
    for.
    """
    found = await door.read(
        "list_dialogues",
        DialogueRow,
        filters=json.dumps(filters.as_json()),
        sort=place.sort,
        after=place.after,
        before=place.before,
        page_size=rows + 1,
    )
    backwards = place.before is not None
    has_more = len(found) > rows
    shown = (found[-rows:] if backwards else found[:rows]) if has_more else found
    if not shown:
        return Page(shown, None, None)
    has_previous = has_more if backwards else place.after is not None
    has_following = place.before != LAST_PAGE if backwards else has_more
    return Page(
        shown,
        Place(place.sort, before=shown[0].cursor) if has_previous else None,
        Place(place.sort, after=shown[-1].cursor) if has_following else None,
    )


async def count(door: Door, filters: Filters) -> int:
    """How many dialogues the whole list has. Raises `Invalid` as `page` does."""
    return int(await door.read_value("count_dialogues", filters=json.dumps(filters.as_json())))


async def every(
    door: Door, filters: Filters, sort: Sort = DEFAULT_SORT
) -> AsyncIterator[Sequence[DialogueRow]]:
    """The whole list, in batches; an answer that a server cut short loses no row.

    A dialogue that changes its place meanwhile may be given twice or not at all; by `started` none does.
    """
    after: str | None = None
    while True:
        answer = await door.read_value(
            "list_dialogues",
            filters=json.dumps(filters.as_json()),
            sort=sort,
            after=after,
            page_size=EXPORT_ROWS,
        )
        batch = [DialogueRow.model_validate(row) for row in answer]
        if batch:
            yield batch
            after = batch[-1].cursor
        if len(batch) < SURELY_WHOLE:
            return


async def facets(door: Door) -> Facets:
    """What there is to filter by, over all of the salon's dialogues."""
    return Facets.model_validate(await door.read_value("dialogue_facets"))
