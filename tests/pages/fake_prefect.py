"""A Prefect server in memory, as far as the jobs page asks it; times are around the page's NOW."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from jobs.catalogue import HOUSEKEEPING, JOBS, METRICS_COLLECTOR, TELEMETRY_RETENTION, Job
from jobs.prefect_api import Prefect

DEPLOYMENTS = {
    METRICS_COLLECTOR: UUID("30000000-0000-4000-8000-000000000001"),
    HOUSEKEEPING: UUID("30000000-0000-4000-8000-000000000002"),
    TELEMETRY_RETENTION: UUID("30000000-0000-4000-8000-000000000003"),
}


@dataclass
class FakePrefect:
    """Change `runs`, `logs`, `status` while a page is open; `created` is what was asked for."""

    now: datetime
    runs: list[dict[str, Any]] = field(default_factory=list)
    logs: dict[str, list[str]] = field(default_factory=dict)
    status: int = 200
    jobs: tuple[Job, ...] = tuple(JOBS.values())
    created: list[dict[str, Any]] = field(default_factory=list)

    @property
    def prefect(self) -> Prefect:
        """The way to it."""
        return Prefect("http://prefect.test/api", transport=httpx.MockTransport(self._answer))

    def run(
        self,
        state: str = "COMPLETED",
        *,
        job: Job = METRICS_COLLECTOR,
        minutes_ago: float = 10,
        seconds: float = 2.0,
        log: list[str] | None = None,
        **values: Any,
    ) -> str:
        """Add a run; gives its id."""
        run_id = str(uuid4())
        begun = self.now - timedelta(minutes=minutes_ago)
        over = state in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        waiting = state == "SCHEDULED"
        row = {
            "id": run_id,
            "deployment_id": str(DEPLOYMENTS[job]),
            "state_type": state,
            "state": {"name": values.pop("name", state.title()), "message": values.pop("message", None)},
            "expected_start_time": begun.isoformat(),
            "start_time": None if waiting else begun.isoformat(),
            "end_time": (begun + timedelta(seconds=seconds)).isoformat() if over else None,
            "run_count": 0 if waiting else 1,
            "auto_scheduled": True,
            "parameters": {},
        }
        self.runs.append({**row, **values})
        self.logs[run_id] = log or []
        return run_id

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.status != 200:
            return httpx.Response(self.status)
        path = request.url.path.removeprefix("/api")
        asked = json.loads(request.content) if request.content else {}
        if path == "/deployments/filter":
            return httpx.Response(200, json=[self._deployment(job) for job in self.jobs])
        if path == "/flow_runs/filter":
            return httpx.Response(200, json=self._filtered(asked))
        if path == "/logs/filter":
            return httpx.Response(200, json=self._log(asked))
        if path.endswith("/create_flow_run"):
            self.created.append(asked)
            run_id = self.run("PENDING", minutes_ago=0, auto_scheduled=False, parameters=asked["parameters"])
            return httpx.Response(201, json={"id": run_id})
        found = [run for run in self.runs if run["id"] == path.rpartition("/")[2]]
        return httpx.Response(200, json=found[0]) if found else httpx.Response(404)

    def _deployment(self, job: Job) -> dict[str, Any]:
        schedule = {"cron": job.cron, "timezone": None}
        return {
            "id": str(DEPLOYMENTS[job]),
            "name": job.deployment,
            "paused": False,
            "schedules": [{"active": True, "schedule": schedule}],
        }

    def _filtered(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        of_job = [
            run for run in self.runs if run["deployment_id"] in asked["flow_runs"]["deployment_id"]["any_"]
        ]
        names = asked["flow_runs"]["state"]["name"]
        if "any_" in names:
            kept = [run for run in of_job if run["state"]["name"] in names["any_"]]
        else:
            kept = [run for run in of_job if run["state"]["name"] not in names["not_any_"]]
        newest_first = asked["sort"].endswith("DESC")
        return sorted(kept, key=lambda run: str(run["expected_start_time"]), reverse=newest_first)

    def _log(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        lines = self.logs[asked["logs"]["flow_run_id"]["any_"][0]]
        begin = asked["offset"]
        return [
            {"timestamp": self.now.isoformat(), "level": 20, "message": line}
            for line in lines[begin : begin + asked["limit"]]
        ]
