"""A card with a few figures, each with a sentence on what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.drawn import Drawn


@dataclass(frozen=True, slots=True)
class Highlight:
    """`value` is formatted; `rule` says how it is counted; `href` is our address of its rows, or nothing."""

    value: str
    name: str
    rule: str
    href: str = ""


class Highlights(Drawn, component="highlights.js"):
    """The card, whose figures `show` replaces in place."""

    def __init__(self, title: str, about: str, highlights: Sequence[Highlight]) -> None:
        super().__init__()
        self.put(heading=title, about=about)
        self.show(highlights)

    def show(self, highlights: Sequence[Highlight]) -> None:
        """Put newer figures on the card."""
        self.put(highlights=tuple(highlights))
