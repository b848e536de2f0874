"""What agents do: the run that goes on now, all runs there were, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from components.agent_console import SAID, AgentConsole
from components.tag import tag
from components.viewer import Viewer, Visit, salon_url
from models import Permission
from pages import agents_machines, agents_metrics
from pages.agent_words import packed_words

PAGE = "agents"
TABS = ("active", "history", "metrics")


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    tab = visit.query.get("tab", "")
    tab = tab if tab in TABS else "active"
    _draw_tabs(viewer, tab)
    if tab == "metrics":
        agents_metrics.build(viewer, visit)
        if viewer.machines is not None:
            agents_machines.build(viewer, viewer.machines)
        return
    console = AgentConsole(
        packed_words(viewer.tr),
        lambda said, is_new: visit.move({"tab": tab, **said}, replace=not is_new),
        tenant=str(viewer.tenant.tenant_id),
        locale=viewer.tr.locale,
        time_zone=viewer.tenant.time_zone,
        tab=tab,
        asked=_asked(visit.query),
        access=salon_url(viewer.tenant.tenant_id, "access"),
        may_control=viewer.may(Permission.RUNS_CONTROL),
    )

    async def ring() -> bool:
        console.ring()
        return True

    visit.pulse.add(ring)


def _draw_tabs(viewer: Viewer, open_tab: str) -> None:
    tr = viewer.tr
    labels = {"active": tr.t("Active task"), "history": tr.t("History"), "metrics": tr.t("Metrics")}
    with tag("nav", classes="segmented agent-tabs").attribute("aria-label", tr.t("Parts of this page")):
        for tab in TABS:
            link = tag("a", labels[tab], classes="agent-tab")
            link.attribute("href", salon_url(viewer.tenant.tenant_id, PAGE, {"tab": tab}))
            if tab == open_tab:
                link.attribute("aria-current", "page")


def _asked(query: Mapping[str, str]) -> str:
    return urlencode({name: query[name] for name in SAID if name in query})
