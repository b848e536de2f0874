"""One run of a job: how far it is or how it ended, the salons' outcomes, and (for the platform) its log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from nicegui import ui

from components.badge import badge
from components.tag import Tag, foreign, tag
from components.viewer import Viewer, Visit
from components.widget import Widget
from jobs.prefect_api import Prefect
from jobs.progress import Outcome, Progress
from pages import job_words
from queries import jobs, tenants
from queries.jobs import LogLine, Readers, RunReport, State

QUICK_SECONDS = 2.0
"""How often a run is read that is under way."""
LONGEST_LINE = 4_000
"""Characters of a log's line that are shown: a traceback is one line."""


@dataclass(frozen=True, slots=True)
class _Shown:
    report: RunReport
    names: Mapping[UUID, str]


def build(viewer: Viewer, visit: Visit, prefect: Prefect, readers: Readers, run_id: UUID) -> None:
    """Draw the report of a run, which follows it until it is over."""
    names: dict[UUID, str] = {}
    is_over = False

    async def read() -> _Shown:
        nonlocal is_over
        if readers.sees_all and not names:
            names.update({one.tenant_id: one.name for one in await tenants.mine(viewer.door)})
        report = await jobs.report(prefect, readers, run_id)
        is_over = report.run.state.is_over
        return _Shown(report, names)

    widget = Widget(viewer, visit, read, lambda shown: _draw(viewer, readers, shown), height="240px")

    async def again() -> None:
        if not is_over:
            await widget.refresh()

    ui.timer(QUICK_SECONDS, again)


def _draw(viewer: Viewer, readers: Readers, shown: _Shown) -> Callable[[_Shown], None]:
    tr = viewer.tr
    with tag("section", classes="card job-report").attribute("aria-label", tr.t("The run")):
        head = tag("div", classes="job-head")
        progress = tag("div", classes="job-progress").props("role=status")
        log = _Log(viewer, shown.names) if readers.sees_all else None

    def show(newer: _Shown) -> None:
        with head.clear():
            _draw_head(viewer, newer.report)
        with progress.clear():
            _draw_progress(viewer, readers, newer)
        if log is not None:
            log.show(newer.report.lines)

    show(shown)
    return show


def _draw_head(viewer: Viewer, report: RunReport) -> None:
    tr, run, zone = viewer.tr, report.run, viewer.tenant.time_zone
    with tag("div", classes="stack grow"):
        with tag("div", classes="job-title"):
            tag(
                "h2",
                tr.t("Run of {time}", time=tr.moment(run.started_at or run.expected_at, zone)),
                "card-title",
            )
            badge(job_words.state(run.state, tr), job_words.TONES[run.state])
        parts = [job_words.origin(run, tr), job_words.duration(run.lasted(viewer.now()), tr)]
        if run.tries > 1:
            parts.append(tr.n("{count} try", "{count} tries", run.tries))
        tag("p", " · ".join(parts), "muted")
        if run.message and run.state in {State.FAILED, State.CRASHED, State.CANCELLED}:
            foreign(run.message, "job-message")


def _draw_progress(viewer: Viewer, readers: Readers, shown: _Shown) -> None:
    tr, report = viewer.tr, shown.report
    if report.progress is None:
        if not readers.sees_all and not report.run.state.is_over:
            tag("p", tr.t("It is under way."), "muted")
        return
    if readers.sees_all:
        _draw_bar(viewer, report.progress)
    else:
        _draw_own(viewer, report.progress.of(readers.tenant_id), is_over=report.run.state.is_over)


def _draw_bar(viewer: Viewer, progress: Progress) -> None:
    tr = viewer.tr
    words = tr.t(
        "{done} of {all} salons done",
        done=tr.number(len(progress.outcomes) - progress.failed),
        all=tr.number(progress.salons),
    )
    bar = tag("progress", classes="job-bar").attribute("aria-label", words)
    bar.attribute("value", str(round(progress.share, 3))).attribute("max", "1")
    with tag("p", classes="job-counts"):
        tag("span", words)
        if progress.failed:
            badge(tr.t("{count} failed", count=tr.number(progress.failed)), "bad")


def _draw_own(viewer: Viewer, outcome: Outcome | None, *, is_over: bool) -> None:
    tr = viewer.tr
    with tag("p", classes="job-counts"):
        tag("span", _own_words(viewer, outcome, is_over=is_over))
        if outcome is not None and outcome.failure is not None:
            badge(tr.t("Failed"), "bad")


def _own_words(viewer: Viewer, outcome: Outcome | None, *, is_over: bool) -> str:
    tr = viewer.tr
    if outcome is None:
        if is_over:
            return tr.t("This salon was not reached.")
        return tr.t("This salon is still to come.")
    if outcome.failure is not None:
        return tr.t("This salon could not be counted. The next run tries again.")
    return tr.n("This salon: {count} day counted.", "This salon: {count} days counted.", outcome.days)


class _Log:
    """The lines, to which new ones are added at the end."""

    def __init__(self, viewer: Viewer, names: Mapping[UUID, str]) -> None:
        self._viewer, self._names = viewer, names
        self._shown = 0
        tag("h3", viewer.tr.t("Log"), "card-title")
        # It scrolls, so the keyboard has to reach it; new lines are read out.
        self._place: Tag = tag("div", classes="job-log").props("tabindex=0 role=log")
        self._place.attribute("aria-label", viewer.tr.t("Log"))
        with self._place:
            self._lines = tag("ol")
        self._nothing = tag("p", viewer.tr.t("Nothing is written yet."), "muted")

    def show(self, lines: tuple[LogLine, ...]) -> None:
        """Add what is new."""
        self._nothing.set_visibility(not lines)
        self._place.set_visibility(bool(lines))
        with self._lines:
            for line in lines[self._shown :]:
                self._draw(line)
        self._shown = len(lines)

    def _draw(self, line: LogLine) -> None:
        viewer = self._viewer
        look = "is-bad" if line.level >= logging.ERROR else "is-warn" if line.level >= logging.WARNING else ""
        with tag("li", classes=look):
            tag("time", viewer.tr.time(line.at, viewer.tenant.time_zone), "muted tabular")
            text = line.text if len(line.text) <= LONGEST_LINE else line.text[:LONGEST_LINE] + "…"
            tag("bdi", _with_name(text, self._names))


def _with_name(text: str, names: Mapping[UUID, str]) -> str:
    """A line about a salon, with its name in place of its id."""
    outcome = Outcome.from_line(text)
    if outcome is None or outcome.tenant_id not in names:
        return text
    return text.replace(f"Salon {outcome.tenant_id}", names[outcome.tenant_id], 1)
