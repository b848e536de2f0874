"""What an export's file looks like: its columns in the reader's words, and how its language writes a table.

Handed to the writer, which is another process, as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from components import dialogue_words
from i18n import Translator

Format = Literal["csv", "xlsx"]
Kind = Literal["moment", "text", "texts", "number", "milliseconds"]
"""`milliseconds` are written as seconds, `texts` (a list) as one text."""


class Column(TypedDict):
    """One column: the name of its value in a row, and its head. `words` replaces values that are known."""

    name: str
    kind: Kind
    heading: str
    words: NotRequired[Mapping[str, str]]


class Layout(TypedDict):
    """A file. `separator` stands between the values of CSV, `decimal` in its numbers."""

    format: Format
    title: str
    time_zone: str
    separator: str
    decimal: str
    columns: Sequence[Column]


STATUSES = (
    "active", "done", "booked", "escalated", "transferred", "dropped", "abandoned", "ghost", "no_slots",
    "price_too_high", "auto_closed",
)  # fmt: skip
INTENTS = ("booking", "price", "reschedule", "cancel", "info", "complaint")
CHANNELS = ("telegram", "whatsapp")
SENTIMENTS = ("positive", "neutral", "negative")
DROP_OFFS = ("service_selection", "staff_selection", "time_selection")
BOOKING_STATUSES = ("confirmed", "cancelled")
BOOKING_SOURCES = ("bot", "manual")
STAGES = range(1, 7)


def dialogues_layout(file_format: Format, time_zone: str, tr: Translator) -> Layout:
    """A table of dialogues, one a row.

    CSV is written as the spreadsheets of the reader's language expect it: where the comma is in numbers,
    values are parted by semicolons. Then the file opens as a table by a double click.
    """
    has_decimal_comma = tr.number(0.5, 1) == "0,5"
    return Layout(
        format=file_format,
        title=tr.t("Dialogues"),
        time_zone=time_zone,
        separator=";" if has_decimal_comma else ",",
        decimal="," if has_decimal_comma else ".",
        columns=list(_columns(tr)),
    )


def _columns(tr: Translator) -> Iterator[Column]:
    label = dialogue_words
    yield {"name": "started_at", "kind": "moment", "heading": tr.t("Started")}
    yield {"name": "ended_at", "kind": "moment", "heading": tr.t("Ended")}
    yield {"name": "last_activity_at", "kind": "moment", "heading": tr.t("Last activity")}
    yield {"name": "client_name", "kind": "text", "heading": tr.t("Client")}
    words = {one: label.channel_label(one, tr).text for one in CHANNELS}
    yield {"name": "channel", "kind": "text", "heading": tr.t("Channel"), "words": words}
    words = {one: label.status_label(one, tr).text for one in STATUSES}
    yield {"name": "status", "kind": "text", "heading": tr.t("Status"), "words": words}
    words = {one: label.intent_label(one, tr).text for one in INTENTS}
    yield {"name": "intent", "kind": "text", "heading": tr.t("Request"), "words": words}
    words = {str(one): label.stage_label(one, tr) for one in STAGES}
    yield {"name": "stage", "kind": "text", "heading": tr.t("Came as far as"), "words": words}
    words = {one: label.drop_off_label(one, tr).text for one in DROP_OFFS}
    yield {"name": "drop_off_stage", "kind": "text", "heading": tr.t("Left at"), "words": words}
    yield {"name": "services", "kind": "texts", "heading": tr.t("Services")}
    yield {"name": "staff_id", "kind": "text", "heading": tr.t("Specialist")}
    words = {one: label.booking_status_label(one, tr).text for one in BOOKING_STATUSES}
    yield {"name": "booking_status", "kind": "text", "heading": tr.t("Booking"), "words": words}
    words = {one: label.booking_source_label(one, tr).text for one in BOOKING_SOURCES}
    yield {"name": "booking_source", "kind": "text", "heading": tr.t("How booked"), "words": words}
    yield {"name": "booking_at", "kind": "moment", "heading": tr.t("Visit")}
    yield {"name": "booking_amount", "kind": "number", "heading": tr.t("Amount")}
    yield {"name": "booking_currency", "kind": "text", "heading": tr.t("Currency")}
    yield {"name": "messages_count", "kind": "number", "heading": tr.t("Messages")}
    yield {"name": "replies_count", "kind": "number", "heading": tr.t("Replies")}
    yield {"name": "first_reply_ms", "kind": "milliseconds", "heading": tr.t("First reply, seconds")}
    words = {one: label.sentiment_label(one, tr).text for one in SENTIMENTS}
    yield {"name": "sentiment", "kind": "text", "heading": tr.t("Mood"), "words": words}
    yield {"name": "tags", "kind": "texts", "heading": tr.t("Tags")}
    yield {"name": "session_id", "kind": "text", "heading": tr.t("Dialogue number")}
    yield {"name": "client_id", "kind": "text", "heading": tr.t("Client number")}
