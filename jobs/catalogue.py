"""Which jobs there are and when they run; known without Prefect's library, so that pages may know it too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One flow and its one deployment. `cron` is in UTC.

    `takes_tenant`: its run can be limited to one salon, by its parameter `tenant`.
    """

    flow: str
    deployment: str
    cron: str
    takes_tenant: bool = False


METRICS_COLLECTOR = Job("metrics-collector", "every-10-minutes", "*/10 * * * *", takes_tenant=True)
HOUSEKEEPING = Job("housekeeping", "hourly", "17 * * * *")
TELEMETRY_RETENTION = Job("telemetry-retention", "every-6-hours", "43 */6 * * *")

JOBS = {job.flow: job for job in (METRICS_COLLECTOR, HOUSEKEEPING, TELEMETRY_RETENTION)}
"""By the name of the flow, in the order in which pages show them."""
