"""The frame around every page: sidebar, header, and the place where pages open without a reload.

Every move inside the frame comes through `Frame.open`, which enters the salon anew and checks the permission:
HTTP middleware never hears of these moves.
"""

# No `from __future__ import annotations` here: NiceGUI compares the annotation `PageArguments` by identity.

import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from uuid import UUID, uuid4

from nicegui import PageArguments, ui
from nicegui.elements.sub_pages import SubPages

from components import period as periods
from components import states
from components.buttons import icon_button
from components.freshness import Freshness
from components.head import describe_document
from components.notices import demo_banner
from components.page_head import PageHead
from components.period import Period
from components.period_picker import PeriodPicker
from components.preferences import Preferences
from components.pulse import Pulse
from components.retry import keep_trying
from components.sidebar import Sidebar
from components.tag import Tag, tag
from components.tenant_picker import TenantPicker
from components.user_menu import UserMenu
from components.viewer import Move, Person, Route, Viewer, Visit, salon_url
from components.wording import as_app_error
from errors import AppError, Invalid, NotAllowed, NotFound, Unavailable
from models import Role, Tenant
from queries import people

logger = logging.getLogger(__name__)


class Frame:
    """The screen of one browser tab. Make it once, inside a page function that serves `/` and `/s/…`."""

    def __init__(self, person: Person, routes: Sequence[Route]) -> None:
        self._person = person
        self._routes = routes
        self._tr = tr = person.tr
        self._last_tenant_id = person.identity.last_tenant_id
        self._pulse: Pulse | None = None
        look = person.identity.theme or "system"

        describe_document(tr, look)
        self._preferences = Preferences(tr, person.door, look)
        self._sidebar = Sidebar(routes, tr)
        with ui.header().classes("header"):
            self._menu_button = icon_button("menu", tr.t("Menu"), self._sidebar.toggle)
            self._menu_button.classes("menu-button").mark("menu-button")
            self._tenant_picker = TenantPicker(person.tenants, tr)
            self._period_picker = PeriodPicker(tr)
            self._user_menu = UserMenu(person, self._preferences)
        with tag("div", classes="content") as content:
            if person.demo:
                demo_banner(tr)
            self._head = PageHead(tr)
            self._pages = _Pages(self, self._builders())
            self._pages.classes("page")
        ui.skip_link(tr.t("Skip to content"), target=content)
        ui.context.client.on_connect(self._resume)
        ui.context.client.on_delete(self._leave)

    async def open(self, route: Route | None, tenant_id: str, query: Mapping[str, str]) -> None:
        """Build a page in the current slot, or say why not; while the database is away, once it is back."""
        self._leave()
        with tag("div", classes="full") as place:
            states.loading(self._tr, "320px")

        async def attempt() -> None:
            await self._open_in(place, route, tenant_id, query)

        try:
            await attempt()
        except Unavailable as error:
            # The rest of the frame stays as it is: the reader is still where they were.
            self._head.hide(self._tr.t(error.message))
            keep_trying(self._tr, place, error, attempt)

    async def open_start(self) -> None:
        """Go to the salon that the person saw last, or say that there is none."""
        tenants = {tenant.tenant_id: tenant for tenant in self._person.tenants}
        if tenants:
            start = tenants.get(self._last_tenant_id or uuid4()) or next(iter(tenants.values()))
            ui.navigate.to(salon_url(start.tenant_id, self._routes[0].path))
            return
        self._show_nowhere()
        runs_all = any(one.role is Role.PLATFORM_ADMIN for one in self._person.identity.memberships)
        if runs_all:
            advice = self._tr.t("Salons appear here once the bot has its first one.")
        else:
            advice = self._tr.t("Ask the owner of your salon to add you as a member.")
        with tag("div", classes="full"):
            states.empty(self._tr.t("There is no salon for you yet"), advice, picture="storefront")

    def refuse(self, place: Tag, error: AppError, tenant: Tenant | None = None) -> None:
        """Say in place of a page why it is not shown, with a way on."""
        self._head.hide(self._tr.t(error.message))
        way_on = tenant or next(iter(self._person.tenants), None)
        action = None
        if way_on is not None:
            words = self._tr.t("To the overview of {salon}", salon=way_on.name)
            action = (words, salon_url(way_on.tenant_id, self._routes[0].path))
        with place.clear():
            states.refused(self._tr, error, action)

    async def _open_in(
        self, place: Tag, route: Route | None, tenant_id: str, query: Mapping[str, str]
    ) -> None:
        try:
            viewer = await self._person.enter(_uuid(tenant_id))
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - shown to the reader and logged
            self._show_nowhere()
            self.refuse(place, as_app_error(error, "entering a salon"))
            return
        try:
            await self._build(route, viewer, query, place)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - shown to the reader and logged
            self.refuse(place, as_app_error(error, "building a page"), viewer.tenant)
        await self._remember(viewer)

    def _builders(self) -> dict[str, Callable[..., Awaitable[None]]]:
        builders = {f"/s/{{tenant_id}}/{route.path}": self._opener(route) for route in self._routes}
        nowhere = {"/s/{tenant_id}/{page}": self._opener(None), "/s/{tenant_id}": self._opener(None)}
        return {**builders, **nowhere, "/": self.open_start}

    def _opener(self, route: Route | None) -> Callable[..., Awaitable[None]]:
        async def open_page(tenant_id: str, arguments: PageArguments) -> None:
            await self.open(route, tenant_id, dict(arguments.query_parameters))

        return open_page

    async def _build(self, route: Route | None, viewer: Viewer, query: Mapping[str, str], place: Tag) -> None:
        period, nonsense = _period(route, query, viewer)
        self._show_salon(route, viewer, period, query)
        if route is None:
            raise no_such_page()
        if not viewer.may(route.permission):
            raise NotAllowed(
                "This page is not for your role.", advice="Ask an owner of the salon if you need it."
            )
        if nonsense is not None and route.has_period:
            raise nonsense
        self._head.show(self._tr.t(route.label), viewer.tenant.name)
        self._leave()
        self._pulse = pulse = self._listening(viewer, route)
        with place.clear():
            move = self._mover(route, viewer, period)
            built = route.builder(viewer, Visit(route.path, query, period, pulse, self._preferences, move))
            if inspect.isawaitable(built):
                await built
            pulse.start()

    def _listening(self, viewer: Viewer, route: Route) -> Pulse:
        live, freshness = self._person.live, Freshness(viewer, self._head)
        return Pulse(
            viewer.now,
            freshness.show_read,
            streams=route.streams,
            listen=partial(live.watch, viewer.tenant.tenant_id) if live else None,
            turns=live.turns if live else None,
            # what a page reads by the clock is no more live than that
            on_condition=freshness.show_condition if route.streams else lambda _: None,
            on_shown=live.note_shown if live else lambda _: None,
        )

    def _leave(self) -> None:
        if self._pulse is not None:
            self._pulse.stop()
            self._pulse = None

    def _resume(self) -> None:
        if self._pulse is not None:
            self._pulse.resume()

    def _mover(self, route: Route, viewer: Viewer, period: Period) -> Move:
        def move(query: Mapping[str, str], *, replace: bool = False) -> None:
            self._pages.stay_at(salon_url(viewer.tenant.tenant_id, route.path, query), replace=replace)
            self._show_salon(route, viewer, period, query)

        return move

    def _show_salon(
        self, route: Route | None, viewer: Viewer, period: Period, query: Mapping[str, str]
    ) -> None:
        page = route.path if route else self._routes[0].path
        self._user_menu.show_role(viewer.role)
        self._tenant_picker.show(viewer.tenant, page, period.query)
        self._menu_button.set_visibility(True)
        self._sidebar.show(viewer, (route.part_of or route.path) if route else "", period)
        if route is not None and route.has_period:
            self._period_picker.show(viewer, route, period, _besides_period(query))
        else:
            self._period_picker.hide()

    def _show_nowhere(self) -> None:
        self._user_menu.show_role(None)
        self._tenant_picker.show(None, self._routes[0].path, {})
        self._menu_button.set_visibility(False)  # the drawer would be empty
        self._sidebar.clear()
        self._period_picker.hide()

    async def _remember(self, viewer: Viewer) -> None:
        tenant_id = viewer.tenant.tenant_id
        if tenant_id == self._last_tenant_id:
            return
        try:
            await people.set_preferences(self._person.door, uuid4(), last_tenant_id=tenant_id)
        except AppError as error:
            logger.warning("Could not remember the salon that was opened: %s", error.code)
            return
        self._last_tenant_id = tenant_id


class _Pages(SubPages):
    """NiceGUI's sub pages with our own words where an address leads nowhere."""

    def __init__(self, frame: Frame, routes: dict[str, Callable[..., Awaitable[None]]]) -> None:
        self._frame = frame
        super().__init__(routes)

    def _render_404(self) -> None:
        self._frame.refuse(tag("div", classes="full"), no_such_page())

    def _render_error(self, error: Exception) -> None:
        self._frame.refuse(tag("div", classes="full"), as_app_error(error, "opening a page"))

    def stay_at(self, address: str, *, replace: bool) -> None:
        """Give the page that is shown another address, as if it had been opened there."""
        self._router.current_path = address
        # so that going back to where the page was opened is a change, and opens it anew
        self._match = self._find_matching_path()
        remember = "replaceState" if replace else "pushState"
        self.client.run_javascript(
            f"history.{remember}({{page: {json.dumps(address)}}}, '', {json.dumps(address)})"
        )


def no_such_page() -> NotFound:
    """The answer to an address that is no page."""
    return NotFound("There is no such page.", advice="Check the address, or go on from the overview.")


def no_such_salon() -> NotFound:
    """The answer to a salon that does not exist, and to one that is not the reader's."""
    return NotFound(
        "There is no such salon, or you are not a member of it.",
        code="no_such_salon",
        advice="Check the address, or choose one of your salons above.",
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise no_such_salon() from None


def _period(route: Route | None, query: Mapping[str, str], viewer: Viewer) -> tuple[Period, Invalid | None]:
    # a page that has nothing to do with days only takes along what another one was asked for
    has_all_time = route is not None and (route.has_all_time or not route.has_period)
    try:
        return periods.parse(query, viewer.today, has_all_time=has_all_time), None
    except Invalid as error:
        return periods.preset(periods.DEFAULT, viewer.today), error


def _besides_period(query: Mapping[str, str]) -> dict[str, str]:
    """What a page's address goes on saying when another period is chosen; the place in a list begins anew."""
    left_out = {*periods.QUERY_KEYS, "after", "before"}
    return {name: value for name, value in query.items() if name not in left_out}
