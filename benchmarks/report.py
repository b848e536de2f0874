"""How a figure is printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence


def figure(
    name: str, value: float, unit: str, *, at_most: float | None = None, at_least: float | None = None
) -> None:
    """Print one figure, and its target where there is one."""
    target = ""
    if at_most is not None:
        target = f"   target ≤ {at_most:g} {unit}: {'met' if value <= at_most else 'NOT MET'}"
    elif at_least is not None:
        target = f"   target ≥ {at_least:g} {unit}: {'met' if value >= at_least else 'NOT MET'}"
    print(f"  {name:<56} {value:>9.2f} {unit}{target}", flush=True)


def distribution(
    name: str,
    milliseconds: Sequence[float],
    *,
    median_at_most: float | None = None,
    p95_at_most: float | None = None,
) -> None:
    """Print median, 95th and 99th percentile of durations in milliseconds."""
    cuts = statistics.quantiles(milliseconds, n=100)
    figure(
        f"{name}, median of {len(milliseconds)}",
        statistics.median(milliseconds),
        "ms",
        at_most=median_at_most,
    )
    figure(f"{name}, p95", cuts[94], "ms", at_most=p95_at_most)
    figure(f"{name}, p99", cuts[98], "ms")


def percentile_95(name: str, milliseconds: Sequence[float], *, at_most: float | None = None) -> None:
    """Print the 95th percentile only: one line of a table."""
    figure(name, statistics.quantiles(milliseconds, n=20)[18], "ms", at_most=at_most)


async def timed(times: int, read: Callable[[], Awaitable[object]]) -> list[float]:
    """How many milliseconds a read takes, time and again; once before, for connections and plans."""
    await read()
    milliseconds = []
    for _ in range(times):
        began = time.perf_counter()
        await read()
        milliseconds.append((time.perf_counter() - began) * 1000)
    return milliseconds
