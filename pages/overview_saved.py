"""What the bot took off people's hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time
from decimal import Decimal

from babel.dates import format_time

from components.dialogue_links import dialogues_url
from components.highlights import Highlight, Highlights
from components.viewer import Viewer, Visit
from i18n import Translator
from models import Permission
from queries.overview import Overview, Saved

WHOLE_HOURS_FROM = 10


def draw_saved(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the card; gives back a function that shows newer figures on it."""
    tr = viewer.tr
    card = Highlights(
        tr.t("What the bot saved"),
        tr.t("Work that nobody at the salon had to do."),
        _highlights(viewer, visit, overview.saved),
    )
    return lambda newer: card.show(_highlights(viewer, visit, newer.saved))


def _highlights(viewer: Viewer, visit: Visit, saved: Saved) -> Sequence[Highlight]:
    tr = viewer.tr
    may_open = viewer.may(Permission.DIALOGUES_READ)
    stayed = tr.percent(Decimal(saved.stayed) / saved.stayed_of, 0) if saved.stayed_of else "—"
    return (
        Highlight(
            _hours(saved.hours, tr),
            tr.t("of answering clients"),
            tr.t(
                "{replies} replies of the bot × {seconds} seconds each.",
                replies=tr.number(saved.replies),
                seconds=saved.seconds_per_reply,
            ),
        ),
        Highlight(
            tr.number(saved.outside_bookings),
            tr.t("bookings outside working hours"),
            tr.t(
                "Dialogues with a booking that began before {opens} or from {closes} on.",
                opens=_clock(saved.opens_at, tr),
                closes=_clock(saved.closes_at, tr),
            ),
            dialogues_url(viewer, visit.period, outside="yes") if may_open else "",
        ),
        Highlight(
            stayed,
            tr.t("of bookings stayed"),
            tr.t(
                "{stayed} of {all} bookings from dialogues at least 7 days old are still confirmed.",
                stayed=tr.number(saved.stayed),
                all=tr.number(saved.stayed_of),
            )
            if saved.stayed_of
            else tr.t("No booking of the period is 7 days old yet."),
            dialogues_url(viewer, visit.period, stayed=True) if may_open and saved.stayed_of else "",
        ),
    )


def _hours(hours: Decimal, tr: Translator) -> str:
    return tr.t("{hours} h", hours=tr.number(hours, 0 if hours >= WHOLE_HOURS_FROM else 1))


def _clock(at: time, tr: Translator) -> str:
    return format_time(at, "short", locale=tr.locale)
