"""A card beside the conversation, and the facts in it: a name and what is known."""

from __future__ import annotations

from collections.abc import Callable

from components.dialogue_words import Label
from components.tag import foreign, tag
from queries.dialogue import Dialogue


class Section:
    """One card. `draw` builds its inside; it is built anew only when what `part` gives has changed."""

    def __init__(
        self, title: str, part: Callable[[Dialogue], object], draw: Callable[[Dialogue], None]
    ) -> None:
        self._part = part
        self._draw = draw
        self._shown: object = None
        with tag("section", classes="card dialogue-card").attribute("aria-label", title) as self._card:
            tag("h2", title, "card-title")
            self._place = tag("div", classes="stack")

    def show(self, value: Dialogue) -> None:
        """Show the dialogue's part; a part that is empty takes no room."""
        part = self._part(value)
        self._card.set_visibility(bool(part))
        if part == self._shown:
            return
        self._shown = part
        with self._place.clear():
            self._draw(value)


def labelled(name: str, label: Label) -> None:
    """A line with one of the bot's labels."""
    (foreign_fact if label.is_foreign else fact)(name, label.text)


def fact(name: str, words: str) -> None:
    """A line in words of ours."""
    with tag("div", classes="fact"):
        tag("span", name, "muted")
        tag("span", words)


def foreign_fact(name: str, text: str) -> None:
    """A line with what people or the bot wrote."""
    with tag("div", classes="fact"):
        tag("span", name, "muted")
        foreign(text)
