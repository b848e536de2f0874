"""The pages that a person may open in a salon; a drawer on narrow screens."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.page_links import PageLink, PageLinks
from components.period import Period
from components.viewer import Route, Viewer, salon_url
from i18n import Translator

NARROW_PX = 1024


class Sidebar:
    """Links to the pages."""

    def __init__(self, routes: Sequence[Route], tr: Translator) -> None:
        self._routes = routes
        self._tr = tr
        # Quasar decides by the width whether it is open. Without a value, NiceGUI asks the browser, and
        # logs a failure for each page that is left before the answer.
        self._drawer = ui.left_drawer(value=False, top_corner=True, bottom_corner=True).classes("sidebar")
        self._drawer.props(f"show-if-above width=220 breakpoint={NARROW_PX - 1}")
        with self._drawer:
            self._links = PageLinks(tr.t("Pages"))
        # Over the page, as on a phone, the drawer is in the way once a page is chosen.
        self._links.on(
            "chosen",
            js_handler=f"() => {{ if (window.innerWidth < {NARROW_PX}) "
            f"getElement({self._drawer.id}).hide() }}",
        )

    def show(self, viewer: Viewer, page: str, period: Period) -> None:
        """Point the links at the viewer's salon and period, and mark the page that is open."""
        self._links.show(
            [
                PageLink(
                    self._tr.t(route.label),
                    route.icon,
                    salon_url(viewer.tenant.tenant_id, route.path, route.query_of(period)),
                    is_open=route.path == page,
                )
                for route in self._routes
                if route.in_menu and viewer.may(route.permission)
            ]
        )

    def clear(self) -> None:
        """No salon is open: there is nowhere to go."""
        self._links.show(())

    def toggle(self) -> None:
        """Open or close it."""
        self._drawer.toggle()
