"""Agents' figures as texts. What is not known is a dash, and never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from components.durations import SECOND, duration
from i18n import Translator
from queries.agent_metrics import Cost

NOT_KNOWN = "—"
_SMALLEST_CENTS = Decimal("0.01")


def took(milliseconds: Decimal | None, tr: Translator) -> str:
    """How long a call took; below ten seconds with a fraction, since there it matters."""
    if milliseconds is None:
        return NOT_KNOWN
    if milliseconds < SECOND:
        return tr.t("{count} ms", count=tr.number(milliseconds))
    if milliseconds < 10 * SECOND:
        return tr.t("{count} s", count=tr.number(milliseconds / SECOND, 1))
    return duration(int(milliseconds), tr)


def money(cost: Cost, tr: Translator) -> str:
    """An amount; what is less than a cent has the digits that it begins with."""
    if not 0 < cost.amount < _SMALLEST_CENTS:
        return tr.money(cost.amount, cost.currency)
    # two digits that count: 0.0042
    digits = 1 - cost.amount.adjusted()
    return f"{tr.number(cost.amount, digits)}\u00a0{cost.currency}"


def spent(costs: Sequence[Cost], unpriced_calls: int, tr: Translator) -> str:
    """What calls cost, of each currency; at least so much, where some have no known price."""
    if not costs:
        return NOT_KNOWN if unpriced_calls else tr.number(0)
    amounts = " + ".join(money(cost, tr) for cost in costs)
    return _at_least(amounts) if unpriced_calls else amounts


def tokens(count: int | None, calls: int, unmetered_calls: int, tr: Translator) -> str:
    """How many tokens; at least so many, where some calls do not tell theirs."""
    if count is None or (calls and unmetered_calls >= calls):
        return NOT_KNOWN
    return _at_least(tr.number(count)) if unmetered_calls else tr.number(count)


def _at_least(amount: str) -> str:
    return f"≥\u00a0{amount}"
