"""What the overview of a large salon takes to read: the whole page's data, one read at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.large.collected import collect_all, forget_all
from benchmarks.large.installation import Installation, installation
from benchmarks.report import distribution, timed
from queries import overview

READS = 60
FEW_READS = 20
P95_MS = 150


async def measure(data_dir: Path) -> None:
    """Before anything is collected, and after: a page is right in either case, and quick in the second."""
    async with installation(data_dir) as large:
        await forget_all(large.admin_uri)
        await _measure(large, "nothing collected", FEW_READS, None)
        await collect_all(large.worker)
        await _measure(large, "collected", READS, P95_MS)


async def _measure(large: Installation, state: str, reads: int, p95_at_most: float | None) -> None:
    today = datetime.now(UTC).date()
    for days in (1, 30, 90):
        first = today - timedelta(days=days - 1)
        found = await timed(reads, partial(overview.read, large.owner, first, today))
        distribution(f"overview of {days} days, {state}", found, p95_at_most=p95_at_most)
