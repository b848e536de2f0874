"""The pages of a list that is read by places, not by numbers: first, previous, next, last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from components.moving_link import moving_link
from components.tag import icon, tag
from i18n import Translator


@dataclass(frozen=True, slots=True)
class Turn:
    """A way to another page: its address, and what shows it without opening the address anew."""

    address: str
    go: Callable[[], Any]


class Pager:
    """Draw it once; `show` says where one is."""

    def __init__(self, tr: Translator, name: str) -> None:
        self._tr = tr
        with tag("nav", classes="list-pager").attribute("aria-label", name) as self._bar:
            self._position = tag("p", classes="muted tabular grow")
            self._turns = tag("div", classes="pager-turns")

    def show(
        self,
        position: str,
        *,
        first: Turn | None,
        previous: Turn | None,
        following: Turn | None,
        last: Turn | None,
    ) -> None:
        """Show the ways that there are. `position` is the place in the list, empty where it is not known."""
        tr = self._tr
        self._bar.set_visibility(bool(position or first or following))
        self._position.set_text(position)
        turns = (
            (first, tr.t("First page"), "first_page"),
            (previous, tr.t("Previous page"), "chevron_left"),
            (following, tr.t("Next page"), "chevron_right"),
            (last, tr.t("Last page"), "last_page"),
        )
        with self._turns.clear():
            for turn, words, picture in turns if first or following else ():
                self._turn(turn, words, picture)

    def _turn(self, turn: Turn | None, words: str, picture: str) -> None:
        if turn is None:
            with tag("span", classes="pager-turn is-off").props("aria-hidden=true"):
                icon(picture)
            return
        with moving_link("", turn.address, turn.go, "pager-turn") as made:
            made.attribute("aria-label", words).attribute("title", words)
            icon(picture)
