"""OpenTelemetry traces, sent by OTLP over HTTP. Imported only when they are switched on.

The collector is `OTEL_EXPORTER_OTLP_ENDPOINT`; other standard variables (`OTEL_SERVICE_NAME`, headers,
sampler, the size of the queue) are read by the SDK. Spans wait in its bounded queue for a thread of its own:
a collector that is slow or away costs spans, never a page's time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from observability.build import VERSION

if TYPE_CHECKING:
    from data import Kind
    from observability.requests import Exchange

logger = logging.getLogger(__name__)

SERVICE = "agent-p-panel"
CLOSE_SECONDS = 2.0
"""How long the end of the process waits for the last spans to be sent."""

# Trace context only: the baggage that a stranger sends is nobody's business further on.
_propagator = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class DatabaseSpan:
    """A read or call that is going on."""

    span: Span

    def end_as(self, outcome: str) -> None:
        """Note how it ended; texts of errors may quote a row and are left out."""
        self.span.set_attribute("panel.outcome", outcome)
        if outcome in {"unavailable", "defect"}:
            self.span.set_status(StatusCode.ERROR)


class Tracing:
    """The spans of one process, from its start to `close`."""

    def __init__(self) -> None:
        # Ended by `close`: at the interpreter's own end the SDK would wait for as long as it likes.
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._exporter = OTLPSpanExporter()
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("panel", VERSION)

    @contextmanager
    def request(self, scope: Scope, exchange: Exchange) -> Iterator[None]:
        """The server's span around one HTTP request, a part of the caller's trace if it brought one."""
        span = self._tracer.start_span(
            f"{exchange.method} {exchange.route}",
            context=_propagator.extract(Headers(scope=scope)),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": exchange.method,
                "http.route": exchange.route,
                "panel.request_id": exchange.origin.request_id,
            },
        )
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            finally:
                _tell_end(span, exchange)

    @contextmanager
    def database(self, kind: Kind, name: str) -> Iterator[DatabaseSpan]:
        """The client's span around one read or call of the view or function `name`."""
        parent = trace.get_current_span()
        # A page's timers and background tasks go on after the request that opened it; what they do is a trace
        # of its own, or a page that stays open for a day would be a trace of a day.
        is_over = isinstance(parent, ReadableSpan) and parent.end_time is not None
        with self._tracer.start_as_current_span(
            name,
            context=otel_context.Context() if is_over else None,
            kind=SpanKind.CLIENT,
            attributes={
                "db.system.name": "postgresql",
                "db.namespace": "dashboard",
                "db.operation.name": name,
                "panel.kind": kind,
            },
            links=[Link(parent.get_span_context())] if is_over else None,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield DatabaseSpan(span)

    async def pass_on(self, request: httpx.Request) -> None:
        """Tell Supabase which trace a request is part of (an httpx request hook, for its client only)."""
        _propagator.inject(request.headers)

    async def close(self) -> None:
        """Send what is left, within `CLOSE_SECONDS`; what takes longer is lost."""
        # A thread of its own, and a daemon: one of the loop's would be waited for again at the process's end.
        ending = threading.Thread(target=self._provider.shutdown, name="traces end", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, CLOSE_SECONDS)
        if ending.is_alive():
            logger.warning("The last traces could not be sent within %.0f s and are lost", CLOSE_SECONDS)
            logging.getLogger("opentelemetry").setLevel(
                logging.CRITICAL
            )  # it would say so again for each batch
            self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _resource() -> Resource:
    found = Resource.create({SERVICE_VERSION: VERSION})
    if str(found.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return found.merge(Resource({SERVICE_NAME: SERVICE}))
    return found


def _tell_end(span: Span, exchange: Exchange) -> None:
    if exchange.origin.tenant_id is not None:
        span.set_attribute("panel.tenant_id", exchange.origin.tenant_id)
    if exchange.status:
        span.set_attribute("http.response.status_code", exchange.status)
    if exchange.status >= 500:
        span.set_status(StatusCode.ERROR)
