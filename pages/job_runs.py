"""The runs of one job, latest first."""

from __future__ import annotations

from components import states
from components.badge import badge
from components.buttons import link
from components.table import Table
from components.tag import tag
from components.viewer import Viewer, Visit, salon_url
from pages import job_words
from queries.jobs import HISTORY_RUNS, JobStatus, Run


def draw_runs(viewer: Viewer, visit: Visit, status: JobStatus, open_run: str | None) -> None:
    """Draw the table; `open_run` is the id of the run whose report is shown."""
    tr = viewer.tr
    with tag("section", classes="card card-flush"):
        if not status.runs:
            states.empty(tr.t("No runs yet"), tr.t("The first one will be listed here."), picture="schedule")
            return
        columns = [tr.t("Started"), tr.t("State"), tr.t("It took"), tr.t("Tries"), tr.t("Why")]
        table = Table(tr.t("Runs"), columns)
        for run in status.runs:
            _row(viewer, visit, status, table, run, is_open=str(run.run_id) == open_run)
    if len(status.runs) >= HISTORY_RUNS:
        tag("p", tr.n("The latest {count} run.", "The latest {count} runs.", HISTORY_RUNS), "muted job-note")


def _row(viewer: Viewer, visit: Visit, status: JobStatus, table: Table, run: Run, *, is_open: bool) -> None:
    tr, zone = viewer.tr, viewer.tenant.time_zone
    query = {**visit.period.query, "job": status.job.flow, "run": str(run.run_id)}
    with table.row() as row:
        if is_open:
            row.classes("is-open")
        with table.cell("cell-main nowrap tabular"):
            moment = tr.moment(run.started_at or run.expected_at, zone)
            opener = link(moment, salon_url(viewer.tenant.tenant_id, visit.page, query))
            if is_open:
                opener.attribute("aria-current", "true")
        with table.cell():
            badge(job_words.state(run.state, tr), job_words.TONES[run.state])
        table.text(job_words.duration(run.lasted(viewer.now()), tr), "tabular nowrap")
        table.text(tr.number(run.tries), "tabular")
        table.text(job_words.origin(run, tr), "muted")
