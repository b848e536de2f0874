"""Watches what goes through `data.Door`: which view or function, how long, how it ended. No arguments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from errors import AppError, Unavailable, Unexpected
from observability.metrics import DatabaseMetrics

if TYPE_CHECKING:
    from data import Kind
    from observability.traces import Tracing


class DatabaseWatch:
    """To be set as `Supabase.observe`."""

    def __init__(self, metrics: DatabaseMetrics, tracing: Tracing | None) -> None:
        self._metrics = metrics
        self._tracing = tracing

    @contextmanager
    def __call__(self, kind: Kind, name: str) -> Iterator[None]:
        """Watch what the block does to the view or function `name`."""
        began = time.perf_counter()
        outcome = "ok"
        with self._tracing.database(kind, name) if self._tracing else nullcontext() as span:
            try:
                yield
            except BaseException as error:
                outcome = _outcome(error)
                raise
            finally:
                if span is not None:
                    span.end_as(outcome)
                self._metrics.requests.labels(kind, name, outcome).inc()
                self._metrics.seconds.labels(kind, name).observe(time.perf_counter() - began)


def _outcome(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, Unavailable):
        return "unavailable"
    if isinstance(error, AppError) and not isinstance(error, Unexpected):
        return "refused"
    return "defect"
