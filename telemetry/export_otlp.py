"""Events -> an OTLP export in JSON, for other tools and for the way back.

The form: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. One event is one span. What it is
stands in the attributes of OpenTelemetry's conventions for generative AI, so that other tools can read it;
and whole in the attribute of `own_dialect`, so that ours reads back the very same event.

A step's end has the step's id. Its beginning is written as Logfire writes it, as a pending span with an id of
its own and the step's as its parent; what happens at a point in time is a span without length. Ids that are
not of OpenTelemetry's form are digests of what they were.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from telemetry import own_dialect
from telemetry.event_json import event_to_json
from telemetry.events import Event, Kind, Message, Phase, Status

CONTENT_TYPE = "application/json"
SCOPE = "agent-p-panel"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPERATIONS = {
    Kind.MODEL_CALL: "chat",
    Kind.TOOL_CALL: "execute_tool",
    Kind.AGENT: "invoke_agent",
    Kind.RETRIEVAL: "retrieval",
    Kind.PLAN_UPDATE: "plan",
}
_INTERNAL, _CLIENT = 1, 3
_ERROR = 2


async def document(pages: AsyncIterator[Iterable[Event]]) -> AsyncIterator[bytes]:
    """The export, a piece for each page of events, so that no more than a page is in memory."""
    yield f'{{"resourceSpans":[{{"scopeSpans":[{{"scope":{{"name":"{SCOPE}"}},"spans":['.encode()
    comma = ""
    async for page in pages:
        told = ",".join(json.dumps(span_of(event), ensure_ascii=False) for event in page)
        if told:
            yield (comma + told).encode(errors="replace")
            comma = ","
    yield b"]}]}]}"


def span_of(event: Event) -> dict[str, Any]:
    """One event as a span in OTLP's JSON."""
    start = _nanoseconds(event.at)
    span: dict[str, Any] = {
        "traceId": _id(event.trace_id or event.event_id, 16),
        "spanId": _id(event.step_id if event.phase is Phase.ENDED else event.event_id, 8),
        "name": event.name,
        "kind": _CLIENT if event.kind is Kind.MODEL_CALL else _INTERNAL,
        "startTimeUnixNano": str(start),
        "attributes": [{"key": key, "value": _value(value)} for key, value in _attributes(event).items()],
    }
    parent = _parent(event)
    if parent is not None:
        span["parentSpanId"] = _id(parent, 8)
    if event.phase is not Phase.BEGUN:
        end = start if event.ended_at is None else _nanoseconds(event.ended_at)
        span["endTimeUnixNano"] = str(end)
        if event.problem is not None:
            span["events"] = [_exception(event, end)]
    if event.status is Status.FAILED:
        span["status"] = {"code": _ERROR, "message": event.problem.message if event.problem else ""}
    return span


def _parent(event: Event) -> str | None:
    """What tells more of a step, without being its end, stands under it."""
    is_of_step = event.phase is not Phase.ENDED and event.step_id != event.event_id
    return event.step_id if is_of_step else event.parent_id


def _id(text: str, size: int) -> str:
    """`size` bytes in hex that are not all zero."""
    is_one = len(text) == 2 * size and not set(text) - set("0123456789abcdef") and text.strip("0")
    return text if is_one else blake2b(text.encode(errors="replace"), digest_size=size).hexdigest()


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _attributes(event: Event) -> dict[str, Any]:
    """The event itself comes first: readers that cut a list begin at its end."""
    payload, tokens = event.payload, event.tokens
    is_tool = event.kind is Kind.TOOL_CALL
    told: dict[str, Any] = {
        own_dialect.MARK: _json(event_to_json(event)),
        "gen_ai.operation.name": _OPERATIONS.get(event.kind),
        "gen_ai.conversation.id": event.conversation_id,
        "gen_ai.agent.name": None if is_tool else event.source,
        "gen_ai.request.model": event.model,
        "gen_ai.response.model": event.model,
        "gen_ai.provider.name": event.provider,
        "gen_ai.usage.input_tokens": tokens and tokens.input,
        "gen_ai.usage.output_tokens": tokens and tokens.output,
        "gen_ai.usage.cache_read.input_tokens": tokens and tokens.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": tokens and tokens.cache_write,
        "gen_ai.usage.reasoning.output_tokens": tokens and tokens.reasoning,
        "gen_ai.input.messages": _messages(payload.prompt),
        "gen_ai.output.messages": _messages(payload.answer),
        "gen_ai.tool.name": event.name if is_tool else None,
        "gen_ai.tool.call.arguments": _text(payload.arguments) if is_tool else None,
        "gen_ai.tool.call.result": _text(payload.result) if is_tool else None,
        "error.type": event.problem and event.problem.type,
    }
    if event.phase is Phase.BEGUN:
        told["logfire.span_type"] = "pending_span"
        told["logfire.pending_parent_id"] = event.parent_id and _id(event.parent_id, 8)
    told |= {f"gen_ai.request.{name}": value for name, value in payload.parameters.items()}
    return {key: value for key, value in told.items() if value is not None}


def _messages(messages: tuple[Message, ...]) -> str | None:
    """As `gen_ai.input.messages` has them: a role, and typed parts."""
    if not messages:
        return None
    return _json([{"role": message.role, "parts": _parts(message)} for message in messages])


def _parts(message: Message) -> list[Any]:
    content = message.content
    parts = content if isinstance(content, list) else [{"type": "text", "content": _text(content)}]
    calls = [{"type": "tool_call", **call} for call in message.tool_calls]
    return [*(parts if content != "" else ()), *calls]


def _exception(event: Event, nanoseconds: int) -> dict[str, Any]:
    problem = event.problem
    told = problem and {
        "exception.type": problem.type,
        "exception.message": problem.message,
        "exception.stacktrace": problem.stack,
    }
    pairs = [{"key": key, "value": _value(value)} for key, value in (told or {}).items() if value is not None]
    return {"name": "exception", "timeUnixNano": str(nanoseconds), "attributes": pairs}


def _value(value: Any) -> dict[str, Any]:
    """As the JSON of OTLP has it: whole numbers of 64 bits are text in it."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and abs(value) < 2**63:
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": _text(value)}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str | None) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
