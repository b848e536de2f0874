"""The salon's dialogues, going on and ended: searched, filtered, sorted, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from components import states
from components.focus import go_on_from, scroll_to
from components.notices import not_done
from components.pager import Pager, Turn
from components.records import Records, pack
from components.search_field import SearchField
from components.tag import tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from components.wording import error_texts
from errors import Invalid
from pages.dialogues_asked import Asked
from pages.dialogues_bar import FilterBar
from pages.dialogues_empty import draw_empty, draw_problem
from pages.dialogues_saved import SavedFilters
from pages.dialogues_table import columns, record, sort_after_press
from pages.dialogues_tools import SortMenu, export_menu
from queries import dialogues
from queries.dialogue_filters import Filters
from queries.dialogues import Place


@dataclass(frozen=True, slots=True)
class Reading:
    """What was asked for, and what is kept of the answer; `problem` says why there can be none.

    `rows` are packed for the table: as objects they would weigh more than all the rest of an open tab.
    """

    asked: Asked
    rows: str = "[]"
    on_page: int = 0
    total: int = 0
    previous: Place | None = None
    following: Place | None = None
    has_any: bool = True
    client_name: str = ""
    problem: tuple[str, str] | None = None


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    try:
        asked = Asked.from_visit(visit)
    except Invalid as error:
        message, advice = error_texts(error, viewer.tr)
        everything = salon_url(viewer.tenant.tenant_id, visit.page, visit.period.query)
        with tag("div", classes="card"):
            states.no_match(message, advice, action=(viewer.tr.t("All dialogues of the period"), everything))
        return
    DialoguesPage(viewer, visit, asked)


class DialoguesPage:
    """One opened list. Filters, order and page change in place, and the address with them."""

    def __init__(self, viewer: Viewer, visit: Visit, asked: Asked) -> None:
        self._viewer = viewer
        self._visit = visit
        self._asked = asked
        self._is_searching = False
        tr = viewer.tr
        dialogs = tag("div", classes="dialogs")
        with tag("div", classes="list-tools"):
            self._search = SearchField(
                label=tr.t("Search in the messages"),
                placeholder=tr.t("Search in the messages"),
                clear_label=tr.t("Clear the search"),
                value=asked.filters.q or "",
                on_search=self._find,
            )
            SavedFilters(viewer, lambda: self._asked, dialogs)
            export_menu(viewer, lambda: self._asked)
        self._bar = FilterBar(viewer, asked, self.show)
        with tag("div", classes="list-head"):
            self._total = tag("h2", classes="list-total").props("aria-live=polite tabindex=-1")
            self._sort = SortMenu(viewer, lambda: self._asked, self.show)
        self._sort.show(asked)
        self._widget = Widget(viewer, visit, self._read, self._draw, height="560px")

    async def show(self, asked: Asked) -> None:
        """Show something else in place of what is shown."""
        self._is_searching = False
        await self._change(asked)
        go_on_from(self._total)

    async def _turn_to(self, asked: Asked) -> None:
        """Show another page of the list, from its top."""
        scroll_to(self._total)
        await self.show(asked)

    async def _find(self, text: str) -> None:
        """Search for what was typed. While one goes on typing, the back button passes over the half-typed."""
        try:
            asked = self._asked.searched(text)
        except Invalid as error:
            not_done(self._viewer.tr, error)
            return
        was_searching, self._is_searching = self._is_searching, True
        await self._change(asked, replaces=was_searching)

    async def _change(self, asked: Asked, *, replaces: bool = False) -> None:
        self._asked = asked
        self._visit.move(asked.query, replace=replaces)
        self._bar.show(asked)
        self._sort.show(asked)
        self._search.show(asked.filters.q or "")
        self._widget.ask_anew()
        await self._visit.pulse.ring()

    async def _read(self) -> Reading:
        asked, door = self._asked, self._viewer.door
        try:
            page, total = await asyncio.gather(
                dialogues.page(door, asked.filters, asked.place), dialogues.count(door, asked.filters)
            )
        except Invalid as error:
            return Reading(asked, problem=error_texts(error, self._viewer.tr))
        everything = Filters(None)
        has_any = total > 0 or (asked.filters != everything and await dialogues.count(door, everything) > 0)
        return Reading(
            asked,
            pack([record(row, self._viewer, asked) for row in page.rows]),
            len(page.rows),
            total,
            page.previous,
            page.following,
            has_any,
            client_name=(page.rows[0].client_name or "") if page.rows and asked.filters.client else "",
        )

    def _draw(self, reading: Reading) -> Callable[[Reading], None]:
        tr = self._viewer.tr
        with tag("div", classes="card card-flush dialogues") as card:
            table = Records(tr.t("Dialogues"), self._sort_by)
        pager = Pager(tr, tr.t("Pages of the list"))
        instead = tag("div", classes="card")

        def update(newer: Reading) -> None:
            asked, has_rows = newer.asked, newer.on_page > 0
            card.set_visibility(has_rows)
            instead.set_visibility(not has_rows)
            with instead.clear():
                if newer.problem is not None:
                    draw_problem(self._viewer, asked, newer.problem, self.show)
                elif not has_rows:
                    draw_empty(self._viewer, asked, newer.total, newer.has_any, self.show)
            table.show(columns(self._viewer, asked), newer.rows)
            self._turn(pager, newer)
            has_total = newer.problem is None and newer.has_any
            self._total.set_text(
                tr.n("{count} dialogue", "{count} dialogues", newer.total) if has_total else ""
            )
            if newer.client_name:
                self._bar.name_client(newer.client_name)

        update(reading)
        return update

    def _sort_by(self, key: str) -> Awaitable[None]:
        return self.show(self._asked.sorted_by(sort_after_press(key, self._asked)))

    def _turn(self, pager: Pager, reading: Reading) -> None:
        asked, tr = reading.asked, self._viewer.tr
        first = asked.first
        if reading.previous is None:
            first = 0
        elif reading.following is None:
            first = reading.total - reading.on_page
        position = ""
        if reading.on_page and first is not None:
            position = tr.t(
                "{first}–{last} of {total}",
                first=tr.number(first + 1),
                last=tr.number(first + reading.on_page),
                total=tr.number(reading.total),
            )
        pager.show(
            position,
            first=self._way(asked.first_page()) if reading.previous else None,
            previous=self._way(asked.beside(reading.previous, first)) if reading.previous else None,
            following=self._way(asked.beside(reading.following, first)) if reading.following else None,
            last=self._way(asked.last_page()) if reading.following else None,
        )

    def _way(self, asked: Asked) -> Turn:
        return Turn(asked.url(self._viewer), partial(self._turn_to, asked))
