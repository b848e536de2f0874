"""Log records -> events.

Content that an emitter keeps off its spans comes as log records of the same step. Each is an event POINT of
that step, whose payload adds to the span's: `gen_ai.client.inference.operation.details` has the whole prompt
and answer, `gen_ai.user.message` and its like one message each. Tokens and cost are the span's alone. Any
other log record in a trace is a step of kind LOG under its span; one without a trace is of no run, and
rejected.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from telemetry import attributes as attribute_reader
from telemetry.attributes import Attributes, short
from telemetry.events import MAX_MESSAGE, MAX_STACK, Event, Kind, Payload, Phase, Problem, Status
from telemetry.messages import of_chat
from telemetry.spans import (
    MAX_RECORDS,
    Reading,
    is_span_id,
    is_trace_id,
    moment,
    refuse_more_than,
    service_name,
    tell,
)
from telemetry.told import Told

DETAILS = "gen_ai.client.inference.operation.details"
CHOICE = "gen_ai.choice"
ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
"""Of the conventions before 1.37: one record a message."""

_OF_STEP = frozenset({DETAILS, CHOICE, *ROLES})


def read(request: ExportLogsServiceRequest, received_at: datetime) -> Reading:
    """All records of an export; as `spans.read`."""
    counted = len(request.resource_logs)
    events: list[Event] = []
    rejected = 0
    for of_resource in request.resource_logs:
        service = service_name(of_resource.resource)
        counted += len(of_resource.scope_logs)
        for of_scope in of_resource.scope_logs:
            counted += len(of_scope.log_records)
            refuse_more_than(MAX_RECORDS, counted)
            for record in of_scope.log_records:
                if is_trace_id(record.trace_id):
                    events.append(_event(record, service, received_at))
                else:
                    rejected += 1
    return Reading(tuple(events), rejected)


def _event(record: LogRecord, service: str | None, received_at: datetime) -> Event:
    attributes = attribute_reader.read(record.attributes)
    name = short(record.event_name) or attributes.pop_text("event.name") or ""
    line = _line(record, name, service, received_at)
    if name in _OF_STEP and line.parent_id is not None:
        return _of_step(line, record, attributes)
    if record.severity_text:
        attributes.plain["severity"] = short(record.severity_text)
    return replace(
        line,
        conversation_id=attributes.pop_text("gen_ai.conversation.id", "session.id"),
        problem=_problem(attributes),
        payload=replace(line.payload, attributes=attributes.plain),
    )


def _line(record: LogRecord, name: str, service: str | None, received_at: datetime) -> Event:
    trace_id = record.trace_id.hex()
    span_id = record.span_id.hex() if is_span_id(record.span_id) else None
    # a record has no id: what it says stands in for it, so that the same told again is the same
    digest = blake2b(record.SerializeToString(deterministic=True), digest_size=8).hexdigest()
    event_id = f"{trace_id}:{span_id or 'trace'}:log:{digest}"
    nanoseconds = record.time_unix_nano or record.observed_time_unix_nano
    body = attribute_reader.plain(record.body)
    return Event(
        event_id=event_id,
        step_id=event_id,
        kind=Kind.LOG,
        phase=Phase.POINT,
        status=Status.SUCCEEDED,  # the line was written; whether the run fails, its spans say
        name=name or (short(body) if isinstance(body, str) else "") or "log",
        at=moment(nanoseconds) if nanoseconds else received_at,
        trace_id=trace_id,
        parent_id=span_id,
        source=service,
        payload=Payload(result=body),
    )


def _of_step(line: Event, record: LogRecord, attributes: Attributes) -> Event:
    """The parent of the line is the step that it tells of."""
    error_type = attributes.pop_text("error.type")
    told = tell(attributes, line.name)
    if line.name != DETAILS:
        _add_message(told, line)
    return replace(
        line,
        step_id=record.span_id.hex(),
        parent_id=None,
        kind=told.kind,
        status=Status.FAILED if error_type else Status.SUCCEEDED,
        conversation_id=told.conversation_id,
        source=told.agent or line.source,
        node=told.node,
        model=told.model,
        provider=told.provider,
        payload=told.payload(attributes.plain),
    )


def _add_message(told: Told, line: Event) -> None:
    told.kind = Kind.MODEL_CALL
    body = line.payload.result if isinstance(line.payload.result, dict) else {"content": line.payload.result}
    if line.name == CHOICE:
        message = body.get("message")
        told.answer = (of_chat(message if isinstance(message, dict) else body, "assistant"),)
    else:
        told.prompt = (of_chat(body, ROLES[line.name]),)


def _problem(attributes: Attributes) -> Problem | None:
    kind = attributes.pop_text("exception.type")
    message, stack = attributes.pop("exception.message"), attributes.pop("exception.stacktrace")
    if kind is None and message is None:
        return None
    return Problem(kind, str(message or "")[:MAX_MESSAGE], str(stack)[:MAX_STACK] if stack else None)
