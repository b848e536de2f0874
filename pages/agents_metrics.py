"""What agents' runs of a period add up to: figures, their way through the period, and who did most."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from components import period as periods
from components import states
from components.chart import CARD_PX
from components.kpi_card import HEIGHT_PX
from components.tag import tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from pages.agents_metrics_charts import draw_charts
from pages.agents_metrics_kpis import draw_kpis
from pages.agents_metrics_table import draw_table
from pages.agents_metrics_time import moments
from queries import agent_metrics
from queries.agent_metrics import GROUPINGS, AgentMetrics, Grouping

Show: TypeAlias = Callable[[AgentMetrics], None]
Kind: TypeAlias = Literal["empty", "quiet", "busy"]
KPIS = 10


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the tab: the figures of the visit's period."""
    tr, period = viewer.tr, visit.period
    zone = tr.t("time zone {zone}", zone=viewer.tenant.time_zone)
    tag("p", f"{periods.dates(period, tr)} · {zone}", "page-about muted")
    _Tab(viewer, visit)


class _Tab:
    """The figures, and by what their table is."""

    def __init__(self, viewer: Viewer, visit: Visit) -> None:
        self._viewer = viewer
        self._visit = visit
        self._by = _asked(visit.query.get("by"))
        self._widget: Widget[AgentMetrics] = Widget(
            viewer, visit, self._read, self._draw, height=f"{CARD_PX}px", loading=self._loading
        )

    async def _read(self) -> AgentMetrics:
        viewer = self._viewer
        from_at, until_at = moments(self._visit.period, viewer.tenant.time_zone)
        return await agent_metrics.read(viewer.door, from_at, until_at, self._by)

    def _draw(self, metrics: AgentMetrics) -> Show:
        return _Screen(self._viewer, self._visit, metrics, self._choose).show

    async def _choose(self, by: str) -> None:
        """Show the table by something else, and say so in the address."""
        wanted = _asked(by)
        if wanted == self._by:
            return
        self._by = wanted
        self._visit.move({**self._visit.query, "by": wanted})
        self._widget.ask_anew()
        await self._widget.refresh()

    def _loading(self) -> None:
        with tag("div", classes="overview").props("role=status") as place:
            place.attribute("aria-label", self._viewer.tr.t("Loading"))
            with tag("div", classes="kpis overview-kpis agent-kpis"):
                for _ in range(KPIS):
                    tag("div", classes="skeleton").style(f"height: {HEIGHT_PX}px")
            with tag("div", classes="agent-charts"):
                for _ in range(4):
                    tag("div", classes="skeleton").style(f"height: {CARD_PX}px")


class _Screen:
    """All figures of the salon, or what is said in their place."""

    def __init__(
        self, viewer: Viewer, visit: Visit, metrics: AgentMetrics, choose: Callable[[str], Awaitable[None]]
    ) -> None:
        self._viewer = viewer
        self._visit = visit
        self._choose = choose
        self._kind: Kind | None = None
        self._shows: list[Show] = []
        self._place = tag("div", classes="overview agent-metrics")
        self.show(metrics)

    def show(self, metrics: AgentMetrics) -> None:
        """Show newer figures; anew only where there were none before, or are none any more."""
        kind = _kind(metrics)
        if kind == self._kind:
            for show in self._shows:
                show(metrics)
            return
        self._kind = kind
        with self._place.clear():
            self._shows = self._draw(kind, metrics)

    def _draw(self, kind: Kind, metrics: AgentMetrics) -> list[Show]:
        viewer, visit = self._viewer, self._visit
        if kind == "empty":
            _say_how_to_begin(viewer)
            return []
        kpis = draw_kpis(viewer, metrics)
        if kind == "quiet":
            _offer_a_longer_period(viewer, visit)
            return [kpis]
        return [kpis, draw_charts(viewer, visit, metrics), draw_table(viewer, metrics, self._choose)]


def _asked(by: str | None) -> Grouping:
    return next((one for one in GROUPINGS if one == by), GROUPINGS[0])


def _kind(metrics: AgentMetrics) -> Kind:
    if not metrics.has_runs:
        return "empty"
    return "busy" if metrics.totals.runs else "quiet"


def _say_how_to_begin(viewer: Viewer) -> None:
    tr = viewer.tr
    with tag("div", classes="card"):
        states.empty(
            tr.t("No runs yet"),
            tr.t("Figures appear here after an agent has told of its first run."),
            picture="smart_toy",
        )


def _offer_a_longer_period(viewer: Viewer, visit: Visit) -> None:
    tr = viewer.tr
    longer = salon_url(viewer.tenant.tenant_id, visit.page, {**visit.query, "period": "90d"})
    with tag("div", classes="card"):
        states.no_match(
            tr.t("No runs in this period"),
            tr.t("Choose another period to see more."),
            action=None
            if visit.period.preset == "90d"
            else (tr.n("Last {count} day", "Last {count} days", 90), longer),
        )
