"""A few words behind an icon, drawn as one element."""

from __future__ import annotations

from components.drawn import Drawn


class LabelledIcon(Drawn, component="labelled_icon.js"):
    """`icon` is a Material icon's name; beside a `heading`, a phone leaves the words out."""

    def __init__(self, icon: str, words: str = "", heading: str = "") -> None:
        super().__init__()
        self.put(icon=icon, words=words, heading=heading)
