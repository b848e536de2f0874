"""The jobs as Prefect deploys them. Whoever runs them finds the code by the name of its module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker

from jobs.catalogue import JOBS
from jobs.housekeeping import housekeeping
from jobs.metrics_collector import metrics_collector
from jobs.telemetry_retention import telemetry_retention

WORK_POOL = "panel"
HOME = Path(__file__).resolve().parent.parent
"""Where runs start, so that they can import the panel's modules."""

FLOWS: tuple[Flow[..., Any], ...] = (metrics_collector, housekeeping, telemetry_retention)

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run that comes while the last one is still busy would only do the same work."""


def timetable() -> list[RunnerDeployment]:
    """Every job with its schedule."""
    return [
        RunnerDeployment.from_flow(
            flow,
            name=JOBS[flow.name].deployment,
            cron=JOBS[flow.name].cron,
            concurrency_limit=ONE_AT_A_TIME,
            tags=[flow.name],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for flow in FLOWS
    ]


async def register() -> list[str]:
    """Register every job with a server whose runner needs no work pool: that of an embedded Prefect.

    Safe to repeat, as `deploy`. Returns the names of the deployments.
    """
    deployments = timetable()
    for deployment in deployments:
        await deployment.aapply()
    return [deployment.full_name for deployment in deployments]


async def deploy() -> list[str]:
    """Register every job with the Prefect server, for workers of type `process` in the pool `panel`.

    Creates the pool where it is missing. Safe to repeat: what is there already is brought up to date.
    Returns the names of the deployments.
    """
    pool = WorkPoolCreate(
        name=WORK_POOL,
        type=ProcessWorker.type,
        base_job_template=ProcessWorker.get_default_base_job_template(),
    )
    async with get_client() as client:
        await client.create_work_pool(pool, overwrite=True)
    names = []
    for deployment in timetable():
        deployment.job_variables = {"working_dir": str(HOME)}
        await deployment.aapply(work_pool_name=WORK_POOL)
        names.append(deployment.full_name)
    return names
