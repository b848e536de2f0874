"""Captured exports, and spans made by hand, as the events that come out of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telemetry import log_records, otlp, spans
from telemetry.events import Event, Kind, Phase, Tokens
from telemetry.spans import Reading

CAPTURES = Path(__file__).parent / "captures"
RECEIVED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = 1_000_000_000
START = int(RECEIVED_AT.timestamp()) * SECOND

TRACE = bytes(range(16))
SPAN = bytes(range(1, 9))


def captured(name: str) -> list[Event]:
    """Of all exports in `captures/<name>.json`, in the order in which they came."""
    events: list[Event] = []
    for export in json.loads((CAPTURES / f"{name}.json").read_text()):
        body = json.dumps(export["body"]).encode()
        if export["path"] == "/v1/traces":
            reading = spans.read(otlp.traces(body, "application/json"), RECEIVED_AT)
        else:
            reading = log_records.read(otlp.logs(body, "application/json"), RECEIVED_AT)
        assert reading.rejected == 0
        events.extend(reading.events)
    return events


def of_kind(events: list[Event], kind: Kind, phase: Phase = Phase.ENDED) -> list[Event]:
    return [event for event in events if event.kind is kind and event.phase is phase]


def total(events: list[Event]) -> Tokens:
    """As a run's page would add them."""
    told = [event.tokens for event in events if event.tokens is not None]
    return Tokens(
        input=sum(one.input or 0 for one in told),
        output=sum(one.output or 0 for one in told),
        cache_read=sum(one.cache_read or 0 for one in told),
        reasoning=sum(one.reasoning or 0 for one in told),
    )


def made(attributes: Mapping[str, Any] | None = None, **fields: Any) -> Span:
    """A span of one second. Attributes are text, numbers or `AnyValue`."""
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "name": "step",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + SECOND,
        "attributes": [KeyValue(key=key, value=_any(value)) for key, value in (attributes or {}).items()],
    }
    return Span(**given | fields)


def raised(kind: str, message: str, **attributes: str) -> Span.Event:
    told = {"exception.type": kind, "exception.message": message} | {
        f"exception.{name}": value for name, value in attributes.items()
    }
    pairs = [KeyValue(key=key, value=_any(value)) for key, value in told.items()]
    return Span.Event(name="exception", time_unix_nano=START + SECOND // 2, attributes=pairs)


def export(*some: Span) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(some)
    return request


def reading(*some: Span) -> Reading:
    return spans.read(export(*some), RECEIVED_AT)


def one(attributes: Mapping[str, Any] | None = None, **fields: Any) -> Event:
    """The event of a single span."""
    (event,) = reading(made(attributes, **fields)).events
    return event


def nested(depth: int) -> AnyValue:
    """A text in as many lists."""
    value = AnyValue(string_value="deep")
    for _ in range(depth):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    return value


def _any(value: Any) -> AnyValue:
    if isinstance(value, AnyValue):
        return value
    if isinstance(value, str):
        return AnyValue(string_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(double_value=value)
