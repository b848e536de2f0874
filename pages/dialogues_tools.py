"""What can be done with the whole list: another order, and taking it along as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from components.lazy_menu import LazyMenu
from components.moving_link import moving_link
from components.tag import icon, tag
from components.viewer import Viewer, salon_url
from i18n import Translator
from pages.dialogues_asked import Asked
from queries import dialogues
from queries.dialogues import Sort


class SortMenu:
    """A button that says the order, and a menu of the others: a phone has no headings to press."""

    def __init__(self, viewer: Viewer, asked: Callable[[], Asked], on_show: Callable[[Asked], Any]) -> None:
        self._viewer = viewer
        self._asked = asked
        self._on_show = on_show
        with tag("button", classes="sort-button") as opener:
            icon("sort")
            self._label = tag("span")
            words = viewer.tr.t("Order")
            self._menu = LazyMenu(viewer.tr, opener, words, _nothing, self._draw, align_right=True)

    def show(self, asked: Asked) -> None:
        """Say what the list is ordered by."""
        self._label.set_text(_sorts(self._viewer.tr)[asked.place.sort])

    def _draw(self, _: None) -> None:
        current = self._asked()
        for sort, words in _sorts(self._viewer.tr).items():
            wanted = current.sorted_by(sort)
            with moving_link(
                "", wanted.url(self._viewer), partial(self._choose, wanted), "menu-link"
            ) as made:
                tag("span", words, "grow")
                if sort == current.place.sort:
                    icon("check")
                    made.attribute("aria-current", "true")

    def _choose(self, wanted: Asked) -> Any:
        self._menu.close()
        return self._on_show(wanted)


def export_menu(viewer: Viewer, asked: Callable[[], Asked]) -> None:
    """A button with a menu of the file formats; it says how much there will be in a file."""
    tr = viewer.tr

    async def read() -> int:
        return await dialogues.count(viewer.door, asked().filters)

    def draw(total: int) -> None:
        note = tr.n(
            "{count} dialogue: all that is filtered.", "{count} dialogues: all that is filtered.", total
        )
        tag("p", note, "menu-note")
        for kind, words in (("csv", tr.t("CSV file")), ("xlsx", tr.t("Excel workbook (XLSX)"))):
            address = salon_url(viewer.tenant.tenant_id, f"dialogues/export.{kind}", asked().whole_query)
            with tag("a", classes="menu-link").attribute("href", address).props("target=_blank") as made:
                icon("table_view" if kind == "xlsx" else "description")
                tag("span", words, "grow")
            made.on("click", menu.close, [])

    with tag("button", classes="button button-quiet tool") as opener:
        opener.attribute("aria-label", tr.t("Export"))
        icon("download")
        tag("span", tr.t("Export"), "wide-only")
        menu = LazyMenu(tr, opener, tr.t("Export"), read, draw, align_right=True)


def _sorts(tr: Translator) -> dict[Sort, str]:
    return {
        "-started": tr.t("Newest first"),
        "started": tr.t("Oldest first"),
        "-activity": tr.t("Last message: newest first"),
        "-messages": tr.t("Most messages first"),
        "-amount": tr.t("Highest amount first"),
        "-reply": tr.t("Slowest first reply first"),
        "activity": tr.t("Last message: oldest first"),
        "messages": tr.t("Fewest messages first"),
        "amount": tr.t("Lowest amount first"),
        "reply": tr.t("Fastest first reply first"),
    }


async def _nothing() -> None:
    """The orders are known without reading."""
