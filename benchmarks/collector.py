"""The metrics collector: fifty salons' last ninety days, and what one more day costs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from benchmarks.large.collected import DAYS, collect_all, forget_all
from benchmarks.large.installation import installation
from benchmarks.large.salons import SALONS
from benchmarks.report import figure


async def measure(data_dir: Path) -> None:
    """Everything anew; then nothing; then one day of every salon, as a change of that day leaves it."""
    async with installation(data_dir) as large:
        connection = await asyncpg.connect(large.admin_uri)
        try:
            await forget_all(large.admin_uri)
            began = time.perf_counter()
            days = await collect_all(large.worker)
            figure(f"{SALONS} salons × {DAYS} days ({days:,} days)", time.perf_counter() - began, "s")
            began = time.perf_counter()
            await collect_all(large.worker)
            figure("again, with nothing to do", time.perf_counter() - began, "s")
            yesterday = datetime.now(UTC).date() - timedelta(days=1)
            await connection.execute("delete from dashboard.metrics_collected where day = $1", yesterday)
            began = time.perf_counter()
            days = await collect_all(large.worker)
            figure(f"one day's increment ({days} days)", time.perf_counter() - began, "s")
        finally:
            await connection.close()
