"""The collector's work, done here: without Prefect, which only says when."""

from __future__ import annotations

import asyncpg

from data import Door
from jobs.metrics_collector import Work, collect

DAYS = 90


async def collect_all(worker: Door) -> int:
    """Collect what is missing of every salon's last 90 days; gives the number of days."""
    outcomes = [outcome async for outcome in collect(worker, Work(DAYS), lambda _: None)]
    if failed := [outcome for outcome in outcomes if outcome.failure is not None]:
        raise RuntimeError(f"{len(failed)} salons were not collected: {failed[0].failure}")
    return sum(outcome.days for outcome in outcomes)


async def forget_all(admin_uri: str) -> None:
    """Leave no day collected."""
    connection = await asyncpg.connect(admin_uri)
    try:
        await connection.execute("delete from dashboard.metrics_collected")
    finally:
        await connection.close()
