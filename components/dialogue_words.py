"""What the bot's labels of a dialogue are called in the reader's language.

The bot has no fixed vocabulary: a label that this version does not know is shown as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from i18n import Translator

Tone = Literal["good", "live", "warn", "lost", "plain", "unknown"]


@dataclass(frozen=True, slots=True)
class Label:
    """What is shown of one of the bot's labels. `is_foreign` text is the bot's own: show it with `foreign`.

    `tone` is the colour: good, live (it goes on), warn (a person is needed), lost, plain, unknown.
    """

    text: str
    tone: Tone = "plain"
    is_foreign: bool = False


def status_label(status: str, tr: Translator) -> Label:
    """How a dialogue ended, or `active`. A status that nobody listed has the tone `unknown`."""
    known = {
        "active": Label(tr.t("In progress"), "live"),
        "done": Label(tr.t("Finished"), "good"),
        "booked": Label(tr.t("Booked"), "good"),
        "escalated": Label(tr.t("Escalated"), "warn"),
        "transferred": Label(tr.t("Handed over"), "warn"),
        "dropped": Label(tr.t("Cut short"), "lost"),
        "abandoned": Label(tr.t("Abandoned"), "lost"),
        "ghost": Label(tr.t("Client went silent"), "lost"),
        "no_slots": Label(tr.t("No free time"), "lost"),
        "price_too_high": Label(tr.t("Too expensive"), "lost"),
        "auto_closed": Label(tr.t("Closed by time"), "plain"),
    }
    return known.get(status) or Label(status, "unknown", is_foreign=True)


def intent_label(intent: str | None, tr: Translator) -> Label:
    """What the client wanted."""
    known = {
        "booking": tr.t("Booking"),
        "price": tr.t("Prices"),
        "reschedule": tr.t("Rescheduling"),
        "cancel": tr.t("Cancellation"),
        "info": tr.t("Question"),
        "complaint": tr.t("Complaint"),
    }
    return _label(intent, known)


def channel_label(channel: str | None, tr: Translator) -> Label:
    """The messenger. The bot itself writes `unknown` where it does not know."""
    known = {"telegram": "Telegram", "whatsapp": "WhatsApp", "unknown": tr.t("not known")}
    return _label(channel, known)


def sentiment_label(sentiment: str | None, tr: Translator) -> Label:
    """The client's mood, as the bot judged it."""
    tones: Mapping[str, Tone] = {"positive": "good", "negative": "lost"}
    known = {
        "positive": tr.t("Positive"),
        "neutral": tr.t("Neutral"),
        "negative": tr.t("Negative"),
    }
    return _label(sentiment, known, tones)


def drop_off_label(stage: str | None, tr: Translator) -> Label:
    """Where the client left without a booking."""
    known = {
        "service_selection": tr.t("Choosing a service"),
        "staff_selection": tr.t("Choosing a specialist"),
        "time_selection": tr.t("Choosing a time"),
    }
    return _label(stage, known)


def booking_status_label(status: str | None, tr: Translator) -> Label:
    """What became of the booking."""
    tones: Mapping[str, Tone] = {"confirmed": "good", "cancelled": "lost"}
    known = {"confirmed": tr.t("Confirmed"), "cancelled": tr.t("Cancelled")}
    return _label(status, known, tones)


def booking_source_label(source: str | None, tr: Translator) -> Label:
    """Who made the booking."""
    return _label(source, {"bot": tr.t("by the bot"), "manual": tr.t("by hand")})


def stage_label(stage: int, tr: Translator) -> str:
    """How far a dialogue came in the funnel: 1 (begun) to 6 (visited)."""
    return {
        1: tr.t("Dialogue"),
        2: tr.t("Booking intent"),
        3: tr.t("Service chosen"),
        4: tr.t("Specialist or time chosen"),
        5: tr.t("Booking made"),
        6: tr.t("Visit"),
    }[stage]


def _label(value: str | None, known: Mapping[str, str], tones: Mapping[str, Tone] | None = None) -> Label:
    if value is None:
        return Label("—")
    if value in known:
        return Label(known[value], (tones or {}).get(value, "plain"))
    return Label(value, "unknown", is_foreign=True)
