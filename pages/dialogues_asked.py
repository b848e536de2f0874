"""What the list of dialogues is asked for, and its addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from components.viewer import Viewer, Visit, salon_url
from queries.dialogue_filters import Filters
from queries.dialogues import LAST_PAGE, PAGE_ROWS, Place, Sort


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters, and a page of what passes them. `first` is the number of the page's first row, where known."""

    filters: Filters
    place: Place
    first: int | None = 0

    @classmethod
    def from_visit(cls, visit: Visit) -> Asked:
        """What the page's address asks for. Raises `Invalid` for nonsense."""
        place = Place.from_query(visit.query)
        is_first = place.after is None and place.before is None
        return cls(Filters.from_query(visit.query, visit.period), place, 0 if is_first else None)

    @property
    def query(self) -> dict[str, str]:
        """What the list's address says to ask for this."""
        return {**self.filters.as_query(), **self.place.as_query()}

    @property
    def whole_query(self) -> dict[str, str]:
        """The same without the page: the whole list in its order."""
        return {**self.filters.as_query(), **Place(self.place.sort).as_query()}

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the period is asked for."""
        return self.filters != Filters(self.filters.period)

    def url(self, viewer: Viewer, page: str = "dialogues") -> str:
        """The address."""
        return salon_url(viewer.tenant.tenant_id, page, self.query)

    def filtered(self, **changes: Any) -> Asked:
        """With other filters, from the first page on."""
        return Asked(replace(self.filters, **changes), Place(self.place.sort))

    def searched(self, text: str) -> Asked:
        """With another search. Raises `Invalid` for what cannot be searched for."""
        query: Mapping[str, str] = {**self.filters.as_query(), "q": text}
        return Asked(Filters.from_query(query, self.filters.period), Place(self.place.sort))

    def unfiltered(self) -> Asked:
        """Everything of the period."""
        return Asked(Filters(self.filters.period), Place(self.place.sort))

    def sorted_by(self, sort: Sort) -> Asked:
        """In another order, from the first page on."""
        return Asked(self.filters, Place(sort))

    def last_page(self) -> Asked:
        """The end of the list."""
        return Asked(self.filters, Place(self.place.sort, before=LAST_PAGE), None)

    def first_page(self) -> Asked:
        """The beginning of the list."""
        return Asked(self.filters, Place(self.place.sort))

    def beside(self, place: Place, first: int | None) -> Asked:
        """The page after or before the one whose first row has the number `first`."""
        if first is None:
            return Asked(self.filters, place, None)
        step = PAGE_ROWS if place.after is not None else -PAGE_ROWS
        return Asked(self.filters, place, max(first + step, 0))
