"""Many of a kind beside each other, with the same few figures: sorted and searched in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.delta import Delta
from components.drawn import Drawn
from i18n import Translator


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure. `value` is what it is sorted by; None is last."""

    text: str
    value: float | None
    change: str
    tone: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Comparable:
    """One line: a name that people gave it, a few words of ours under it, its page, and its figures."""

    name: str
    detail: str
    href: str
    is_current: bool
    figures: Sequence[Compared]


def compared(text: str, value: float | None, change: Delta) -> Compared:
    """A figure with its change."""
    return Compared(text, value, change.marked, change.tone, change.sentence)


class Comparison(Drawn, component="comparison.js"):
    """The table, whose lines `show` replaces in place; the reader's order and search stay."""

    def __init__(self, tr: Translator, title: str, about: str, columns: Sequence[str]) -> None:
        super().__init__()
        self.put(
            heading=title,
            about=about,
            columns=tuple(columns),
            lines=(),
            find=tr.t("Find a salon"),
            none=tr.t("There is no such salon."),
        )

    def show(self, lines: Sequence[Comparable]) -> None:
        """Put newer figures into the table."""
        self.put(lines=tuple(lines))
