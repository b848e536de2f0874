"""Which job runs when. Prefect's workers find the code by module name: they run from the same image."""

from __future__ import annotations

from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker

from jobs.housekeeping import housekeeping

WORK_POOL = "panel"
HOME = Path(__file__).resolve().parent.parent
"""Where runs start, so that they can import the panel's modules."""

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run that comes while the last one is still busy would only do the same work."""


def timetable() -> list[RunnerDeployment]:
    """Every job with its schedule (cron, UTC)."""
    return [
        RunnerDeployment.from_flow(
            housekeeping,
            name="hourly",
            cron="17 * * * *",
            concurrency_limit=ONE_AT_A_TIME,
            tags=["housekeeping"],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    ]


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
