"""Spans that `export_otlp` has written: each has the whole event in one attribute, and is read back to it.

The attribute is written by whoever sends the span, so it goes through the same strict reading as events that
are sent as JSON. Without it, and for other readers, such a span is one of OpenTelemetry's conventions.
"""

from __future__ import annotations

from datetime import datetime

from errors import Invalid
from telemetry.attributes import Attributes
from telemetry.event_sent import MAX_VALUES, EventSent
from telemetry.events import Event
from telemetry.json_text import decoded, values_in

MARK = "agentp.event"


def read(attributes: Attributes, received_at: datetime) -> Event:
    """The event in the attribute `MARK`. Raises `Invalid` where that is none."""
    text = attributes.plain[MARK]
    try:
        if not isinstance(text, str) or values_in(text.encode()) > MAX_VALUES:
            raise ValueError("not an event's JSON, or too much of it")
        told = decoded(text)
        return EventSent.model_validate(told).read(told, received_at)
    except ValueError as error:
        raise Invalid("An exported event is not as it should be.", code="events_invalid") from error
