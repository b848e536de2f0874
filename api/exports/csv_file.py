"""CSV as spreadsheets take it: UTF-8 with a byte order mark, every text in quotes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import BinaryIO

from api.exports.cells import Cell, looks_like_formula

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Without it, Excel takes the text for one in the machine's old code page."""


class CsvFile:
    """Rows to a stream, as they come."""

    def __init__(self, stream: BinaryIO, *, separator: str, decimal: str) -> None:
        self._stream = stream
        self._separator = separator
        self._decimal = decimal
        stream.write(BYTE_ORDER_MARK)

    def heading(self, texts: list[str]) -> None:
        """Write the names of the columns."""
        self.row(list(texts))

    def row(self, cells: list[Cell]) -> None:
        """Write one row; moments as ISO 8601 with their offset."""
        line = self._separator.join(map(self._written, cells)) + "\r\n"
        self._stream.write(line.encode())

    def close(self) -> None:
        """Hand on what is still held back."""
        self._stream.flush()

    def _written(self, cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, datetime):
            return cell.isoformat(timespec="seconds")
        if isinstance(cell, str):
            return _quoted(cell)
        return f"{cell}".replace(".", self._decimal)


# A program that parts at another character would begin a cell here.
_INNER_FORMULA = re.compile("([,;|\t\r\n])(?=[=+\\-@])")


def _quoted(text: str) -> str:
    harmless = _INNER_FORMULA.sub(r"\1'", text)
    if looks_like_formula(text):
        harmless = f"'{harmless}"
    return '"' + harmless.replace('"', '""') + '"'
