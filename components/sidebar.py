"""The pages that a person may open in a salon; a drawer on narrow screens."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from nicegui import ui

from components.period import Period
from components.tag import Tag, icon, tag
from components.viewer import Route, Viewer, salon_url
from i18n import Translator
from models import Role

NARROW_PX = 1024


class Sidebar:
    """Links to the pages. Only what has changed is redrawn, so that the keyboard's focus stays put."""

    def __init__(self, routes: Sequence[Route], tr: Translator) -> None:
        self._routes = routes
        self._tr = tr
        self._shown_for: tuple[UUID, Role] | None = None
        self._links: dict[str, Tag] = {}
        # Quasar decides by the width whether it is open. Without a value, NiceGUI asks the browser, and
        # logs a failure for each page that is left before the answer.
        self._drawer = ui.left_drawer(value=False, top_corner=True, bottom_corner=True).classes("sidebar")
        self._drawer.props(f"show-if-above width=220 breakpoint={NARROW_PX - 1}")
        with self._drawer:
            with tag("div", classes="brand"):
                tag("img").attribute("src", "/static/logo.svg").attribute("alt", "").classes("brand-mark")
                tag("span", "Agent P", "brand-name")
            self._pages = tag("nav", classes="pages").attribute("aria-label", tr.t("Pages"))

    def show(self, viewer: Viewer, page: str, period: Period) -> None:
        """Point the links at the viewer's salon and period, and mark the page that is open."""
        key = (viewer.tenant.tenant_id, viewer.role)
        if self._shown_for != key:
            self._shown_for = key
            self._build(viewer)
        for route in self._routes:
            if (link := self._links.get(route.path)) is not None:
                query = route.query_of(period)
                link.attribute("href", salon_url(viewer.tenant.tenant_id, route.path, query))
                link.props["aria-current"] = "page" if route.path == page else "false"

    def clear(self) -> None:
        """No salon is open: there is nowhere to go."""
        self._shown_for = None
        self._links = {}
        self._pages.clear()

    def toggle(self) -> None:
        """Open or close it."""
        self._drawer.toggle()

    def _build(self, viewer: Viewer) -> None:
        self._links = {}
        with self._pages.clear():
            for route in self._routes:
                if not route.in_menu or not viewer.may(route.permission):
                    continue
                with tag("a", classes="page-link") as link:
                    icon(route.icon)
                    tag("span", self._tr.t(route.label))
                # Over the page, as on a phone, the drawer is in the way once a page is chosen.
                link.on(
                    "click",
                    js_handler=f"() => {{ if (window.innerWidth < {NARROW_PX}) "
                    f"getElement({self._drawer.id}).hide() }}",
                )
                self._links[route.path] = link
