"""One figure: how much, how it has changed, how it went, how it is counted, and the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.delta import Delta
from components.drawn import Drawn
from i18n import Translator

HEIGHT_PX = 164


@dataclass(frozen=True, slots=True)
class Formula:
    """What a figure means: a sentence for anybody, and the exact rule."""

    meaning: str
    rule: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What a card shows at a moment. `value` is formatted; `notes` say what is not in it.

    `spark` is the figure's way through the period: None where there is none, nothing at all for no line.
    `href` is an address of ours with the rows that make the figure, or nothing.
    """

    value: str
    delta: Delta | None
    before: str = ""
    notes: Sequence[str] = ()
    spark: Sequence[float | None] = ()
    href: str = ""


class KpiCard(Drawn, component="kpi_card.js"):
    """A card with a figure, which `show` replaces in place."""

    def __init__(self, tr: Translator, title: str, formula: Formula, figure: Figure) -> None:
        super().__init__()
        self.put(
            heading=title,
            help=tr.t("How “{title}” is counted", title=title),
            meaning=formula.meaning,
            rule=formula.rule,
            open=tr.t("{title}: show the dialogues", title=title),
        )
        self.show(figure)

    def show(self, figure: Figure) -> None:
        """Put a figure on the card."""
        change = figure.delta
        self.put(
            value=figure.value,
            change=change.marked if change else "",
            tone=change.tone if change else "plain",
            spoken=change.sentence if change else "",
            before=figure.before,
            notes=tuple(figure.notes),
            spark=tuple(figure.spark),
            href=figure.href,
        )
