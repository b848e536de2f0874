"""Which days are shown: some usual spans, or any two days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from nicegui import ui

from components import period as periods
from components.buttons import button
from components.lazy_menu import LazyMenu
from components.period import Period
from components.picker import Picker
from components.tag import icon, tag
from components.viewer import Route, Viewer, salon_url
from components.wording import error_texts
from errors import Invalid
from i18n import Translator

Shown = tuple[Viewer, Route, Period]
"""Whose page, and which days it shows."""


class PeriodPicker:
    """A button with the period's name, and a menu of links to the same page with another one."""

    def __init__(self, tr: Translator) -> None:
        self._tr = tr
        self._shown: Shown | None = None
        self._others: Mapping[str, str] = {}
        with Picker("calendar_today", "expand_more") as self._button:
            self._menu = LazyMenu(
                tr, self._button, tr.t("Choose a period"), self._read_shown, self._draw, align_right=True
            )

    def hide(self) -> None:
        """The open page has nothing to do with days."""
        self._button.set_visibility(False)

    def show(self, viewer: Viewer, route: Route, current: Period, others: Mapping[str, str]) -> None:
        """Show a period; the links lead to the same page with another one.

        `others` is what else the page's address says, and goes on saying.
        """
        self._others = others
        words = periods.label(current, self._tr)
        self._button.set_visibility(True)
        read_out = self._tr.t("Period: {period}", period=words)
        self._button.show(words, read_out, short=periods.short_label(current, self._tr))
        self._shown = (viewer, route, current)

    async def _read_shown(self) -> Shown | None:
        return self._shown

    def _draw(self, shown: Shown | None) -> None:
        if shown is None:
            return
        viewer, route, current = shown
        page = route.path
        for name in periods.PRESETS:
            self._preset(viewer, page, periods.preset(name, viewer.today), current)
        if route.has_all_time:
            self._preset(viewer, page, periods.all_time(viewer.today), current)
        tag("hr", classes="menu-line")
        self._custom(viewer, page, current)

    def _preset(self, viewer: Viewer, page: str, offered: Period, current: Period) -> None:
        address = self._address(viewer, page, offered)
        with tag("a", classes="menu-link").attribute("href", address) as link:
            tag("span", periods.label(offered, self._tr), "grow")
            if offered == current:
                icon("check")
        if offered == current:
            link.attribute("aria-current", "true")
        link.on("click", self._menu.close, [])

    def _custom(self, viewer: Viewer, page: str, current: Period) -> None:
        def apply() -> None:
            try:
                wanted = periods.chosen(first.value or "", last.value or "", viewer.today)
            except Invalid as error:
                problem.set_text(" ".join(error_texts(error, self._tr)))
                return
            self._menu.close()
            ui.navigate.to(self._address(viewer, page, wanted))

        # all time has no first day that anybody would start from
        shown = periods.preset(periods.DEFAULT, viewer.today) if current.is_all_time else current
        with tag("div", classes="menu-form"):
            first = _day_field(self._tr.t("From"), shown.first, viewer.today)
            last = _day_field(self._tr.t("To"), shown.last, viewer.today)
            problem = tag("p", classes="field-error").props("role=alert")
            button(self._tr.t("Show"), apply)

    def _address(self, viewer: Viewer, page: str, wanted: Period) -> str:
        return salon_url(viewer.tenant.tenant_id, page, {**wanted.query, **self._others})


def _day_field(label: str, value: date, latest: date) -> ui.input:
    field = ui.input(label, value=value.isoformat()).classes("field")
    field.props(f"type=date outlined dense stack-label max={latest.isoformat()}")
    return field
