"""How a figure has changed against the span before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from i18n import Translator

Direction = Literal["up", "down", "same", "unknown"]
Tone = Literal["good", "bad", "plain"]

ARROWS: dict[Direction, str] = {"up": "↑", "down": "↓", "same": "→", "unknown": ""}


@dataclass(frozen=True, slots=True)
class Delta:
    """`short` stands on a card (`12.5%`), `sentence` is read out by a screen reader, `tone` is its colour."""

    direction: Direction
    tone: Tone
    short: str
    sentence: str

    @property
    def marked(self) -> str:
        """The short form with its arrow."""
        return f"{ARROWS[self.direction]} {self.short}".strip()


def delta(
    current: Decimal | None,
    previous: Decimal | None,
    tr: Translator,
    *,
    is_share: bool = False,
    less_is_better: bool = False,
) -> Delta:
    """The change of a figure. Without a figure before, or with zero there, no percentage means anything.

    A share changes by percentage points.
    """
    if current is None or previous is None:
        return _plain("unknown", tr.t("nothing to compare with"))
    if current == previous:
        return _plain("same", tr.t("as before"))
    direction: Direction = "up" if current > previous else "down"
    tone: Tone = "good" if (direction == "up") is not less_is_better else "bad"
    if is_share:
        points = abs(current - previous) * 100
        return _changed(direction, tone, tr.t("{points} pp", points=tr.number(points, 1)), tr)
    if previous == 0:
        return _plain("unknown", tr.t("none before"))
    if current > 10 * previous > 0:
        # against next to nothing, a percentage has many digits and no meaning
        words = tr.t("more than tenfold")
        return Delta(direction, tone, words, words)
    return _changed(direction, tone, _percent(abs(current - previous) / previous, tr), tr)


def _percent(share: Decimal, tr: Translator) -> str:
    return tr.percent(share, decimals=0 if share >= Decimal("0.995") else 1)


def _changed(direction: Direction, tone: Tone, amount: str, tr: Translator) -> Delta:
    up = direction == "up"
    sentence = tr.t("up by {amount}", amount=amount) if up else tr.t("down by {amount}", amount=amount)
    return Delta(direction, tone, amount, sentence)


def _plain(direction: Direction, words: str) -> Delta:
    return Delta(direction, "plain", words, words)
