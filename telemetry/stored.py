"""An event -> the row that `dashboard.append_events` takes, with its large parts in one payload beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar

import orjson

from telemetry.events import Event, Kind, Message, Payload, Routing, Tokens
from telemetry.json_text import whole_text
from telemetry.pricing import Money

MAX_NAME = 400
MAX_ID = 200
MAX_SUMMARY = 300
MAX_PROBLEM = 1_000
_CUT = "…"
_LARGEST_INT = 2**63 - 1
_NO_TOKENS = Tokens()
Text = TypeVar("Text", str, str | None)


def as_row(event: Event, removed: int, price: Money | None, *, keeps_prompts: bool) -> dict[str, Any]:
    """The columns of `dashboard.told_event`; what is not known is left out.

    `removed` is how many secrets were taken out of it. Without `keeps_prompts`, nothing of what was said,
    given or returned is in the row.
    """
    tokens, problem = event.tokens or _NO_TOKENS, event.problem
    row: dict[str, Any] = {
        "event_id": _id(event.event_id),
        "trace_id": _id(event.trace_id or event.conversation_id or event.event_id),
        "conversation_id": _cut(event.conversation_id, MAX_NAME),
        "step_id": _id(event.step_id),
        "parent_id": event.parent_id and _id(event.parent_id),
        "is_root": event.is_root or None,
        "kind": event.kind,
        "phase": event.phase,
        "status": event.status,
        "name": _cut(event.name, MAX_NAME),
        "source": _cut(event.source, MAX_NAME),
        "node": _cut(event.node, MAX_NAME),
        "iteration": event.iteration,
        "model": _cut(event.model, MAX_NAME),
        "provider": _cut(event.provider, MAX_NAME),
        "at": event.at,
        "ended_at": event.ended_at,
        "tokens_input": tokens.input,
        "tokens_output": tokens.output,
        "tokens_cache_read": tokens.cache_read,
        "tokens_cache_write": tokens.cache_write,
        "tokens_reasoning": tokens.reasoning,
        "cost": price and price.amount,
        "currency": price and price.currency,
        "problem_type": problem and _cut(problem.type, MAX_NAME),
        "problem": problem and _cut(problem.message, MAX_PROBLEM),
        "removed": removed or None,
        "summary": summary(event) if keeps_prompts else None,
        "payload": _payload(event, keeps_prompts=keeps_prompts) or None,
    }
    return {name: value for name, value in row.items() if value is not None}


def as_json(row: dict[str, Any]) -> bytes:
    """The row as JSON that PostgreSQL can hold: without NUL, halves of characters and endless integers."""
    try:
        made = orjson.dumps(row, default=_plain)
    except TypeError:
        return orjson.dumps(_holdable(row), default=_plain)
    return orjson.dumps(_holdable(row), default=_plain) if b"\\u0000" in made else made


def summary(event: Event) -> str | None:
    """One line that says what it was about, at most `MAX_SUMMARY` characters; None where nothing was said."""
    payload = event.payload
    match event.kind:
        case Kind.MODEL_CALL:
            said = _of_messages(reversed(payload.answer)) or _of_messages(reversed(payload.prompt))
            return said or _line(payload.result)
        case Kind.APPROVAL_REQUEST:
            return _line(payload.arguments)
        case Kind.TOOL_CALL:
            return _line(payload.result) or _line(payload.arguments)
        case Kind.PLAN_UPDATE if reason := _reason_of(payload):
            return _line(reason)
        case _:
            return _line(payload.result) or _line(payload.input)


def _reason_of(plan: Payload) -> str | None:
    """Why a plan is as it is, where its list of tasks has that beside it."""
    for told in (plan.result, plan.arguments, plan.input):
        if isinstance(told, dict) and isinstance(reason := told.get("reason"), str) and reason.strip():
            return reason
    return None


def _of_messages(messages: Iterable[Message]) -> str | None:
    for message in messages:
        if said := _line(_text_of(message.content)):
            return said
        if message.tool_calls:
            return _line(", ".join(str(call.get("name")) for call in message.tool_calls[:5]))
    return None


def _text_of(content: Any) -> Any:
    """The text of a message that has several parts."""
    if not isinstance(content, list):
        return content
    texts = (part.get("content", part.get("text")) for part in content if isinstance(part, dict))
    return " ".join(text for text in texts if isinstance(text, str)) or content


def _line(value: Any) -> str | None:
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, str):
        text = value[: MAX_SUMMARY * 4]
    else:
        try:
            text = orjson.dumps(value, default=_plain)[: MAX_SUMMARY * 4].decode(errors="ignore")
        except TypeError:
            text = orjson.dumps(_holdable(value), default=_plain)[: MAX_SUMMARY * 4].decode(errors="ignore")
    return _cut(" ".join(text.split()), MAX_SUMMARY) or None


def _payload(event: Event, *, keeps_prompts: bool) -> dict[str, Any]:
    payload: Payload = event.payload
    made: dict[str, Any] = {}
    if event.problem is not None and event.problem.stack:
        made["stack"] = event.problem.stack
    if event.routing is not None:
        made["routing"] = _routing(event.routing)
    if payload.parameters:
        made["parameters"] = payload.parameters
    if not keeps_prompts:
        return made
    for name, messages in (("prompt", payload.prompt), ("answer", payload.answer)):
        if messages:
            made[name] = [_message(message) for message in messages]
    for name, value in (
        ("arguments", payload.arguments),
        ("result", payload.result),
        ("input", payload.input),
    ):
        if value is not None:
            made[name] = value
    if payload.attributes:
        made["attributes"] = payload.attributes
    return made


def _message(message: Message) -> dict[str, Any]:
    told = {"role": message.role, "content": message.content}
    return {**told, "tool_calls": message.tool_calls} if message.tool_calls else told


def _routing(routing: Routing) -> dict[str, Any]:
    told: dict[str, Any] = {"chosen": routing.chosen}
    if routing.reason is not None:
        told["reason"] = routing.reason
    if routing.alternatives:
        told["alternatives"] = routing.alternatives
    return told


def _id(text: str) -> str:
    """An id that is too long keeps its beginning, and stays one of a kind."""
    if len(text) <= MAX_ID:
        return text
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return f"{text[: MAX_ID - 33]} {digest}"


def _cut(text: Text, most: int) -> Text:
    return text if text is None or len(text) <= most else text[: most - 1] + _CUT


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _holdable(value: Any) -> Any:
    if isinstance(value, str):
        return whole_text(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        return {_holdable(str(name)): _holdable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_holdable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_INT:
        return str(value)
    return value
