"""Which days are shown: some usual spans, or any two days."""

from __future__ import annotations

from datetime import date

from nicegui import ui

from components import period as periods
from components.buttons import button
from components.menu import menu
from components.period import Period
from components.tag import icon, tag
from components.viewer import Viewer, salon_url
from components.wording import error_texts
from errors import Invalid
from i18n import Translator


class PeriodPicker:
    """A button with the period's name, and a menu of links to the same page with another one."""

    def __init__(self, tr: Translator) -> None:
        self._tr = tr
        with tag("button", classes="picker") as self._button:
            icon("calendar_today", "picker-icon")
            self._label = tag("span", classes="picker-name wide-only")
            self._short_label = tag("span", classes="picker-name narrow-only")
            icon("expand_more")
            with menu(self._button, tr.t("Choose a period"), align_right=True) as self._menu:
                self._content = tag("div", classes="menu-list")

    def hide(self) -> None:
        """The open page has nothing to do with days."""
        self._button.set_visibility(False)

    def show(self, viewer: Viewer, page: str, current: Period) -> None:
        """Show a period; the links lead to the same page with another one."""
        words = periods.label(current, self._tr)
        self._button.set_visibility(True)
        self._label.set_text(words)
        self._short_label.set_text(periods.short_label(current, self._tr))
        self._button.props["aria-label"] = self._tr.t("Period: {period}", period=words)
        with self._content.clear():
            for name in periods.PRESETS:
                self._preset(viewer, page, periods.preset(name, viewer.today), current)
            tag("hr", classes="menu-line")
            self._custom(viewer, page, current)

    def _preset(self, viewer: Viewer, page: str, offered: Period, current: Period) -> None:
        address = salon_url(viewer.tenant.tenant_id, page, offered.query)
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
            ui.navigate.to(salon_url(viewer.tenant.tenant_id, page, wanted.query))

        with tag("div", classes="menu-form"):
            first = _day_field(self._tr.t("From"), current.first, viewer.today)
            last = _day_field(self._tr.t("To"), current.last, viewer.today)
            problem = tag("p", classes="field-error").props("role=alert")
            button(self._tr.t("Show"), apply)


def _day_field(label: str, value: date, latest: date) -> ui.input:
    field = ui.input(label, value=value.isoformat()).classes("field")
    field.props(f"type=date outlined dense stack-label max={latest.isoformat()}")
    return field
