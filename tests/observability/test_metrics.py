"""Instruments: what is there from the first scrape on, and what moves them."""

from __future__ import annotations

import asyncio
import time
import tomllib
from contextlib import nullcontext
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from errors import Invalid, Unavailable, Unexpected
from observability import lag
from observability.build import VERSION
from observability.database import DatabaseWatch
from observability.metrics import Metrics

ROOT = Path(__file__).parents[2]


def value(metrics: Metrics, sample: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(sample, labels) or 0.0


def test_every_figure_is_there_at_once_and_documented() -> None:
    families = list(text_string_to_metric_families(generate_latest(Metrics().registry).decode()))
    ours = {family.name for family in families if family.name.startswith("panel_")}
    told = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    assert len(ours) > 10
    assert not {name for name in ours if f"`{name}" not in told}
    assert not [family.name for family in families if family.name.endswith("_created")]


def test_two_panels_in_one_process_do_not_share_figures() -> None:
    one, other = Metrics(), Metrics()
    one.live.rings.inc()
    assert value(one, "panel_live_rings_total") == 1
    assert value(other, "panel_live_rings_total") == 0


def test_a_bell_is_in_one_state() -> None:
    metrics = Metrics()
    assert value(metrics, "panel_live_bells", state="offline") == 0
    metrics.live.bells.labels("live").inc()
    metrics.live.bells.labels("live").dec()
    metrics.live.bells.labels("polling").inc()
    states = [value(metrics, "panel_live_bells", state=state) for state in metrics.live.BELL_STATES]
    assert states == [0, 1, 0]


def test_the_age_of_the_indexes_grows_until_they_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("observability.metrics.time.monotonic", lambda: now[0])
    metrics = Metrics()
    now[0] += 30
    assert value(metrics, "panel_indexing_age_seconds") == 30
    metrics.indexing_age.renew()
    now[0] += 2
    assert value(metrics, "panel_indexing_age_seconds") == 2


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


async def test_a_blocked_loop_shows_as_lag() -> None:
    metrics = Metrics()
    task = asyncio.create_task(lag.measure(metrics.event_loop_lag))
    await asyncio.sleep(lag.SECONDS * 1.5)
    time.sleep(lag.SECONDS * 2.5)
    await asyncio.sleep(lag.SECONDS / 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    late = value(metrics, "panel_event_loop_lag_seconds_count") - value(
        metrics, "panel_event_loop_lag_seconds_bucket", le="0.1"
    )
    assert late == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (Invalid("No."), "refused"),
        (Unavailable("Away."), "unavailable"),
        (Unexpected(), "defect"),
        (KeyError("x"), "defect"),
        (asyncio.CancelledError(), "cancelled"),
    ],
    ids=["ok", "refused", "unavailable", "unexpected", "any", "cancelled"],
)
def test_reads_and_calls_are_counted_by_how_they_end(error: BaseException | None, outcome: str) -> None:
    metrics = Metrics()
    watch = DatabaseWatch(metrics.database, None)
    with pytest.raises(type(error)) if error else nullcontext(), watch("read", "my_tenants"):
        if error is not None:
            raise error
    labels = {"kind": "read", "name": "my_tenants"}
    assert value(metrics, "panel_database_requests_total", outcome=outcome, **labels) == 1
    assert value(metrics, "panel_database_request_duration_seconds_count", **labels) == 1
