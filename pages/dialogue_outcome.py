"""What came of a dialogue: the request, the booking or where it ended, and what the bot wrote of it."""

from __future__ import annotations

from functools import partial

from components.badge import badge
from components.dialogue_words import (
    Label,
    booking_source_label,
    booking_status_label,
    drop_off_label,
    intent_label,
    sentiment_label,
    stage_label,
)
from components.durations import duration
from components.tag import foreign, tag
from components.viewer import Viewer
from i18n import Translator
from pages.dialogue_section import Section, fact, foreign_fact, labelled
from queries.dialogue import Dialogue

BOOKED = 5


def outcome(viewer: Viewer) -> Section:
    """What the client wanted and got."""

    def part(value: Dialogue) -> object:
        return (
            value.intent, value.services, value.stage, value.step, value.drop_off_stage, value.sentiment,
            value.staff_id, value.first_reply_ms, value.booking_id, value.booking_status,
            value.booking_source, value.booking_at, value.booking_amount, value.booking_currency,
            value.staff_names,
        )  # fmt: skip

    return Section(viewer.tr.t("Outcome"), part, partial(_draw_outcome, viewer))


def summary(viewer: Viewer) -> Section:
    """What the bot wrote of the dialogue."""

    def draw(value: Dialogue) -> None:
        for text in value.summaries:
            tag("bdi", text, "dialogue-summary")

    return Section(viewer.tr.t("Summary"), lambda value: value.summaries, draw)


def _draw_outcome(viewer: Viewer, value: Dialogue) -> None:
    tr = viewer.tr
    labelled(tr.t("Request"), intent_label(value.intent, tr))
    if value.services:
        foreign_fact(tr.t("Services"), ", ".join(value.services))
    if value.staff_id:
        foreign_fact(tr.t("Specialist"), value.staff_names.get(value.staff_id, value.staff_id))
    if value.booking_status:
        _draw_booking(viewer, value)
    else:
        fact(tr.t("Booking"), tr.t("none"))
    if value.stage < BOOKED:
        fact(tr.t("Came as far as"), stage_label(value.stage, tr))
    if value.drop_off_stage:
        labelled(tr.t("Left at"), drop_off_label(value.drop_off_stage, tr))
    if value.step:
        labelled(tr.t("Step"), step_label(value.step, tr))
    labelled(tr.t("Mood"), sentiment_label(value.sentiment, tr))
    if value.first_reply_ms is not None:
        fact(tr.t("First reply"), duration(value.first_reply_ms, tr))


def _draw_booking(viewer: Viewer, value: Dialogue) -> None:
    tr = viewer.tr
    status = booking_status_label(value.booking_status, tr)
    with tag("div", classes="fact"):
        tag("span", tr.t("Booking"), "muted")
        with tag("span"):
            badge(status.text, status.tone, is_foreign=status.is_foreign)
            if value.booking_source:
                source = booking_source_label(value.booking_source, tr)
                (foreign if source.is_foreign else partial(tag, "span"))(source.text)
    if value.booking_at is not None:
        fact(tr.t("Time of the visit"), tr.moment(value.booking_at, viewer.tenant.time_zone, "short"))
    if value.booking_amount is not None:
        amount = value.booking_amount
        currency = value.booking_currency
        words = tr.money(amount, currency) if currency else tr.t(
            "{amount}, currency not known", amount=tr.number(amount)
        )  # fmt: skip
        fact(tr.t("Amount"), words)
    if value.booking_id:
        foreign_fact(tr.t("Booking number"), value.booking_id)


def step_label(step: str, tr: Translator) -> Label:
    """Where a dialogue stands that goes on."""
    known = {"start": tr.t("Beginning"), "confirmation": tr.t("Confirming the booking")}
    return Label(known[step]) if step in known else drop_off_label(step, tr)
