"""An event's way through the rules: every text of it, whatever it lies in, and the names of its fields."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from telemetry.events import Event, Message, Payload, Problem, Routing
from telemetry.redaction_names import kind_of_secret, label_of
from telemetry.redaction_search import REMOVED, label

DEEPEST = 200
"""Levels of nesting that are looked through; what lies deeper is removed unseen."""
TOO_DEEP = label("nested too deep").decode()
_REMOVED = REMOVED.decode()
_LONG_NUMBER = 10**13
"""From here on, a number may be a card's."""
_SCHEMA_SAYS = frozenset({"type", "$ref", "anyOf", "oneOf"})
_SCHEMA = _SCHEMA_SAYS | {
    "title", "description", "format", "minLength", "maxLength", "nullable", "default", "writeOnly", "items",
}  # fmt: skip
Text = TypeVar("Text", str, str | None)


def must_look_closely(event: Event, texts: list[str]) -> bool:
    """Gathers the event's texts into `texts`. True when the name of a field already calls for the rules."""
    for text in (
        event.event_id, event.step_id, event.name, event.trace_id, event.parent_id, event.conversation_id,
        event.source, event.node, event.model, event.provider,
    ):  # fmt: skip
        if text is not None:
            texts.append(text)
    payload = event.payload
    told: list[Any] = [
        payload.arguments, payload.result, payload.input, payload.parameters, payload.attributes,
    ]  # fmt: skip
    for message in (*payload.prompt, *payload.answer):
        told += message.role, message.content, message.tool_calls
    if event.problem is not None:
        told += event.problem.type, event.problem.message, event.problem.stack
    if event.routing is not None:
        told += event.routing.chosen, event.routing.reason, event.routing.alternatives
    return any(_gather(value, texts, DEEPEST) for value in told)


def _gather(value: Any, texts: list[str], levels: int) -> bool:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        if not levels or any(kind_of_secret(str(name)) for name in value) or _pair(value):
            return True
        texts.extend(map(str, value))
        return any(_gather(each, texts, levels - 1) for each in value.values())
    elif isinstance(value, list | tuple):
        is_pair = len(value) == 2 and isinstance(value[0], str) and kind_of_secret(value[0])
        return not levels or bool(is_pair) or any(_gather(each, texts, levels - 1) for each in value)
    elif isinstance(value, int) and abs(value) >= _LONG_NUMBER:
        texts.append(str(value))
    return False


class Pass:
    """One event on its way through the rules."""

    def __init__(self, cleaned: Callable[[str], tuple[str, int]]) -> None:
        self._cleaned = cleaned
        self._count = 0

    def event(self, event: Event) -> tuple[Event, int]:
        """The event without its secrets, and how many were found."""
        cleaned = replace(
            event,
            event_id=self._id(event.event_id),
            step_id=self._id(event.step_id),
            trace_id=self._id(event.trace_id),
            parent_id=self._id(event.parent_id),
            conversation_id=self._id(event.conversation_id),
            name=self._text(event.name),
            source=self._text(event.source),
            node=self._text(event.node),
            model=self._text(event.model),
            provider=self._text(event.provider),
            routing=event.routing and self._routing(event.routing),
            problem=event.problem and self._problem(event.problem),
            payload=self._payload(event.payload),
        )
        return (cleaned, self._count) if self._count else (event, 0)

    def _routing(self, routing: Routing) -> Routing:
        return Routing(
            self._text(routing.chosen),
            self._text(routing.reason),
            tuple(self._text(each) for each in routing.alternatives),
        )

    def _problem(self, problem: Problem) -> Problem:
        return Problem(self._text(problem.type), self._text(problem.message), self._text(problem.stack))

    def _payload(self, payload: Payload) -> Payload:
        return Payload(
            prompt=tuple(self._message(each) for each in payload.prompt),
            answer=tuple(self._message(each) for each in payload.answer),
            arguments=self._value(payload.arguments),
            result=self._value(payload.result),
            input=self._value(payload.input),
            parameters=self._value(payload.parameters),
            attributes=self._value(payload.attributes),
        )

    def _message(self, message: Message) -> Message:
        return Message(
            self._text(message.role), self._value(message.content), tuple(self._value(message.tool_calls))
        )

    def _text(self, text: Text) -> Text:
        if text is None:
            return text
        cleaned, found = self._cleaned(text)
        self._count += found
        return cleaned

    def _id(self, text: Text) -> Text:
        if text is None:
            return text
        cleaned, found = self._cleaned(text)
        if not found:
            return text
        self._count += found
        return f"{cleaned} {hashlib.blake2b(text.encode(errors='surrogatepass'), digest_size=4).hexdigest()}"

    def _value(self, value: Any, levels: int = DEEPEST) -> Any:
        """Any JSON value, without the secrets in it."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER:
            shown = self._text(str(value))
            return value if shown == str(value) else shown
        if not isinstance(value, dict | list | tuple):
            return value
        if not levels:
            self._count += 1
            return TOO_DEEP
        if isinstance(value, dict):
            return self._fields(value, levels - 1)
        items = [self._pair_of_list(each, levels - 1) for each in value]
        return tuple(items) if isinstance(value, tuple) else items

    def _fields(self, fields: dict[Any, Any], levels: int) -> dict[Any, Any]:
        cleaned: dict[Any, Any] = {}
        pair = _pair(fields)
        for name, value in fields.items():
            shown = self._text(name) if isinstance(name, str) else name
            while shown in cleaned:
                shown = f"{shown}+"
            if pair is not None and name == pair[0]:
                cleaned[shown] = self._named(pair[1], value, levels)
            elif name == "token" and "logprob" in fields:
                cleaned[shown] = self._value(value, levels)
            else:
                cleaned[shown] = self._named(str(name), value, levels)
        return cleaned

    def _pair_of_list(self, value: Any, levels: int) -> Any:
        """An item of a list; where it is a name and a value, as headers are written, it is taken as such."""
        if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str):
            pair = [self._text(value[0]), self._named(value[0], value[1], levels - 1 if levels else 0)]
            return tuple(pair) if isinstance(value, tuple) else pair
        return self._value(value, levels)

    def _named(self, name: str, value: Any, levels: int) -> Any:
        """The value of a field: of a secret's nothing is left, unless it says nothing."""
        kind = kind_of_secret(name)
        if kind is None or value is None or isinstance(value, bool) or value in ("", [], {}, ()):
            return self._value(value, levels)
        if isinstance(value, dict) and _is_schema(value):
            return self._value(value, levels)
        shown = label_of(kind).decode()
        if isinstance(value, str) and value.startswith(_REMOVED):
            return value
        self._count += 1
        return shown


def _is_schema(fields: dict[Any, Any]) -> bool:
    """Whether it describes a parameter of a tool, in JSON Schema, and does not give its value."""
    return bool(_SCHEMA_SAYS & fields.keys()) and fields.keys() <= _SCHEMA and not fields.get("default")


def _pair(fields: dict[Any, Any]) -> tuple[str, str] | None:
    """The field and the name of a secret that is written as `{"name": "cookie", "value": "…"}`."""
    for name in ("name", "key"):
        named = fields.get(name)
        if isinstance(named, str) and "value" in fields and kind_of_secret(named):
            return "value", named
    return None
