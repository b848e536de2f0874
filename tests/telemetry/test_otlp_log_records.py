"""Lines in a trace, and what is told of a step beside its span."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from telemetry import log_records
from telemetry.events import Kind, Phase, Problem, Status
from tests.telemetry.exports import RECEIVED_AT, SECOND, SPAN, START, TRACE, nested


def read(**fields: Any) -> Any:
    request = ExportLogsServiceRequest()
    given: dict[str, Any] = {"trace_id": TRACE, "span_id": SPAN, "time_unix_nano": START}
    request.resource_logs.add().scope_logs.add().log_records.append(LogRecord(**given | fields))
    return log_records.read(request, RECEIVED_AT)


def test_a_line_of_a_span() -> None:
    (event,) = read(body=AnyValue(string_value="paid"), severity_text="WARN").events
    assert (event.kind, event.phase, event.name) == (Kind.LOG, Phase.POINT, "paid")
    assert (event.parent_id, event.step_id == event.event_id) == (SPAN.hex(), True)
    assert event.payload.attributes == {"severity": "WARN"}


def test_a_line_may_have_its_name_and_its_conversation_as_attributes() -> None:
    told = {"event.name": "paid", "session.id": "thread-1"}
    pairs = [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in told.items()]
    (event,) = read(attributes=pairs).events
    assert (event.name, event.conversation_id) == ("paid", "thread-1")


def test_a_line_without_a_trace_is_of_no_run() -> None:
    result = read(trace_id=b"")
    assert (result.events, result.rejected) == ((), 1)


def test_a_line_without_a_span_is_of_the_trace() -> None:
    (event,) = read(span_id=b"", event_name="gen_ai.choice").events
    assert (event.kind, event.parent_id) == (Kind.LOG, None)


def test_lines_that_differ_are_different_events() -> None:
    ids = {read(body=AnyValue(int_value=number)).events[0].event_id for number in (1, 2, 1)}
    assert len(ids) == 2


def test_times() -> None:
    assert read(observed_time_unix_nano=START + SECOND).events[0].at == RECEIVED_AT
    assert read(time_unix_nano=0, observed_time_unix_nano=START + SECOND).events[0].at > RECEIVED_AT
    assert read(time_unix_nano=0).events[0].at == RECEIVED_AT


def test_an_exception_in_a_line() -> None:
    pairs = [
        KeyValue(key="exception.type", value=AnyValue(string_value="ValueError")),
        KeyValue(key="exception.message", value=AnyValue(string_value="no")),
    ]
    (event,) = read(attributes=pairs).events
    assert (event.status, event.problem) == (Status.SUCCEEDED, Problem("ValueError", "no"))


@pytest.mark.parametrize("body", [AnyValue(), AnyValue(int_value=7), nested(40)])
@pytest.mark.parametrize("name", ["gen_ai.choice", "gen_ai.tool.message", log_records.DETAILS])
def test_a_body_may_be_anything(body: AnyValue, name: str) -> None:
    (event,) = read(body=body, event_name=name).events
    assert event.step_id == SPAN.hex()
    assert event.tokens is None
