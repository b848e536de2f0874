"""The filters above the list: a button for each, and chips for what links have set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from components.checklist import checklist
from components.dialogue_words import stage_label
from components.filter_pill import FilterPill
from components.moving_link import moving_link
from components.tag import foreign, icon, tag
from components.viewer import Viewer
from i18n import Translator
from pages.dialogues_asked import Asked
from pages.dialogues_chips import active_words, chips, clients_words, stayed_words
from pages.dialogues_fields import Field, fields
from queries import dialogues
from queries.dialogues import Facets

Show = Callable[[Asked], Any]


class FilterBar:
    """`on_show` is called with what the reader wants to see now."""

    def __init__(self, viewer: Viewer, asked: Asked, on_show: Show) -> None:
        self._viewer = viewer
        self._asked = asked
        self._on_show = on_show
        self._client_name = ""
        tr = viewer.tr
        self._fields = fields(tr)
        self._pills: dict[str, FilterPill] = {}
        with tag("div", classes="filter-bar").props("role=group").attribute("aria-label", tr.t("Filters")):
            self._build()
        self.show(asked)

    def _build(self) -> None:
        tr = self._viewer.tr
        with tag("div", classes="filters"):
            for field in self._fields:
                self._pills[field.name] = self._field_pill(field)
            self._booked = FilterPill(
                tr, tr.t("Booking"), self._nothing, self._draw_booked, partial(self._set, booked=None)
            )
            self._more = FilterPill(tr, tr.t("More"), self._nothing, self._draw_more, lambda: None)
        self._chips = tag("div", classes="chips")

    def show(self, asked: Asked) -> None:
        """Show other filters."""
        self._asked = asked
        for field in self._fields:
            self._pills[field.name].show(field.words(asked.filters))
        self._booked.show(booked_words(asked.filters.booked, self._viewer.tr))
        self._draw_chips()

    def name_client(self, name: str) -> None:
        """Say whose dialogues they are, once that is known."""
        if name != self._client_name:
            self._client_name = name
            self._draw_chips()

    def _set(self, **changes: Any) -> Any:
        return self._on_show(self._asked.filtered(**changes))

    async def _nothing(self) -> None:
        """These choices are known without reading."""

    def _field_pill(self, field: Field) -> FilterPill:
        async def read() -> Facets:
            return await dialogues.facets(self._viewer.door)

        def draw(facets: Facets) -> None:
            options = field.options(facets, self._asked.filters)
            if not options:
                tag("p", self._viewer.tr.t("There is nothing to choose from yet."), "menu-note")
                return
            chosen = field.chosen(self._asked.filters)
            checklist(self._viewer.tr, field.title, options, chosen, apply)

        def apply(values: Sequence[str | None]) -> Any:
            self._pills[field.name].close()
            return self._set(**{field.name: tuple(values)})

        return FilterPill(self._viewer.tr, field.title, read, draw, partial(self._set, **{field.name: ()}))

    def _draw_booked(self, _: None) -> None:
        for booked in (True, False):
            self._choice(self._booked, booked_words(booked, self._viewer.tr), "booked", booked)

    def _draw_more(self, _: None) -> None:
        viewer, tr = self._viewer, self._viewer.tr
        for value in ("yes", "now"):
            self._choice(self._more, active_words(value, viewer), "active", value)
        tag("hr", classes="menu-line")
        for value in ("new", "returning"):
            self._choice(self._more, clients_words(value, viewer), "clients", value)
        tag("hr", classes="menu-line")
        self._choice(self._more, tr.t("Booked outside working hours"), "outside", "yes")
        for stayed in (True, False):
            self._choice(self._more, stayed_words(stayed, viewer), "stayed", stayed)
        tag("hr", classes="menu-line")
        tag("p", tr.t("Came at least as far as"), "menu-note")
        for stage in range(2, 6):
            self._choice(self._more, stage_label(stage, tr), "stage", stage)

    def _choice(self, pill: FilterPill, words: str, field: str, value: object) -> None:
        """One of the filters that have one value: choosing it again takes it off."""
        is_on = getattr(self._asked.filters, field) == value
        wanted = self._asked.filtered(**{field: None if is_on else value})

        def choose() -> Any:
            pill.close()
            return self._on_show(wanted)

        with moving_link("", wanted.url(self._viewer), choose, "menu-link") as made:
            tag("span", words, "grow")
            if is_on:
                icon("check")
        if is_on:
            made.attribute("aria-current", "true")

    def _draw_chips(self) -> None:
        asked, tr = self._asked, self._viewer.tr
        with self._chips.clear():
            for chip in chips(asked.filters, self._viewer, self._client_name):
                wanted = asked.filtered(**{chip.field: None})
                with moving_link(
                    "", wanted.url(self._viewer), partial(self._on_show, wanted), "chip"
                ) as made:
                    tag("span", chip.text)
                    if chip.foreign:
                        foreign(chip.foreign, "strong")
                    icon("close")
                name = f"{chip.text} {chip.foreign}".strip()
                made.attribute("aria-label", tr.t("Remove the filter “{name}”", name=name))
            if asked.is_filtered:
                nothing = asked.unfiltered()
                moving_link(
                    tr.t("Clear all"),
                    nothing.url(self._viewer),
                    partial(self._on_show, nothing),
                    "link chip-all",
                )
        self._chips.set_visibility(asked.is_filtered)


def booked_words(booked: bool | None, tr: Translator) -> str:
    """What the filter of bookings is set to."""
    if booked is None:
        return ""
    return tr.t("With a booking") if booked else tr.t("Without a booking")
