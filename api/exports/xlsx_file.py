"""XLSX, written to disk row by row: memory does not grow with the number of rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import xlsxwriter

from api.exports.cells import MOST_ROWS, Cell, looks_like_formula

_LONGEST_TEXT = 32_767
_FIRST_YEAR = 1900
"""Spreadsheets have no earlier dates: such a moment is written as text."""
_WIDTH = 18


class XlsxFile:
    """One sheet. Texts are text cells, never formulas; those that look like one stay text when edited."""

    def __init__(self, path: Path, *, title: str) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "in_memory": False}
        self._book = xlsxwriter.Workbook(path, options)
        self._sheet = self._book.add_worksheet(title)
        self._bold = self._book.add_format({"bold": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._kept_as_text = self._book.add_format({"quote_prefix": True})
        self._row = 0

    def heading(self, texts: list[str]) -> None:
        """Write the names of the columns, which stay in sight."""
        self._sheet.set_column(0, len(texts) - 1, _WIDTH)
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, texts, self._bold)
        self._row = 1

    def row(self, cells: list[Cell]) -> None:
        """Write one row. Raises `ValueError` when the sheet is full."""
        if self._row > MOST_ROWS:
            raise ValueError("the sheet is full")
        for column, cell in enumerate(cells):
            if cell is not None:
                self._write(column, cell)
        self._row += 1

    def close(self) -> None:
        """Put the file together."""
        self._book.close()

    def _write(self, column: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            local = cell.replace(tzinfo=None)
            if local.year >= _FIRST_YEAR:
                self._sheet.write_datetime(self._row, column, local, self._moment)
                return
            cell = cell.isoformat(timespec="seconds")
        if not isinstance(cell, str):
            self._sheet.write_number(self._row, column, cell)
            return
        text = _text(cell)
        kept = self._kept_as_text if looks_like_formula(text) else None
        self._sheet.write_string(self._row, column, text, kept)


def _text(text: str) -> str:
    # The library would put what stands between these into the file as XML.
    harmless = f" {text}" if text.startswith("<r>") else text
    return harmless[:_LONGEST_TEXT]
