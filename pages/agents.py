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
from queries.changes import Stream

PAGE = "agents"
METRICS = "agent-metrics"
"""A page of its own: it has a period, and the others have none."""
TABS = ("active", "history")


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the console."""
    tab = visit.query.get("tab", "")
    tab = tab if tab in TABS else "active"
    _draw_tabs(viewer, visit, tab)
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

    async def ring_runs() -> bool:
        console.ring_runs()
        return True

    async def ring_commands() -> bool:
        console.ring_commands()
        return True

    visit.pulse.add(ring_runs, streams=(Stream.RUNS,))
    visit.pulse.add(ring_commands, streams=(Stream.COMMANDS,))


def build_metrics(viewer: Viewer, visit: Visit) -> None:
    """Draw what the runs of a period add up to, and the machines that models run on."""
    _draw_tabs(viewer, visit, METRICS)
    agents_metrics.build(viewer, visit)
    if viewer.machines is not None:
        agents_machines.build(viewer, viewer.machines)


def _draw_tabs(viewer: Viewer, visit: Visit, open_tab: str) -> None:
    tr, salon = viewer.tr, viewer.tenant.tenant_id
    tabs = (
        ("active", tr.t("Active task"), salon_url(salon, PAGE, {"tab": "active"})),
        ("history", tr.t("History"), salon_url(salon, PAGE, {"tab": "history"})),
        (METRICS, tr.t("Metrics"), salon_url(salon, METRICS, visit.period.query)),
    )
    with tag("nav", classes="segmented agent-tabs").attribute("aria-label", tr.t("Parts of this page")):
        for tab, label, address in tabs:
            link = tag("a", label, classes="agent-tab").attribute("href", address)
            if tab == open_tab:
                link.attribute("aria-current", "page")


def _asked(query: Mapping[str, str]) -> str:
    return urlencode({name: query[name] for name in SAID if name in query})
