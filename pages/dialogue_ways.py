"""The ways from a dialogue: back to the list that it was opened from, and on to its neighbours there."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from components.buttons import link
from components.dialogue_links import LIST
from components.stepper import Stepper
from components.tag import icon, tag
from components.viewer import Viewer, Visit, salon_url
from components.wording import as_app_error
from errors import Invalid
from queries import dialogue
from queries.dialogues import DialogueRow, Filters, Place

PAGE = "dialogue"
OWN_QUERY = ("id", "at")
"""What of the address is the dialogue's own; the rest is the list's."""


def dialogue_url(viewer: Viewer, session_id: UUID, query: Mapping[str, str], at: str) -> str:
    """The page of a dialogue that stands at the place `at` of the list with this query."""
    return salon_url(viewer.tenant.tenant_id, PAGE, {"id": str(session_id), "at": at, **query})


class Ways:
    """Drawn in the current slot. The neighbours are read at each beat of the page, as the list moves."""

    def __init__(self, viewer: Viewer, visit: Visit) -> None:
        self._viewer = viewer
        self._query = {name: value for name, value in visit.query.items() if name not in OWN_QUERY}
        self._period = visit.period
        self._at = visit.query.get("at", "")
        tr = viewer.tr
        with tag("div", classes="dialogue-ways"):
            with link("", salon_url(viewer.tenant.tenant_id, LIST, self._query), "link-back"):
                icon("arrow_back")
                tag("span", tr.t("Back to the list"))
            name = tr.t("Dialogues beside this one")
            self._stepper = Stepper(tr, name, tr.t("Previous dialogue"), tr.t("Next dialogue"))
        # an address that was written by hand is of no list: there is nothing before it and nothing after
        self._stepper.set_visibility(bool(self._at))
        if self._at:
            visit.pulse.add(self._find_neighbours)

    async def _find_neighbours(self) -> bool:
        try:
            filters = Filters.from_query(self._query, self._period)
            sort = Place.from_query(self._query).sort
            found = await dialogue.neighbours(self._viewer.door, filters, sort, self._at)
        except Invalid:
            self._stepper.set_visibility(False)
            return True
        except Exception as error:  # noqa: BLE001 - logged; the ways that are shown still lead somewhere
            as_app_error(error, "reading the dialogues beside one")
            return False
        self._stepper.show(self._address(found.previous), self._address(found.following))
        return True

    def _address(self, row: DialogueRow | None) -> str | None:
        return None if row is None else dialogue_url(self._viewer, row.session_id, self._query, row.cursor)
