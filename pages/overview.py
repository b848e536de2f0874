"""What the bot earns: the figures of a period, its funnel, its days, and what it was about.

One read brings all of the page; each part draws itself and gives back a function that shows newer figures in
place. Salons side by side are another question, which only people with several salons ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from components import period as periods
from components import states
from components.chart import CARD_PX
from components.kpi_card import HEIGHT_PX
from components.tag import foreign, tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from pages import overview_salons
from pages.overview_charts import draw_dialogues, draw_revenue
from pages.overview_funnel import draw_funnel
from pages.overview_kpis import draw_kpis
from pages.overview_saved import draw_saved
from pages.overview_slices import draw_channels, draw_services, draw_staff, draw_week
from queries import overview
from queries.overview import Metric, Overview, SalonFigures

Show = Callable[[Overview], None]
Kind = Literal["empty", "quiet", "busy"]
PARTS = (
    draw_funnel,
    draw_saved,
    draw_dialogues,
    draw_revenue,
    draw_services,
    draw_staff,
    draw_channels,
    draw_week,
)


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    tr, period = viewer.tr, visit.period
    about = (
        periods.dates(period, tr),
        tr.t("compared with {period}", period=periods.dates(period.previous, tr)),
        tr.t("time zone {zone}", zone=viewer.tenant.time_zone),
    )
    with tag("p", classes="page-about muted"):
        foreign(f"{viewer.tenant.name} · ", "print-only")
        tag("span", " · ".join(about))

    async def read() -> Overview:
        return await overview.read(viewer.door, period.first, period.last)

    async def read_salons() -> Sequence[SalonFigures]:
        return await overview.salons(viewer.door, period.first, period.last)

    def draw(value: Overview) -> Show:
        return _Screen(viewer, visit, value).show

    Widget(viewer, visit, read, draw, height=f"{CARD_PX}px", loading=lambda: _loading(viewer))
    if overview_salons.has_several(viewer.identity):
        Widget(
            viewer,
            visit,
            overview_salons.seldom(viewer.now, read_salons),
            lambda salons: overview_salons.draw_salons(viewer, visit, salons),
            height=f"{CARD_PX}px",
        )


class _Screen:
    """All of one salon: its figures, or what is said in their place."""

    def __init__(self, viewer: Viewer, visit: Visit, value: Overview) -> None:
        self._viewer = viewer
        self._visit = visit
        self._kind: Kind | None = None
        self._shows: list[Show] = []
        self._place = tag("div", classes="overview")
        self.show(value)

    def show(self, value: Overview) -> None:
        """Show newer figures; anew only where there were none before, or are none any more."""
        kind = _kind(value)
        if kind == self._kind:
            for show in self._shows:
                show(value)
            return
        self._kind = kind
        with self._place.clear():
            self._shows = self._draw(kind, value)

    def _draw(self, kind: Kind, value: Overview) -> list[Show]:
        if kind == "empty":
            _say_how_to_begin(self._viewer)
            return []
        kpis = draw_kpis(self._viewer, self._visit, value)
        if kind == "quiet":
            _offer_a_longer_period(self._viewer, self._visit)
            return [kpis]
        with tag("div", classes="charts"):
            return [kpis, *(draw(self._viewer, self._visit, value) for draw in PARTS)]


def _kind(value: Overview) -> Kind:
    if not value.has_dialogues:
        return "empty"
    counted = value.kpis.get(Metric.DIALOGUES)
    return "busy" if counted and counted.current else "quiet"


def _say_how_to_begin(viewer: Viewer) -> None:
    tr = viewer.tr
    with tag("div", classes="card"):
        states.empty(
            tr.t("No dialogues yet"),
            tr.t("Figures appear here after the first client writes to the bot. Is it connected?"),
            picture="forum",
        )


def _offer_a_longer_period(viewer: Viewer, visit: Visit) -> None:
    tr = viewer.tr
    longer = salon_url(viewer.tenant.tenant_id, visit.page, {"period": "90d"})
    with tag("div", classes="card"):
        states.no_match(
            tr.t("No dialogues in this period"),
            tr.t("Choose another period to see more."),
            action=None
            if visit.period.preset == "90d"
            else (tr.n("Last {count} day", "Last {count} days", 90), longer),
        )


def _loading(viewer: Viewer) -> None:
    """Grey places like those that the figures will have."""
    with tag("div", classes="overview").props("role=status") as place:
        place.attribute("aria-label", viewer.tr.t("Loading"))
        with tag("div", classes="kpis overview-kpis"):
            for _ in Metric:
                tag("div", classes="skeleton").style(f"height: {HEIGHT_PX}px")
        with tag("div", classes="charts"):
            for classes in ("skeleton wide-card", "skeleton", "skeleton", "skeleton"):
                tag("div", classes=classes).style(f"height: {CARD_PX}px")
