"""What a running panel costs: processor time, memory, and how late its event loop is."""

from __future__ import annotations

import time
from typing import NamedTuple

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.panel_process import PanelProcess

TOKEN = "a-token-for-the-benchmarks"
LAG = "panel_event_loop_lag_seconds"
DELAY = "panel_live_delay_seconds"
Histogram = dict[float, float]
"""Cumulative counts by upper bound, in seconds."""


class Vitals(NamedTuple):
    """At a moment (`time.monotonic`); processor times in seconds, since each process began."""

    at: float
    panel_seconds: float
    database_seconds: float
    histograms: dict[str, Histogram]


def take(panel: PanelProcess) -> Vitals:
    """Look at the panel now. Connections of the database that ended in between count no more."""
    own, *others = panel.family()
    return Vitals(time.monotonic(), _seconds(own), sum(_seconds(one) for one in others), _scrape(panel.url))


def processor_percent(before: Vitals, after: Vitals) -> tuple[float, float]:
    """Of one core, the panel's and the database's."""
    wall = after.at - before.at
    return (
        100 * (after.panel_seconds - before.panel_seconds) / wall,
        100 * (after.database_seconds - before.database_seconds) / wall,
    )


def quantile_ms(before: Vitals, after: Vitals, name: str, part: float) -> float:
    """Of what a histogram counted in between, in ms, as Prometheus' `histogram_quantile` finds it."""
    counts = {
        bound: count - before.histograms[name][bound] for bound, count in after.histograms[name].items()
    }
    total = max(counts.values())
    below, bound_below = 0.0, 0.0
    for bound, count in sorted(counts.items()):
        if count >= part * total and count > below:
            if bound == float("inf"):
                break
            return 1000 * (bound_below + (bound - bound_below) * (part * total - below) / (count - below))
        below, bound_below = count, bound
    return 1000 * bound_below


def megabytes(panel: PanelProcess) -> float:
    """Proportional set size of the panel's own process."""
    return float(panel.family()[0].memory_full_info().pss) / 2**20


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _scrape(url: str) -> dict[str, Histogram]:
    answer = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    answer.raise_for_status()
    histograms: dict[str, Histogram] = {LAG: {}, DELAY: {}}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name.endswith("_bucket") and family.name in histograms:
                histograms[family.name][float(sample.labels["le"])] = sample.value
    return histograms
