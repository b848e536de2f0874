"""The scheduled jobs: when they run, how they went, running one now. `?job=` opens one, `?run=` one of its
runs.

Everybody with `jobs.read` sees how the jobs are. A job works for all salons: with `jobs.run` it can be
started for the salon that is open, as far as it can be limited to one; for all of them only by the platform's
administrators, who alone see whole logs.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from nicegui import ui

from components import states
from components.buttons import link
from components.tag import icon, tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from errors import NotFound
from jobs.catalogue import JOBS, Job
from jobs.prefect_api import Prefect
from models import Permission
from pages import job_run
from pages.job_card import HEIGHT, JobCard
from pages.job_runs import draw_runs
from queries import jobs
from queries.jobs import JobStatus, Readers

QUICK_SECONDS = 2.0
"""How often a page reads while a run is under way."""


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    if viewer.prefect is None:
        _switched_off(viewer)
        return
    readers = Readers(viewer.tenant.tenant_id, sees_all=viewer.may(Permission.PLATFORM_MANAGE))
    chosen = _chosen(visit.query.get("job"))
    if chosen is None:
        _all_jobs(viewer, visit, viewer.prefect, readers)
    else:
        _one_job(viewer, visit, viewer.prefect, readers, chosen)


def _all_jobs(viewer: Viewer, visit: Visit, prefect: Prefect, readers: Readers) -> None:
    tr = viewer.tr
    tag("p", tr.t("Work that the panel does by itself, for all salons."), "page-about muted")

    def draw(found: list[JobStatus]) -> Callable[[list[JobStatus]], None]:
        with tag("div", classes="jobs"):
            cards = [JobCard(viewer, visit, status) for status in found]

        def show(newer: list[JobStatus]) -> None:
            for card, status in zip(cards, newer, strict=True):
                card.show(status)

        return show

    under_way = _UnderWay()

    async def read() -> list[JobStatus]:
        return under_way.seen(await jobs.statuses(prefect, readers))

    under_way.follow(Widget(viewer, visit, read, draw, height=HEIGHT))


def _one_job(viewer: Viewer, visit: Visit, prefect: Prefect, readers: Readers, job: Job) -> None:
    tr = viewer.tr
    with tag("nav", classes="job-path page-about").attribute("aria-label", tr.t("Where this page is")):
        back = link("", salon_url(viewer.tenant.tenant_id, visit.page, visit.period.query), "link job-back")
        with back:
            icon("arrow_back")
            tag("span", tr.t("All jobs"))
    under_way = _UnderWay()

    async def read() -> JobStatus:
        found = under_way.seen(await jobs.statuses(prefect, readers))
        return next(status for status in found if status.job == job)

    run_id = visit.query.get("run")
    # The report of a run is read by itself, and stands between the job's card and its list of runs.
    with tag("div", classes="jobs"):
        place = tag("div", classes="full")
        if run_id is not None:
            job_run.build(viewer, visit, prefect, readers, _run_id(run_id))
        runs = tag("div", classes="job-runs")

    def draw(status: JobStatus) -> Callable[[JobStatus], None]:
        card = JobCard(viewer, visit, status, is_alone=True)

        def show(newer: JobStatus) -> None:
            card.show(newer)
            with runs.clear():
                draw_runs(viewer, visit, newer, run_id)

        show(status)
        return show

    with place:
        under_way.follow(Widget(viewer, visit, read, draw, height=HEIGHT))


class _UnderWay:
    """Has a widget read every two seconds as long as a run is under way."""

    def __init__(self) -> None:
        self._any = False

    def seen(self, found: list[JobStatus]) -> list[JobStatus]:
        """Remember whether something is under way."""
        self._any = any(status.under_way for status in found)
        return found

    def follow(self, widget: Widget[list[JobStatus]] | Widget[JobStatus]) -> None:
        """Begin; the timer ends with the page."""

        async def again() -> None:
            if self._any:
                await widget.refresh()

        ui.timer(QUICK_SECONDS, again)


def _chosen(name: str | None) -> Job | None:
    if name is None:
        return None
    if name not in JOBS:
        raise NotFound("There is no such job.", advice="Choose one of the jobs on the page.")
    return JOBS[name]


def _run_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such run.", advice="Old runs are forgotten after a while.") from None


def _switched_off(viewer: Viewer) -> None:
    tr = viewer.tr
    with tag("div", classes="card"):
        if viewer.may(Permission.PLATFORM_MANAGE):
            advice = tr.t(
                "Set PREFECT_API_URL to a Prefect server (on the embedded database, JOBS=1), and start anew."
            )
        else:
            advice = tr.t("Figures are right without them; long periods open a little slower.")
        states.empty(tr.t("Jobs are switched off in this panel"), advice, picture="event_busy")
