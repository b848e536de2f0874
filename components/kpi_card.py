"""One figure: how much, how it has changed, and how it is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.delta import ARROWS, Delta
from components.menu import menu
from components.tag import icon, tag
from i18n import Translator

HEIGHT = "132px"


@dataclass(frozen=True, slots=True)
class Formula:
    """What a figure means: a sentence for anybody, and the exact rule."""

    meaning: str
    rule: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What a card shows at a moment. `value` is formatted; `notes` say what is not in it."""

    value: str
    delta: Delta
    before: str
    notes: Sequence[str] = ()


class KpiCard:
    """A card with a figure, which `show` replaces in place."""

    def __init__(self, tr: Translator, title: str, formula: Formula) -> None:
        with tag("section", classes="card kpi").style(f"min-height: {HEIGHT}") as card:
            card.attribute("aria-label", title)
            with tag("div", classes="kpi-head"):
                tag("h2", title, "kpi-title")
                with tag("button", classes="help-button") as opener:
                    opener.attribute("aria-label", tr.t("How “{title}” is counted", title=title))
                    icon("help_outline")
                    with menu(opener, title, align_right=True).classes("popover"):
                        tag("p", title, "popover-title")
                        tag("p", formula.meaning)
                        tag("p", formula.rule, "formula")
            self._value = tag("p", classes="kpi-value")
            with tag("p", classes="kpi-change"):
                self._delta = tag("span", classes="delta").props("aria-hidden=true")
                self._spoken = tag("span", classes="visually-hidden")
                self._before = tag("span", classes="muted")
            self._notes = tag("div", classes="kpi-notes")

    def show(self, figure: Figure) -> None:
        """Put a figure on the card."""
        self._value.set_text(figure.value)
        arrow = ARROWS[figure.delta.direction]
        self._delta.set_text(f"{arrow} {figure.delta.short}".strip())
        self._delta.classes(replace=f"delta delta-{figure.delta.direction}")
        self._spoken.set_text(figure.delta.sentence)
        self._before.set_text(figure.before)
        with self._notes.clear():
            for note in figure.notes:
                with tag("p", classes="kpi-note"):
                    icon("info_outline")
                    tag("span", note)
