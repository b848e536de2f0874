"""A long table of records, drawn by the browser from plain data.

The server keeps the data of the rows that are shown and no element for each cell: a page of fifty records
would else weigh megabytes in every open tab. Where the screen is narrow, the rows become cards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nicegui.events import GenericEventArguments

from components.drawn import Drawn
from components.tag import LONGEST_TEXT

Direction = Literal["ascending", "descending"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text in an element of its own; `bdi` for foreign text, `mark` for a hit."""

    text: str
    css: str = ""
    tag: Literal["span", "bdi", "mark"] = "span"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a cell. With `href` (of ours) it is a link; the one with `row-link` opens the record."""

    parts: Sequence[Part]
    css: str = ""
    href: str = ""


Cell = Sequence[Line]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading. With `href` it sorts: that is the address of the list sorted by it."""

    key: str
    label: str
    css: str = ""
    href: str = ""
    sort: Direction | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A row: as many cells as there are columns, and what stands under them. `key` names it for ever."""

    key: str
    cells: Sequence[Cell]
    below: Sequence[Part] = ()


class Records(Drawn, component="records.js"):
    """The table. `on_sort` is called with the key of a column whose heading was pressed."""

    def __init__(self, name: str, on_sort: Callable[[str], Any]) -> None:
        super().__init__()
        self.put(name=name, columns=(), rows="[]")

        def sort(event: GenericEventArguments) -> Any:
            return on_sort(str(event.args))

        self.on("sort", sort)

    def show(self, columns: Sequence[Column], packed: str) -> None:
        """Show other rows, which `pack` made; of a row that was there before, only the changes are drawn."""
        self.put(columns=tuple(columns), rows=packed)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is shown, in plain data."""
        shown: list[dict[str, Any]] = json.loads(self.props["rows"])
        return shown

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        """What a simulated reader sees."""
        in_cells = [
            part for row in self.rows for cell in row["cells"] for line in cell for part in line["parts"]
        ]
        below = [part for row in self.rows for part in row["below"]]
        shown = [part["text"] for part in (*in_cells, *below)]
        return [*super()._displayed_contents(only_visible=only_visible), *shown]


def pack(records: Sequence[Record]) -> str:
    """Rows as JSON: as objects, those of one page would weigh a megabyte in every open tab."""
    return json.dumps([_row(record) for record in records], separators=(",", ":"))


def words(text: str, css: str = "", *, title: str = "") -> Part:
    """Words of ours."""
    return Part(text, css, "span", title)


def foreign_words(text: str, css: str = "", *, title: str = "") -> Part:
    """What people, clients or models wrote: shortened, and kept from turning what is around it."""
    shown = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
    return Part(shown, css, "bdi", title)


def _row(record: Record) -> dict[str, Any]:
    cells = [[_line(line) for line in cell] for cell in record.cells]
    return {"key": record.key, "cells": cells, "below": [_part(part) for part in record.below]}


def _line(line: Line) -> dict[str, Any]:
    parts = [_part(part) for part in line.parts]
    return _set({"parts": parts, "css": line.css, "href": line.href})


def _part(part: Part) -> dict[str, Any]:
    return _set({"text": part.text, "css": part.css, "tag": part.tag, "title": part.title})


def _set(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value}
