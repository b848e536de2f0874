"""The panel's own figures for Prometheus; docs/observability.md says what each means and when to worry.

No label holds a salon, a person or an address as it was typed: the number of series is bounded by the code.

A part with figures of its own keeps them in a class beside these, made with the registry as `LiveMetrics` is,
and is handed that class; the registry refuses a name that is taken.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from observability.build import VERSION

# A second series beside each counter, which Prometheus 2 and 3 do not use.
disable_created_metrics()  # type: ignore[no-untyped-call]

REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DATABASE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
DELAY_BUCKETS = (0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 3.5, 5.0, 10.0, 30.0)
"""Seconds. 0.15 is the aim of a live page, 3.5 that of a polling one."""
WAIT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0)
"""Seconds. An agent that asks all the time has a command within one; one that is away, when it is back."""


class Metrics:
    """All instruments of one panel."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.http = HttpMetrics(self.registry)
        self.database = DatabaseMetrics(self.registry)
        self.pages = PageMetrics(self.registry)
        self.log = LogMetrics(self.registry)
        self.live = LiveMetrics(self.registry)
        self.commands = CommandMetrics(self.registry)
        self.event_loop_lag = Histogram(
            "panel_event_loop_lag_seconds",
            "How much later than it asked for a timer of the event loop is called.",
            buckets=LAG_BUCKETS,
            registry=self.registry,
        )
        self.indexing_age = Age(
            Gauge(
                "panel_indexing_age_seconds",
                "Seconds since the indexes were last brought up to date, or since the start.",
                registry=self.registry,
            )
        )
        build = Info("panel_build", "Versions of the panel and of Python.", registry=self.registry)
        build.info({"version": VERSION, "python": platform.python_version()})


class HttpMetrics:
    """Requests that were answered. `route` is a template such as `/s/{tenant_id}/{page}`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "panel_http_requests",
            "HTTP requests by method, route and class of the status; `none` was not answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "panel_http_request_duration_seconds",
            "From a request's first byte to its answer's last one.",
            ["method", "route"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )


class DatabaseMetrics:
    """Reads and calls through `data.Door`. `name` is a view or a function of the schema `dashboard`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "panel_database_requests",
            "Reads and calls by view or function. Outcomes: ok, refused, unavailable, defect, cancelled.",
            ["kind", "name", "outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "panel_database_request_duration_seconds",
            "How long a read, with its retries, or a call took.",
            ["kind", "name"],
            buckets=DATABASE_BUCKETS,
            registry=registry,
        )


class PageMetrics:
    """What is open at this moment."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge(
            "panel_open_pages",
            "Pages held in memory, those included whose browser is away for a moment.",
            registry=registry,
        )
        self.sockets = Gauge("panel_open_sockets", "WebSockets of browsers.", registry=registry)

    def count_pages_by(self, count: Callable[[], int]) -> None:
        """Ask `count` at each scrape; it is called from another thread."""
        self.open.set_function(count)


class LogMetrics:
    """What went into the log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter(
            "panel_log_records", "Records of the log, by level.", ["level"], registry=registry
        )
        self.errors = Counter(
            "panel_errors",
            "Unexpected errors: those that somebody was shown the number of.",
            registry=registry,
        )


class LiveMetrics:
    """How fresh open pages are.

    - A bell (one for each salon with open pages) that changes its state:
      `bells.labels("polling").dec()`, then `bells.labels("live").inc()`; states are `BELL_STATES`.
    - A ring arrives: `rings.inc()`. The log of changes was read: `reads.labels("ok").inc()`, or `"failed"`,
      then `changes.inc(how_many)` for the rows that were new.
    - A page has read what a change was about: `delay.observe(seconds)`, from the change's `changed_at` to the
      end of that read. Clocks of two machines differ: pass `max(0, seconds)`.
    """

    BELL_STATES = ("live", "polling", "offline")
    READ_OUTCOMES = ("ok", "failed")

    def __init__(self, registry: CollectorRegistry) -> None:
        self.bells = Gauge("panel_live_bells", "Bells of salons, by state.", ["state"], registry=registry)
        self.rings = Counter("panel_live_rings", "Rings that arrived from Realtime.", registry=registry)
        self.changes = Counter(
            "panel_live_changes", "Changes read from the log of changes.", registry=registry
        )
        self.reads = Counter(
            "panel_live_reads", "Reads of the log of changes, by outcome.", ["outcome"], registry=registry
        )
        self.delay = Histogram(
            "panel_live_delay_seconds",
            "From a change in the database to the end of the read that a page did for it.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
        # There from the first scrape on, so that an alert on their absence or growth works.
        for state in self.BELL_STATES:
            self.bells.labels(state)
        for outcome in self.READ_OUTCOMES:
            self.reads.labels(outcome)


class CommandMetrics:
    """How what people tell agents to do comes to them.

    - A push channel was tried: `pushes.labels("ok").inc()`, or `"failed"`.
    - A command was handed over for the first time: `wait.labels("push").observe(seconds)` since it was
      queued, or `"pull"` for an agent that asked.
    - An agent has said what became of one: `answers.labels(status).inc()`.
    - It was looked how all commands stand: `stand(counts)`.
    """

    PUSH_OUTCOMES = ("ok", "failed")
    WAYS = ("push", "pull")
    ANSWERS = ("received", "done", "failed")
    STATUSES = ("queued", "sent", "received", "done", "failed", "expired", "dead")

    def __init__(self, registry: CollectorRegistry) -> None:
        self.pushes = Counter(
            "panel_command_pushes",
            "Tries to push a command to the webhook or to Redis, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self.wait = Histogram(
            "panel_command_wait_seconds",
            "From a command's queueing until it is first handed over, by way.",
            ["way"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.answers = Counter(
            "panel_command_answers", "What agents said of commands.", ["status"], registry=registry
        )
        self._standing = Gauge(
            "panel_commands",
            "Commands of all salons that are under way or ended within a day, by status.",
            ["status"],
            registry=registry,
        )
        for outcome in self.PUSH_OUTCOMES:
            self.pushes.labels(outcome)
        for way in self.WAYS:
            self.wait.labels(way)
        for answer in self.ANSWERS:
            self.answers.labels(answer)

    def stand(self, counts: Mapping[str, int]) -> None:
        """So many of each status; of those that are not named, none."""
        for status in self.STATUSES:
            self._standing.labels(status).set(counts.get(status, 0))


class Age:
    """Seconds since something last happened, computed at each scrape; setting a clock does not move it."""

    def __init__(self, gauge: Gauge) -> None:
        self._since = time.monotonic()
        gauge.set_function(lambda: time.monotonic() - self._since)

    def renew(self) -> None:
        """It has happened now."""
        self._since = time.monotonic()
