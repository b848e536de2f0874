"""The numbers beside an axis that begins at zero: round ones, a few of them, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from babel.numbers import format_compact_decimal

from i18n import Translator

STEPS = 4
"""At most so many steps from zero to the top."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A number beside the axis."""

    value: float
    text: str


def ticks(highest: float, tr: Translator, *, whole: bool = True) -> Sequence[Tick]:
    """From zero to the first round number that is not below `highest`; `whole`: half a dialogue is none."""
    step = _round_step(max(highest, 1 if whole else 0.01) / STEPS)
    if whole:
        step = max(1.0, step)
    count = max(1, ceil(round(highest / step, 9)))
    return [Tick(value, _text(value, tr)) for value in (at * step for at in range(count + 1))]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5, 10, 20, 25, … that is at least this."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * (1 - 1e-9))


def _text(value: float, tr: Translator) -> str:
    if value >= 10_000:
        return format_compact_decimal(value, locale=tr.locale, fraction_digits=1)
    return tr.number(value, 0 if value == round(value) else 2)
