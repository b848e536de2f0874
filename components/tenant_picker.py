"""Which salon is shown; searchable when there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from components.menu import menu
from components.picker import Picker
from components.tag import foreign, icon, tag
from components.viewer import salon_url
from i18n import Translator
from models import Tenant

SEARCH_FROM = 8
"""With so many salons there is a search field."""
MOST_SHOWN = 50


class TenantPicker:
    """A button with the salon's name, and a menu of links to the same page of the others."""

    def __init__(self, tenants: Sequence[Tenant], tr: Translator) -> None:
        self._tenants = tenants
        self._tr = tr
        self._page = "overview"
        self._query: Mapping[str, str] = {}
        self._current: Tenant | None = None
        self._button = Picker("storefront", "unfold_more").classes("tenant-picker")
        with self._button, menu(self._button, tr.t("Choose a salon")) as self._menu:
            if len(tenants) >= SEARCH_FROM:
                self._search = ui.input(placeholder=tr.t("Find a salon"), on_change=self._fill)
                self._search.props("outlined dense autofocus debounce=150").classes("menu-search")
                self._search.props["aria-label"] = tr.t("Find a salon")
            self._links = tag("div", classes="menu-list")
        self._menu.on("before-show", self._fill, [])

    def show(self, tenant: Tenant | None, page: str, query: Mapping[str, str]) -> None:
        """Show a salon's name; the links lead to `page` of the others."""
        self._current, self._page, self._query = tenant, page, query
        self._button.set_visibility(bool(self._tenants))
        name = tenant.name if tenant else self._tr.t("Choose a salon")
        self._button.show(name, self._tr.t("Salon: {name}", name=name))

    def _fill(self) -> None:
        wanted = self._search.value.casefold().strip() if len(self._tenants) >= SEARCH_FROM else ""
        found = [tenant for tenant in self._tenants if wanted in f"{tenant.name} {tenant.slug}".casefold()]
        with self._links.clear():
            for tenant in found[:MOST_SHOWN]:
                self._link(tenant)
            if not found:
                tag("p", self._tr.t("No salon is called that."), "menu-note")
            if len(found) > MOST_SHOWN:
                more = len(found) - MOST_SHOWN
                tag(
                    "p",
                    self._tr.n("{count} more salon: type a name.", "{count} more salons: type a name.", more),
                )

    def _link(self, tenant: Tenant) -> None:
        address = salon_url(tenant.tenant_id, self._page, self._query)
        is_current = self._current is not None and tenant.tenant_id == self._current.tenant_id
        with tag("a", classes="menu-link").attribute("href", address) as link:
            with tag("span", classes="grow"):
                foreign(tenant.name, "menu-title")
                tag("span", f"{tenant.time_zone} · {tenant.currency}", "menu-detail")
            if not tenant.is_active:
                tag("span", self._tr.t("closed"), "badge")
            if is_current:
                icon("check")
        if is_current:
            link.attribute("aria-current", "true")
        link.on("click", self._menu.close, [])
