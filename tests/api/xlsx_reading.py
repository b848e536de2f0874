"""Reads an XLSX as the zip of XML that it is."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from xml.etree import ElementTree

_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_EPOCH = datetime.fromisoformat("1899-12-30")


def sheet(data: bytes) -> list[list[str | float | None]]:
    """The rows of the only sheet: text and numbers as they are, None for an empty cell.

    Fails on a formula, and on a file that is no well-formed XML.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert root.findall(".//m:f", _NS) == []
    return [_cells(row) for row in root.findall(".//m:row", _NS)]


def moment(serial: str | float | None) -> datetime:
    """The wall clock time that a number of days means."""
    assert isinstance(serial, float)
    return _EPOCH + timedelta(days=serial)


def _cells(row: ElementTree.Element) -> list[str | float | None]:
    found: list[str | float | None] = []
    for cell in row.findall("m:c", _NS):
        column = _column(cell.attrib["r"])
        found += [None] * (column - len(found))
        if cell.attrib.get("t") == "inlineStr":
            found.append("".join(text.text or "" for text in cell.findall(".//m:t", _NS)))
        else:
            value = cell.find("m:v", _NS)
            found.append(None if value is None else float(value.text or ""))
    return found


def _column(reference: str) -> int:
    letters = reference.rstrip("0123456789")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
