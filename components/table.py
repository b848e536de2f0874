"""A table of records that becomes a list of cards where the screen is narrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from components.tag import Tag, tag


class Table:
    """Use `row` and, inside it, `cell` for each column in turn."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        self._columns = columns
        self._next = 0
        with tag("table", classes="table records") as table:
            table.attribute("aria-label", name)
            with tag("thead"), tag("tr"):
                for column in columns:
                    tag("th", column).props("scope=col")
            self._body = tag("tbody")

    @contextmanager
    def row(self) -> Iterator[Tag]:
        """One record."""
        self._next = 0
        with self._body, tag("tr") as row:
            yield row

    @contextmanager
    def cell(self, classes: str = "") -> Iterator[Tag]:
        """The next column of the record; the column's name stands beside it on narrow screens."""
        name = self._columns[self._next]
        self._next += 1
        with tag("td", classes=classes).attribute("data-label", name) as cell:
            yield cell

    def text(self, words: str, classes: str = "") -> None:
        """The next column, with nothing but our own words in it."""
        with self.cell(classes):
            tag("span", words)
