"""The line above every page: its name, and how fresh it is."""

from __future__ import annotations

from nicegui import ui

from components.tag import icon, tag
from i18n import Translator


class PageHead:
    """The title, and the time of the last reading at its end."""

    def __init__(self, tr: Translator) -> None:
        self._tr = tr
        with tag("div", classes="page-head") as self._line:
            self._title = tag("h1", classes="page-title grow").props("aria-live=polite")
            with tag("p", classes="freshness muted").mark("freshness") as self._freshness:
                self._icon = icon("sync")
                self._age = tag("span")
        self.hide()

    def show(self, title: str, salon: str) -> None:
        """Name the page, in the browser's tab too."""
        self._line.set_visibility(True)
        self._title.set_text(title)
        self._freshness.set_visibility(False)
        ui.page_title(f"{title} · {salon} · Agent P")

    def hide(self, title: str = "") -> None:
        """Leave the place to a page that says everything itself."""
        self._line.set_visibility(False)
        ui.page_title(" · ".join(part for part in (title, "Agent P") if part))

    def show_freshness(self, read_at: str | None, *, succeeded: bool) -> None:
        """Say when everything on the page was last read.

        A clock time stays true when the connection is lost; a counted age would not.
        """
        self._freshness.set_visibility(read_at is not None or not succeeded)
        self._freshness.classes(add="is-late" if not succeeded else "", remove="is-late" if succeeded else "")
        self._icon.set_name("sync" if succeeded else "sync_problem")
        if succeeded and read_at:
            self._age.set_text(self._tr.t("Updated at {time}", time=read_at))
        elif read_at:
            self._age.set_text(self._tr.t("Not updated since {time}", time=read_at))
        else:
            self._age.set_text(self._tr.t("Not updated yet"))
