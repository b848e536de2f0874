"""Events as JSON: what `POST /api/v1/events` takes, and the entries of a Redis stream. And back.

A body is one event, a list of them, or `{"events": [...]}`; or several of these as a JSON text sequence (RFC
7464: each after the byte 0x1E), which nothing that one sender writes can break out of. All of it is taken, or
nothing.

An event without `event_id` gets one that is made of what it says: the same told again is the same event. So
two steps that are alike in everything need an `event_id`, a `step_id` or an `at` each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from errors import Invalid, TooLarge
from telemetry.event_json import SEPARATOR, event_to_json
from telemetry.event_sent import MAX_EVENTS, MAX_VALUES, EventBatch, EventSent
from telemetry.events import Event
from telemetry.json_text import decoded, values_in
from telemetry.otlp import MAX_BYTES
from telemetry.spans import Reading

__all__ = ["MAX_EVENTS", "EventBatch", "EventSent", "event_to_json", "events_from_json"]

MAX_PROBLEMS = 5
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,39}", re.ASCII)


def events_from_json(body: bytes, received_at: datetime) -> Reading:
    """The events in a body, in its order. `received_at`, aware, stands in for times that are not told.

    Raises `Invalid` if it is no JSON, or if one of the events is not as it should be (the advice names the
    first problems, and repeats no values), and `TooLarge` for more than `MAX_EVENTS` of them, `MAX_BYTES` or
    `MAX_VALUES`.
    """
    if len(body) > MAX_BYTES or values_in(body) > MAX_VALUES:
        raise _too_much()
    told = [event for value in _values(body) for event in _listed(value)]
    if len(told) > MAX_EVENTS:
        raise _too_much()
    events: list[Event] = []
    problems: list[str] = []
    for number, each in enumerate(told):
        try:
            events.append(EventSent.model_validate(each).read(each, received_at))
        except ValidationError as error:
            problems += _described(error, number)
        except ValueError as error:
            problems.append(f"events[{number}]: {error}")
        if len(problems) >= MAX_PROBLEMS:
            break
    if problems:
        raise Invalid(
            "The events are not as they should be.",
            code="events_invalid",
            advice="Put this right: {problems}",
            problems="; ".join(problems[:MAX_PROBLEMS]),
        )
    return Reading(tuple(events))


def _values(body: bytes) -> Iterator[Any]:
    texts = body.split(SEPARATOR)[1:] if body.startswith(SEPARATOR) else [body]
    try:
        for text in texts:
            yield decoded(text.decode())
    except ValueError as error:
        raise Invalid(
            "The events cannot be read.", code="events_unreadable", advice="Send them as JSON in UTF-8."
        ) from error


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and value.keys() == {"events"} and isinstance(value["events"], list):
        return value["events"]
    return value if isinstance(value, list) else [value]


def _too_much() -> TooLarge:
    return TooLarge(
        "These are too many events at a time.",
        advice="Send at most {events} of them, in at most {megabytes} MB.",
        events=MAX_EVENTS,
        megabytes=MAX_BYTES >> 20,
    )


def _described(error: ValidationError, number: int) -> Iterator[str]:
    """Where and why, without the values: they may be secret."""
    for part in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_PROBLEMS]:
        path = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" if _NAME.fullmatch(step) else ".(a field)"
            for step in part["loc"]
        )
        reason = "is not a field here" if part["type"] == "extra_forbidden" else part["msg"]
        yield f"events[{number}]{path}: {reason.removeprefix('Value error, ')}"
