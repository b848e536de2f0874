"""What the database left out of a figure or could not read, in words; each is said where it matters.

`Figure.detail` is described with `dashboard.overview`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from i18n import Translator
from queries.overview import Metric, Overview


def of(metric: Metric, overview: Overview, tr: Translator) -> list[str]:
    """The notes of one card."""
    figure = overview.kpis.get(metric)
    if figure is None:
        return []
    counts = _counts(figure.detail)
    if metric is Metric.DIALOGUES:
        return unrecognised_status(counts.get("unrecognised_status", 0), tr)
    if metric is Metric.REVENUE:
        return _left_out_of_revenue(figure.detail, counts, tr)
    return [words] if (words := _only_note(metric, overview, counts, tr)) else []


def _only_note(metric: Metric, overview: Overview, counts: Mapping[str, int], tr: Translator) -> str:
    """What is said of a figure of which there is at most one thing to say."""
    if metric is Metric.BOOKINGS and (cancelled := counts.get("cancelled")):
        return tr.n("Besides, {count} was cancelled.", "Besides, {count} were cancelled.", cancelled)
    if metric is Metric.CONVERSION and overview.kpis[metric].current is None:
        return tr.t("Without dialogues there is no share.")
    if metric is Metric.AVERAGE_TICKET and _is_part(counts.get("bookings"), Metric.BOOKINGS, overview):
        return tr.n("Of {count} booking.", "Of {count} bookings.", counts["bookings"])
    if metric is Metric.FIRST_REPLY_MS and _is_part(counts.get("dialogues"), Metric.DIALOGUES, overview):
        return tr.n(
            "Of {count} dialogue in which the bot replied.",
            "Of {count} dialogues in which the bot replied.",
            counts["dialogues"],
        )
    return ""


def unrecognised_status(count: int, tr: Translator) -> list[str]:
    """What is said of statuses that nobody here knows."""
    if not count:
        return []
    return [
        tr.n(
            "{count} dialogue ended with a status that the panel does not know.",
            "{count} dialogues ended with a status that the panel does not know.",
            count,
        )
    ]


def _is_part(count: int | None, whole: Metric, overview: Overview) -> bool:
    """Whether a figure is of some only; that it is of none is told by there being no figure."""
    total = overview.kpis.get(whole)
    return bool(count) and total is not None and count != total.current


def _counts(detail: Mapping[str, Any]) -> Mapping[str, int]:
    return {name: int(value) for name, value in detail.items() if isinstance(value, int | float)}


def _left_out_of_revenue(detail: Mapping[str, Any], counts: Mapping[str, int], tr: Translator) -> list[str]:
    notes = []
    others = [
        tr.money(Decimal(str(amount)), currency)
        for currency, amount in (detail.get("other_currencies") or {}).items()
    ]
    if others:
        notes.append(tr.t("Not included, in other currencies: {amounts}.", amounts=", ".join(others)))
    if further := counts.get("more_currencies"):
        notes.append(
            tr.n(
                "{count} booking is in a further currency.",
                "{count} bookings are in further currencies.",
                further,
            )
        )
    if without_amount := counts.get("without_amount"):
        notes.append(
            tr.n("{count} booking has no amount.", "{count} bookings have no amount.", without_amount)
        )
    if without_currency := counts.get("without_currency"):
        amount = tr.number(Decimal(str(detail.get("amount_without_currency") or 0)))
        notes.append(
            tr.n(
                "Not included: {amount} in {count} booking without a currency.",
                "Not included: {amount} in {count} bookings without a currency.",
                without_currency,
                amount=amount,
            )
        )
    return notes
