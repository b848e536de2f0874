"""How a figure has changed against the span before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from i18n import Translator
from models import Kpi

Direction = Literal["up", "down", "same", "unknown"]

ARROWS: dict[Direction, str] = {"up": "↑", "down": "↓", "same": "→", "unknown": ""}


@dataclass(frozen=True, slots=True)
class Delta:
    """`short` stands on a card (`12.5%`), `sentence` is read out by a screen reader."""

    direction: Direction
    short: str
    sentence: str


def delta(kpi: Kpi, tr: Translator) -> Delta:
    """The change of a figure. Without a figure before, or with zero there, no percentage means anything."""
    current, previous = kpi.current_value, kpi.previous_value
    if current is None or previous is None:
        return _plain("unknown", tr.t("nothing to compare with"))
    if current == previous:
        return _plain("same", tr.t("as before"))
    direction: Direction = "up" if current > previous else "down"
    if kpi.metric == "conversion":
        points = abs(current - previous) * 100
        return _changed(direction, tr.t("{points} pp", points=tr.number(points, 1)), tr)
    if previous == 0:
        return _plain("unknown", tr.t("none before"))
    if current > 10 * previous > 0:
        # against next to nothing, a percentage has many digits and no meaning
        return _plain(direction, tr.t("more than tenfold"))
    return _changed(direction, _percent(abs(current - previous) / previous, tr), tr)


def _percent(share: Decimal, tr: Translator) -> str:
    return tr.percent(share, decimals=0 if share >= Decimal("0.995") else 1)


def _changed(direction: Direction, amount: str, tr: Translator) -> Delta:
    up = direction == "up"
    sentence = tr.t("up by {amount}", amount=amount) if up else tr.t("down by {amount}", amount=amount)
    return Delta(direction, amount, sentence)


def _plain(direction: Direction, words: str) -> Delta:
    return Delta(direction, words, words)
