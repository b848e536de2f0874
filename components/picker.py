"""A button that says what is chosen, and opens a menu of what else there is."""

from __future__ import annotations

from components.drawn import Drawn
from components.tag import shortened


class Picker(Drawn, component="picker.js"):
    """Put the menu inside (see `components.menu`), which makes it a button that sends no form.

    `icon` and `arrow` are Material icons.
    """

    def __init__(self, icon: str, arrow: str) -> None:
        super().__init__()
        self.put(icon=icon, arrow=arrow, words="", short="")

    def show(self, words: str, read_out: str, *, short: str = "") -> None:
        """Say what is chosen, to screen readers too; `short` instead where a phone has no room for more."""
        self.put(words=shortened(words), short=short)
        self.props["aria-label"] = read_out
