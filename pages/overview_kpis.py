"""The cards at the top of the overview: ten figures, what each leaves out, and the dialogues behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from components.delta import delta
from components.dialogue_links import dialogues_url
from components.durations import duration
from components.kpi_card import Figure, Formula, KpiCard
from components.tag import tag
from components.viewer import Viewer, Visit
from i18n import Translator
from models import Permission
from pages import overview_notes
from pages.overview_time import so_far
from queries.overview import Figure as Counted
from queries.overview import Metric, Overview

ESCALATED = ("escalated", "transferred")
"""The statuses of dialogues that a person had to take over."""
LESS_IS_BETTER = {Metric.FIRST_REPLY_MS, Metric.ESCALATED}
SHARES = {Metric.CONVERSION}
MONEY = {Metric.REVENUE, Metric.AVERAGE_TICKET}
WHOLE_FROM = 100
"""An average of at least so much is rounded to whole units of the currency."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a card is about."""

    title: str
    formula: Formula


def draw_kpis(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the cards; gives back a function that shows newer figures on them."""
    meanings = _meanings(viewer.tr, viewer.tenant.currency)
    figures = _figures(viewer, visit, overview)
    with tag("div", classes="kpis overview-kpis"):
        cards = {
            metric: KpiCard(viewer.tr, meaning.title, meaning.formula, figures[metric])
            for metric, meaning in meanings.items()
        }

    def show(newer: Overview) -> None:
        for metric, figure in _figures(viewer, visit, newer).items():
            cards[metric].show(figure)

    return show


def _figures(viewer: Viewer, visit: Visit, overview: Overview) -> Mapping[Metric, Figure]:
    return {metric: _figure(metric, viewer, visit, overview) for metric in Metric}


def _figure(metric: Metric, viewer: Viewer, visit: Visit, overview: Overview) -> Figure:
    tr = viewer.tr
    counted = overview.kpis.get(metric) or Counted(current=None, previous=None)
    change = None
    before = ""
    if metric is not Metric.ACTIVE_NOW:
        change = delta(
            counted.current,
            counted.previous,
            tr,
            is_share=metric in SHARES,
            less_is_better=metric in LESS_IS_BETTER,
        )
        if counted.previous is not None and change.direction in {"up", "down"}:
            before = tr.t("before: {value}", value=_amount(metric, counted.previous, viewer))
    return Figure(
        _amount(metric, counted.current, viewer),
        change,
        before or (tr.t("in the last half an hour") if metric is Metric.ACTIVE_NOW else ""),
        overview_notes.of(metric, overview, tr),
        so_far([_float(value) for value in counted.spark], overview, viewer),
        _rows(metric, viewer, visit),
    )


def _amount(metric: Metric, value: Decimal | None, viewer: Viewer) -> str:
    tr = viewer.tr
    if value is None:
        return "—"
    if metric in SHARES:
        return tr.percent(value)
    if metric in MONEY:
        averaged = metric is Metric.AVERAGE_TICKET
        amount = round(value, 0 if abs(value) >= WHOLE_FROM else 2) if averaged else value
        return tr.money(amount, viewer.tenant.currency)
    if metric is Metric.FIRST_REPLY_MS:
        return duration(int(value), tr)
    return tr.number(value)


def _rows(metric: Metric, viewer: Viewer, visit: Visit) -> str:
    """The address of the list of exactly the dialogues that make the figure."""
    if not viewer.may(Permission.DIALOGUES_READ):
        return ""
    if metric is Metric.ACTIVE_NOW:
        return dialogues_url(viewer, None, active="now")
    what: dict[Metric, dict[str, object]] = {
        Metric.BOOKINGS: {"booked": True},
        Metric.CONVERSION: {"booked": True},
        Metric.REVENUE: {"booked": True, "currency": "own"},
        Metric.AVERAGE_TICKET: {"booked": True, "currency": "own"},
        Metric.NEW_CLIENTS: {"clients": "new"},
        Metric.RETURNING_CLIENTS: {"clients": "returning"},
        Metric.ESCALATED: {"status": ESCALATED},
    }
    return dialogues_url(viewer, visit.period, **what.get(metric, {}))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _meanings(tr: Translator, currency: str) -> Mapping[Metric, Meaning]:
    return {
        Metric.DIALOGUES: Meaning(
            tr.t("Dialogues"),
            Formula(
                tr.t("How many conversations clients began with the bot."),
                tr.t("Different sessions that started in the period, by the salon's calendar."),
            ),
        ),
        Metric.BOOKINGS: Meaning(
            tr.t("Bookings"),
            Formula(
                tr.t("How many of these conversations ended in a booking."),
                tr.t("Dialogues of the period whose booking has the status “confirmed”."),
            ),
        ),
        Metric.CONVERSION: Meaning(
            tr.t("Conversion"),
            Formula(
                tr.t("What share of the conversations became a booking."),
                tr.t("Bookings ÷ dialogues of the same period."),
            ),
        ),
        Metric.REVENUE: Meaning(
            tr.t("Revenue"),
            Formula(
                tr.t("What the confirmed bookings are worth."),
                tr.t("Sum of the amounts of the period's bookings in {currency}.", currency=currency),
            ),
        ),
        Metric.AVERAGE_TICKET: Meaning(
            tr.t("Average ticket"),
            Formula(
                tr.t("What one booking is worth on average."),
                tr.t("Revenue ÷ bookings that have an amount in {currency}.", currency=currency),
            ),
        ),
        Metric.NEW_CLIENTS: Meaning(
            tr.t("New clients"),
            Formula(
                tr.t("How many people wrote to the bot for the first time."),
                tr.t("Clients whose first dialogue ever started in the period."),
            ),
        ),
        Metric.RETURNING_CLIENTS: Meaning(
            tr.t("Returning clients"),
            Formula(
                tr.t("How many people came back to the bot."),
                tr.t("Clients with a dialogue in the period and one before it."),
            ),
        ),
        Metric.FIRST_REPLY_MS: Meaning(
            tr.t("First reply"),
            Formula(
                tr.t("How long a client waits for the bot's first answer, usually."),
                tr.t("Median time from the client's first message to the bot's next one."),
            ),
        ),
        Metric.ESCALATED: Meaning(
            tr.t("Escalations"),
            Formula(
                tr.t("How many conversations a person had to take over."),
                tr.t("Dialogues of the period with the status “escalated” or “transferred”."),
            ),
        ),
        Metric.ACTIVE_NOW: Meaning(
            tr.t("Active now"),
            Formula(
                tr.t("How many conversations are going on at this moment."),
                tr.t("Dialogues not yet ended in which somebody wrote within the last 30 minutes."),
            ),
        ),
    }
