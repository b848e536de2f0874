"""The scheduled jobs: timetable, runs, and starting one by hand. Asked of Prefect, not of the database.

A job works for every salon of the installation. What of it a person of one salon may see is decided here:
runs for all salons and for their own, and of their logs nothing but what became of their own salon.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from data import Door
from errors import NotFound, Unexpected
from jobs.catalogue import JOBS, Job
from jobs.prefect_api import Prefect
from jobs.progress import Progress
from models import Model

HISTORY_RUNS = 60
"""Latest runs of a job that a page shows."""
LOG_PAGE = 200
"""Lines in an answer; Prefect gives no more."""
MOST_LOG_LINES = 2_000


class State(StrEnum):
    """How a run is, in the panel's words; Prefect has more, which say no more to a reader."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CRASHED = "crashed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether it stays so."""
        return self in {State.COMPLETED, State.FAILED, State.CRASHED, State.CANCELLED}


_STATES = {
    "SCHEDULED": State.WAITING,
    "PENDING": State.WAITING,
    "PAUSED": State.WAITING,
    "RUNNING": State.RUNNING,
    "CANCELLING": State.RUNNING,
    "COMPLETED": State.COMPLETED,
    "FAILED": State.FAILED,
    "CRASHED": State.CRASHED,
    "CANCELLED": State.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Readers:
    """On whose behalf is asked: somebody of one salon, or (`sees_all`) of the platform."""

    tenant_id: UUID
    sees_all: bool

    def may_see(self, run: Run) -> bool:
        """Whether a run concerns them."""
        return self.sees_all or run.tenant in {None, self.tenant_id}


class Run(Model):
    """One run. `message` is Prefect's, about how it ended: for people of the platform only."""

    run_id: UUID
    deployment_id: UUID
    state: State
    message: str | None
    expected_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    tries: int
    by_timetable: bool
    tenant: UUID | None

    def lasted(self, now: datetime) -> timedelta | None:
        """How long it took, or has taken by now; None before it begins."""
        return None if self.started_at is None else max((self.ended_at or now) - self.started_at, timedelta())


class Schedule(Model):
    """A timetable in cron's words, and the time zone that these are in."""

    cron: str
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job and its latest runs, newest first. Without `deployment_id` it is not registered (yet)."""

    job: Job
    deployment_id: UUID | None = None
    schedule: Schedule | None = None
    is_paused: bool = False
    runs: tuple[Run, ...] = ()
    next_at: datetime | None = None

    @property
    def under_way(self) -> Run | None:
        """The run that has begun, or waits to, and is not over."""
        return next((run for run in self.runs if not run.state.is_over), None)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; `level` is Python's number for it."""

    at: datetime
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run with what it told."""

    run: Run
    progress: Progress | None
    lines: tuple[LogLine, ...]


async def statuses(prefect: Prefect, readers: Readers) -> list[JobStatus]:
    """Every job of the panel, in the catalogue's order. Raises `Unavailable` when Prefect is away."""
    flows = {"flows": {"name": {"any_": list(JOBS)}}}
    deployments = {
        one["name"]: one for one in await prefect.post("/deployments/filter", {**flows, "limit": 50})
    }
    return await asyncio.gather(
        *(_status(prefect, readers, job, deployments.get(job.deployment)) for job in JOBS.values())
    )


async def report(prefect: Prefect, readers: Readers, run_id: UUID) -> RunReport:
    """A run with its log. Raises `NotFound` for one that does not exist, or not for these readers."""
    run = _run(await prefect.get(f"/flow_runs/{run_id}"))
    if not readers.may_see(run):
        raise NotFound("There is no such run.", advice="Old runs are forgotten after a while.")
    lines = await _log(prefect, run_id)
    progress = Progress.from_log(line.text for line in lines)
    if readers.sees_all:
        return RunReport(run, progress, tuple(lines))
    own = progress and Progress(
        1, tuple(one for one in progress.outcomes if one.tenant_id == readers.tenant_id)
    )
    return RunReport(run.model_copy(update={"message": None}), own, ())


async def start(door: Door, prefect: Prefect, request_id: UUID, status: JobStatus, *, whole: bool) -> UUID:
    """Have a job run now, for all salons (`whole`) or for the door's own; gives the run's id.

    The database decides whether that is allowed, and keeps it on record. Sent twice with one `request_id`, it
    is one run. While the job is under way, that run is given and no other made.
    """
    if status.deployment_id is None:
        raise NotFound("The job is not registered with the job server yet.", advice="Try again in a moment.")
    whole = whole or not status.job.takes_tenant
    asked = await door.call("ask_job_run", request_id=request_id, job=status.job.flow, whole=whole)
    under_way = status.under_way
    if under_way is not None:
        return under_way.run_id
    tenant = asked["tenant_id"]
    parameters = {"tenant": tenant} if tenant else {}
    return await prefect.create_run(status.deployment_id, str(request_id), parameters)


async def _status(
    prefect: Prefect, readers: Readers, job: Job, deployment: dict[str, Any] | None
) -> JobStatus:
    if deployment is None:
        return JobStatus(job)
    of_job = {"deployment_id": {"any_": [deployment["id"]]}}
    past, coming = await asyncio.gather(
        prefect.post(
            "/flow_runs/filter",
            {
                # What waits for its hour is no run yet; what somebody asked for is, and a retry.
                "flow_runs": {**of_job, "state": {"name": {"not_any_": ["Scheduled"]}}},
                "sort": "START_TIME_DESC",
                "limit": LOG_PAGE,
            },
        ),
        prefect.post(
            "/flow_runs/filter",
            {
                "flow_runs": {**of_job, "state": {"name": {"any_": ["Scheduled", "Late"]}}},
                "sort": "EXPECTED_START_TIME_ASC",
                "limit": 20,
            },
        ),
    )
    coming_runs = [_run(row) for row in coming]
    asked_for = [run for run in coming_runs if not run.by_timetable]
    runs = [*asked_for, *(run for run in map(_run, past) if run.by_timetable or run not in asked_for)]
    schedules = [one for one in deployment["schedules"] if one["active"] and "cron" in one["schedule"]]
    schedule = schedules[0]["schedule"] if schedules else None
    return JobStatus(
        job=job,
        deployment_id=UUID(deployment["id"]),
        schedule=Schedule(cron=schedule["cron"], time_zone=schedule["timezone"] or "UTC")
        if schedule
        else None,
        is_paused=bool(deployment["paused"]) or schedule is None,
        runs=tuple([run for run in runs if readers.may_see(run)][:HISTORY_RUNS]),
        next_at=next((run.expected_at for run in coming_runs if run.by_timetable), None),
    )


async def _log(prefect: Prefect, run_id: UUID) -> list[LogLine]:
    lines: list[LogLine] = []
    for offset in range(0, MOST_LOG_LINES, LOG_PAGE):
        page = await prefect.post(
            "/logs/filter",
            {
                "logs": {"flow_run_id": {"any_": [str(run_id)]}},
                "sort": "TIMESTAMP_ASC",
                "limit": LOG_PAGE,
                "offset": offset,
            },
        )
        lines += [LogLine(_moment(row["timestamp"]), row["level"], row["message"]) for row in page]
        if len(page) < LOG_PAGE:
            break
    return lines


_moment = TypeAdapter(datetime).validate_python


def _run(row: dict[str, Any]) -> Run:
    state = row.get("state") or {}
    kind = _STATES.get(row["state_type"], State.WAITING)
    if kind is State.WAITING and row["run_count"]:
        kind = State.RETRYING
    try:
        return Run(
            run_id=row["id"],
            deployment_id=row["deployment_id"],
            state=kind,
            message=state.get("message"),
            expected_at=row["expected_start_time"],
            started_at=row["start_time"],
            ended_at=row["end_time"],
            tries=row["run_count"],
            by_timetable=row["auto_scheduled"],
            tenant=(row["parameters"] or {}).get("tenant"),
        )
    except ValidationError as error:
        raise Unexpected from error
