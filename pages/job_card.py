"""One job: what it is for, when it runs, how the latest runs went, and the button that runs it now."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from components.badge import badge
from components.buttons import button, link
from components.submission import Submission
from components.tag import Tag, tag
from components.viewer import Viewer, Visit, salon_url
from models import Permission
from pages import job_words
from queries import jobs
from queries.jobs import JobStatus, Run

HEIGHT = "196px"
STRIP_RUNS = 30
STEPS = 5
"""Heights that a run's bar may have, by how long it lasted beside the others."""


class JobCard:
    """The button stays the same one while what is read changes, so that it keeps the focus."""

    def __init__(self, viewer: Viewer, visit: Visit, status: JobStatus, *, is_alone: bool = False) -> None:
        self._viewer, self._visit, self._tr = viewer, visit, viewer.tr
        self._status = status
        job = status.job
        name = job_words.title(job, self._tr)
        with tag("section", classes="card job").attribute("aria-label", name):
            with tag("div", classes="job-head"):
                with tag("div", classes="stack grow"), tag("div", classes="job-title"):
                    heading = tag("h2", "" if not is_alone else name, "card-title")
                    if not is_alone:
                        with heading:
                            link(name, self._address(), "job-link")
                    self._badge = tag("span")
                self._button = self._run_button()
            tag("p", job_words.purpose(job, self._tr), "muted")
            self._problem_place()
            self._facts = tag("dl", classes="job-facts")
            self._strip = tag("div", classes="job-strip")
        self.show(status)

    def show(self, status: JobStatus) -> None:
        """Put what was read newly in place."""
        self._status = status
        self._badge.clear()
        with self._badge:
            self._draw_badge(status)
        with self._facts.clear():
            self._draw_facts(status)
        with self._strip.clear():
            self._draw_strip(status)
        if self._button is not None:
            self._button.set_enabled(status.deployment_id is not None and status.under_way is None)

    def _run_button(self) -> ui.button | None:
        viewer, tr = self._viewer, self._tr
        whole = viewer.may(Permission.PLATFORM_MANAGE)
        self._submission = Submission(tr, self._start, self._open_run)
        if not whole and not (viewer.may(Permission.JOBS_RUN) and self._status.job.takes_tenant):
            return None
        words = tr.t("Run now") if whole else tr.t("Run now for this salon")
        return self._submission.on(button(words, icon="play_arrow"))

    def _problem_place(self) -> None:
        if self._button is not None:
            self._submission.problem_place()

    async def _start(self, request_id: UUID) -> UUID:
        viewer = self._viewer
        if viewer.prefect is None:
            raise RuntimeError("a job without a server")
        whole = viewer.may(Permission.PLATFORM_MANAGE)
        return await jobs.start(viewer.door, viewer.prefect, request_id, self._status, whole=whole)

    def _open_run(self, run_id: UUID) -> None:
        ui.navigate.to(self._address(run_id))

    def _draw_badge(self, status: JobStatus) -> None:
        tr = self._tr
        if status.deployment_id is None:
            badge(tr.t("Not registered yet"), "unknown")
        elif status.is_paused:
            badge(tr.t("Paused"), "warn")
        elif status.runs:
            latest = status.under_way or status.runs[0]
            badge(job_words.state(latest.state, tr), job_words.TONES[latest.state])

    def _draw_facts(self, status: JobStatus) -> None:
        tr, zone, now = self._tr, self._viewer.tenant.time_zone, self._viewer.now()
        last = next((run for run in status.runs if run.started_at), None)
        schedule = job_words.schedule(status.schedule, zone, now, tr) if status.schedule else "—"
        _fact(tr.t("Timetable"), schedule)
        _fact(
            tr.t("Last run"),
            job_words.when(last.started_at, zone, now, tr) if last and last.started_at else "—",
        )
        _fact(tr.t("It took"), job_words.duration(last.lasted(now), tr) if last else "—")
        coming = "—"
        if status.next_at is not None and not status.is_paused:
            coming = job_words.when(status.next_at, zone, now, tr)
            if status.next_at < now:
                coming = tr.t("due since {time}", time=coming)
        _fact(tr.t("Next run"), coming)

    def _draw_strip(self, status: JobStatus) -> None:
        tr = self._tr
        shown = [run for run in status.runs[:STRIP_RUNS] if run.started_at or run.state.is_over]
        if not shown:
            tag("p", tr.t("No runs yet"), "muted job-none")
            return
        longest = max((_seconds(run, self._viewer) for run in shown), default=0.0) or 1.0
        with tag("ol", classes="job-ticks").attribute("aria-label", tr.t("Latest runs, oldest first")):
            for run in reversed(shown):
                step = 1 + round((STEPS - 1) * _seconds(run, self._viewer) / longest)
                with tag("li"):
                    self._tick(run, step)

    def _tick(self, run: Run, step: int) -> None:
        tr, viewer = self._tr, self._viewer
        moment = job_words.when(run.started_at or run.expected_at, viewer.tenant.time_zone, viewer.now(), tr)
        words = [job_words.state(run.state, tr), moment, job_words.duration(run.lasted(viewer.now()), tr)]
        tick = link(
            "", self._address(run.run_id), f"job-tick job-tick-{step} tone-{job_words.TONES[run.state]}"
        )
        tick.attribute("aria-label", ", ".join(words)).attribute("title", " · ".join(words))

    def _address(self, run_id: UUID | None = None) -> str:
        query = {**self._visit.period.query, "job": self._status.job.flow}
        if run_id is not None:
            query["run"] = str(run_id)
        return salon_url(self._viewer.tenant.tenant_id, self._visit.page, query)


def _fact(name: str, value: str) -> Tag:
    with tag("div") as made:
        tag("dt", name, "muted")
        tag("dd", value, "tabular")
    return made


def _seconds(run: Run, viewer: Viewer) -> float:
    lasted = run.lasted(viewer.now())
    return lasted.total_seconds() if lasted else 0.0
