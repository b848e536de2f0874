"""Values of rows as cells: text, numbers and local moments. Part of the writer, which is another process."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

Cell = str | int | float | datetime | None

MOST_ROWS = 1_048_575
"""What a sheet of a spreadsheet holds under its heading."""

_NOT_IN_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


class TableFile(Protocol):
    """A file that is written row by row."""

    def heading(self, texts: list[str]) -> None:
        """Write the names of the columns; once, before all rows."""

    def row(self, cells: list[Cell]) -> None:
        """Write one row."""

    def close(self) -> None:
        """Finish the file."""


class Cells:
    """Turns rows into cells by a layout (see `layout.Layout`)."""

    def __init__(self, layout: dict[str, Any]) -> None:
        self._zone = ZoneInfo(layout["time_zone"])
        self._columns = [(one["name"], one["kind"], one.get("words", {})) for one in layout["columns"]]

    def of(self, row: dict[str, Any]) -> list[Cell]:
        """The cells of one row, in the order of the columns; None for what is unknown."""
        return [self._cell(row[name], kind, words) for name, kind, words in self._columns]

    def _cell(self, value: Any, kind: str, words: dict[str, str]) -> Cell:
        if value is None:
            return None
        if kind == "text":
            text = str(value)
            return words.get(text) or printable(text)
        if kind == "moment":
            return self._local(value)
        if kind == "texts":
            return printable("; ".join(value)) or None
        number = float(value)
        if kind == "milliseconds":
            number /= 1000
        return int(number) if number.is_integer() else number

    def _local(self, value: str) -> datetime:
        return datetime.fromisoformat(value).astimezone(self._zone)


def printable(text: str) -> str:
    """Without the characters that no XML, and so no spreadsheet, can hold."""
    return _NOT_IN_XML.sub("", text)


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet might compute this text instead of showing it."""
    return _FORMULA.match(text) is not None
