"""Spans -> events.

A complete span is one event, ENDED, with both times. Logfire's pending spans, and spans without an end, are
events BEGUN of the same step. What a step waits for is an event of its own. Nothing is remembered from one
span to the next: the same span makes the same event whenever, in whatever order and however often it comes.

A run that waits is seen by its waiting step, not by its root: LangGraph's root ends as if all were done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from errors import Invalid, TooLarge
from telemetry import attributes as attribute_reader
from telemetry import gen_ai, openinference, own_dialect, problems
from telemetry.attributes import MAX_KEYS, Attributes, short
from telemetry.events import Event, Kind, Payload, Phase, Status
from telemetry.problems import Outcome
from telemetry.told import Approval, Told

MAX_RECORDS = 20_000
"""Spans or log records of one export, and groups of them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSET = bytes(8)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came out of one export. The `rejected` records had no valid ids, or an event of ours that is none;
    the sender is to be told of them as a partial success (https://opentelemetry.io/docs/specs/otlp/#partial-success-1)."""

    events: tuple[Event, ...]
    rejected: int = 0


def read(request: ExportTraceServiceRequest, received_at: datetime) -> Reading:
    """All spans of an export. `received_at`, aware, stands in for times that are not told.

    Raises `TooLarge` for more than `MAX_RECORDS` of them. Times are the emitter's own, right or wrong.
    """
    counted = len(request.resource_spans)
    events: list[Event] = []
    rejected = 0
    for of_resource in request.resource_spans:
        service = service_name(of_resource.resource)
        counted += len(of_resource.scope_spans)
        for of_scope in of_resource.scope_spans:
            counted += len(of_scope.spans)
            refuse_more_than(MAX_RECORDS, counted)
            for span in of_scope.spans:
                try:
                    events.extend(_events(span, service, received_at))
                except Invalid:
                    rejected += 1
    return Reading(tuple(events), rejected)


def refuse_more_than(most: int, counted: int) -> None:
    """Raises `TooLarge`."""
    if counted > most:
        raise TooLarge("The export is too large.", advice="Export fewer spans or log records at a time.")


def service_name(resource: Resource) -> str | None:
    """`service.name`, cut to a line; None where it is not told."""
    for pair in resource.attributes[:MAX_KEYS]:
        if pair.key == "service.name":
            return short(pair.value.string_value) or None
    return None


def is_trace_id(raw: bytes) -> bool:
    """Of 16 bytes that are not all zero (https://www.w3.org/TR/trace-context/#trace-id)."""
    return len(raw) == 16 and any(raw)


def is_span_id(raw: bytes) -> bool:
    """Of 8 bytes that are not all zero."""
    return len(raw) == 8 and raw != _UNSET


def moment(nanoseconds: int) -> datetime:
    """Of nanoseconds since 1970; less than a microsecond is cut off. OTLP's largest is in the year 2554."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def tell(attributes: Attributes, name: str) -> Told:
    """By the dialect that the attributes are of."""
    if openinference.MARK in attributes.plain:
        return openinference.read(attributes, name)
    return gen_ai.read(attributes)


def _events(span: Span, service: str | None, received_at: datetime) -> Iterator[Event]:
    """Raises `Invalid` before the first."""
    if not (is_trace_id(span.trace_id) and is_span_id(span.span_id)):
        raise Invalid("A span has no valid ids.")
    attributes = attribute_reader.read(span.attributes)
    if own_dialect.MARK in attributes.plain:
        yield own_dialect.read(attributes, received_at)
        return
    is_pending = attributes.plain.get("logfire.span_type") == "pending_span"
    step_id, parent_id = _place(span, attributes, is_pending)
    told = tell(attributes, span.name)
    started, ended = span.start_time_unix_nano, span.end_time_unix_nano
    is_over = not is_pending and not (started and not ended)
    at = moment(started or ended) if started or ended else received_at
    outcome = _outcome(span, attributes, told) if is_over else Outcome(Status.RUNNING)
    phase = Phase.ENDED if is_over else Phase.BEGUN
    trace_id = span.trace_id.hex()
    event = Event(
        event_id=f"{trace_id}:{step_id}:{phase}",
        step_id=step_id,
        kind=told.kind,
        phase=phase,
        status=outcome.status,
        name=told.name or short(span.name) or told.kind.value,
        at=at,
        ended_at=moment(max(started, ended)) if is_over and ended else None,
        trace_id=trace_id,
        parent_id=parent_id,
        conversation_id=told.conversation_id,
        is_root=parent_id is None,
        source=(told.name if told.kind is Kind.TOOL_CALL else None) or told.agent or service,
        node=told.node,
        iteration=told.iteration,
        model=told.model,
        provider=told.provider,
        tokens=told.tokens if is_over else None,
        told_cost=told.cost if is_over else None,
        routing=told.routing,
        problem=outcome.problem,
        payload=told.payload(attributes.plain),
    )
    yield event
    if is_over:
        yield from _approvals(event, outcome.approvals, outcome.at or ended)
    if told.answer_to_approval is not None:
        yield _answered(event, told)


def _place(span: Span, attributes: Attributes, is_pending: bool) -> tuple[str, str | None]:
    """The step's id and its parent's. A pending span of Logfire's has an id of its own, and as its parent's
    the real span's (`PendingSpanProcessor` in https://github.com/pydantic/logfire)."""
    parent = span.parent_span_id
    if is_pending and is_span_id(parent):
        told = attributes.plain.get("logfire.pending_parent_id")
        return parent.hex(), _parent(_from_hex(told) if isinstance(told, str) else b"")
    return span.span_id.hex(), _parent(parent)


def _parent(raw: bytes) -> str | None:
    return raw.hex() if is_span_id(raw) else None


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _outcome(span: Span, attributes: Attributes, told: Told) -> Outcome:
    outcome = problems.of_span(span, attributes)
    if told.is_waiting and outcome.status is Status.SUCCEEDED:
        return Outcome(Status.WAITING, outcome.problem, told.approvals, outcome.at)
    return outcome


def _approvals(of: Event, asked: tuple[Approval, ...], nanoseconds: int) -> Iterator[Event]:
    """One event for each. Its step has the emitter's id, which an answer can name in another trace; the steps
    around the one that asks may tell of the same request."""
    for number, approval in enumerate(asked):
        step_id = approval.id or f"{of.step_id}:{number}"
        yield Event(
            event_id=f"{of.trace_id}:approval:{step_id}",
            step_id=step_id,
            kind=Kind.APPROVAL_REQUEST,
            phase=Phase.POINT,
            status=Status.WAITING,
            name=approval.name,
            at=moment(nanoseconds) if nanoseconds else of.at,
            trace_id=of.trace_id,
            parent_id=of.step_id,
            conversation_id=of.conversation_id,
            source=of.source,
            node=of.node,
            payload=Payload(arguments=approval.arguments),
        )


def _answered(of: Event, told: Told) -> Event:
    return Event(
        event_id=f"{of.trace_id}:{of.step_id}:answer",
        step_id=f"{of.step_id}:answer",
        kind=Kind.APPROVAL_DECISION,
        phase=Phase.POINT,
        status=Status.SUCCEEDED,
        name="answer",
        at=of.at,
        trace_id=of.trace_id,
        parent_id=of.step_id,
        conversation_id=of.conversation_id,
        source=of.source,
        payload=Payload(result=told.answer_to_approval),
    )
