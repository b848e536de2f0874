"""Amounts as people type and read them: prices of a thousandth, rates of exchange, whole days."""

from __future__ import annotations

import re
from decimal import Decimal

from errors import Invalid
from i18n import Translator

LONGEST = 20
"""Characters of a number; more digits than any price has."""
_PLAIN = re.compile(r"[0-9]+[.,]?[0-9]*|[.,][0-9]+")


def amount(text: str | None, name: str) -> Decimal | None:
    """What was typed, with a point or a comma before its fraction; None when nothing was.

    Raises `Invalid`, which says which field it is about by its `name`.
    """
    typed = "".join((text or "").split())
    if not typed:
        return None
    if len(typed) > LONGEST or not _PLAIN.fullmatch(typed):
        raise Invalid(
            "{field}: this is no number from 0 up.",
            code="amount_invalid",
            advice="Write it with digits, such as 0.15.",
            field=name,
        )
    return Decimal(typed.replace(",", "."))


def needed(text: str | None, name: str) -> Decimal:
    """The same where something has to be typed."""
    value = amount(text, name)
    if value is None:
        raise Invalid(
            "{field}: nothing was entered.", code="amount_missing", advice="0 is a number too.", field=name
        )
    return value


def written(value: Decimal | None, tr: Translator) -> str:
    """The amount with all its digits, as the language writes it; nothing for None."""
    if value is None:
        return ""
    exponent = value.normalize().as_tuple().exponent
    return tr.number(value, decimals=max(0, -exponent) if isinstance(exponent, int) else 0)


def typed(value: Decimal | None) -> str:
    """The amount as it stands in a field."""
    return "" if value is None else f"{value.normalize():f}"
