"""The line above every page: its name, and how fresh it is."""

from __future__ import annotations

from typing import Literal

from nicegui import ui

from components.labelled_icon import LabelledIcon
from components.tag import tag
from i18n import Translator

State = Literal["live", "polling", "late", "read"]
ICONS: dict[State, str] = {"live": "circle", "polling": "sync", "late": "sync_problem", "read": "sync"}


class PageHead:
    """The title, and at its end how fresh the page is."""

    def __init__(self, tr: Translator) -> None:
        self._tr = tr
        with tag("div", classes="page-head") as self._line:
            self._title = tag("h1", classes="page-title grow").props("aria-live=polite")
            self._freshness = LabelledIcon("sync").classes("freshness muted").mark("freshness")
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

    def show_freshness(self, state: State, words: str, title: str = "") -> None:
        """Say how fresh the page is; `title` explains it.

        A clock time stays true when the connection is lost; a counted age would not.
        """
        self._freshness.set_visibility(bool(words))
        self._freshness.classes(replace=f"freshness muted is-{state}")
        self._freshness.put(icon=ICONS[state], words=words, title=title)
