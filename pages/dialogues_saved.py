"""Filters that the reader keeps under a name."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from nicegui import ui

from components.buttons import button, icon_button
from components.confirm import confirm
from components.lazy_menu import LazyMenu
from components.notices import done
from components.submission import Submission
from components.tag import Tag, foreign, icon, tag
from components.viewer import Viewer, salon_url
from pages.dialogues_asked import Asked
from queries import saved_filters
from queries.saved_filters import SavedFilter

LONGEST_NAME = 60


class SavedFilters:
    """A button with a menu: links to what was kept, and a field to keep what is asked for now.

    `dialogs` is a place that stays when the menu closes.
    """

    def __init__(self, viewer: Viewer, asked: Callable[[], Asked], dialogs: Tag) -> None:
        self._viewer = viewer
        self._asked = asked
        self._dialogs = dialogs
        words = viewer.tr.t("Saved filters")
        with tag("button", classes="button button-quiet tool") as opener:
            opener.attribute("aria-label", words)
            icon("bookmark_border")
            tag("span", viewer.tr.t("Saved"), "wide-only")
            self._menu = LazyMenu(
                viewer.tr,
                opener,
                words,
                lambda: saved_filters.mine(viewer.door),
                self._draw,
                align_right=True,
            )

    def _draw(self, kept: list[SavedFilter]) -> None:
        tr = self._viewer.tr
        if not kept:
            tag("p", tr.t("Nothing is saved yet. What is set now can be kept under a name."), "menu-note")
        for one in kept:
            self._row(one)
        tag("hr", classes="menu-line")
        self._form()

    def _row(self, one: SavedFilter) -> None:
        tr, tenant_id = self._viewer.tr, self._viewer.tenant.tenant_id
        is_open = one.as_query() == self._asked().whole_query
        with tag("div", classes="saved-row"):
            with tag("a", classes="menu-link grow") as made:
                made.attribute("href", salon_url(tenant_id, "dialogues", one.as_query()))
                foreign(one.name, "grow")
                if is_open:
                    icon("check")
            if is_open:
                made.attribute("aria-current", "true")
            made.on("click", self._menu.close, [])
            icon_button(
                "delete_outline",
                tr.t("Remove the saved filter “{name}”", name=one.name),
                lambda: self._ask(one),
            )

    def _form(self) -> None:
        tr = self._viewer.tr
        with tag("div", classes="menu-form"):
            name = ui.input(tr.t("Name of the filter")).classes("field")
            name.props(f"outlined dense maxlength={LONGEST_NAME}")

            async def keep(request_id: UUID) -> SavedFilter:
                query = self._asked().whole_query
                return await saved_filters.save(self._viewer.door, request_id, str(name.value or ""), query)

            def kept(one: SavedFilter) -> None:
                self._menu.close()
                done(tr.t("Saved as “{name}”.", name=one.name))

            submission = Submission(tr, keep, kept)
            submission.problem_place()
            submission.on(button(tr.t("Save what is set now"), weight="primary"))
            name.on("keydown.enter", submission.send, [])

    def _ask(self, one: SavedFilter) -> None:
        tr = self._viewer.tr
        self._menu.close()

        async def remove(request_id: UUID) -> None:
            await saved_filters.remove(self._viewer.door, request_id, one.filter_id)

        async def nothing() -> None:
            """The menu reads anew when it opens."""

        with self._dialogs:
            confirm(
                tr,
                title=tr.t("Remove the saved filter “{name}”?", name=one.name),
                consequence=tr.t("Only the filter goes; no dialogue is touched."),
                action=tr.t("Remove"),
                finished=tr.t("Removed."),
                write=remove,
                on_done=nothing,
            )
