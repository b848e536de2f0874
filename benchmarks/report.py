"""How a figure is printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def figure(name: str, value: float, unit: str, *, at_most: float | None = None) -> None:
    """Print one figure, and its target where there is one."""
    target = ""
    if at_most is not None:
        target = f"   target ≤ {at_most:g} {unit}: {'met' if value <= at_most else 'NOT MET'}"
    print(f"  {name:<48} {value:>9.2f} {unit}{target}")


def distribution(name: str, milliseconds: Sequence[float], *, median_at_most: float | None = None) -> None:
    """Print median, 95th and 99th percentile of durations in milliseconds."""
    cuts = statistics.quantiles(milliseconds, n=100)
    figure(
        f"{name}, median of {len(milliseconds)}",
        statistics.median(milliseconds),
        "ms",
        at_most=median_at_most,
    )
    figure(f"{name}, p95", cuts[94], "ms")
    figure(f"{name}, p99", cuts[98], "ms")
