"""The process that writes one file: rows come by standard input, and no page waits for their writing.

    python -m api.exports.writer FOLDER

The first line is the layout, each further one a list of rows, the last one `null`; all JSON. CSV goes to
standard output, XLSX to `FOLDER/export.xlsx`. Ends with 0 only when all was written. Input that breaks off
means that the panel is gone: then it removes the folder, as nobody else will.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from api.exports.cells import Cells, TableFile
from api.exports.csv_file import CsvFile

NICENESS = 10
"""Pages come first."""
XLSX_NAME = "export.xlsx"


def main() -> None:
    """Write until the input ends."""
    os.nice(NICENESS)
    lines = sys.stdin.buffer
    layout: dict[str, Any] = json.loads(lines.readline())
    cells = Cells(layout)
    folder = Path(sys.argv[1])
    file = _file(layout, folder)
    file.heading([column["heading"] for column in layout["columns"]])
    while rows := lines.readline():
        if (batch := json.loads(rows)) is None:
            file.close()
            return
        for row in batch:
            file.row(cells.of(row))
    shutil.rmtree(folder)
    sys.exit("The rows broke off")


def _file(layout: dict[str, Any], folder: Path) -> TableFile:
    if layout["format"] == "xlsx":
        from api.exports.xlsx_file import XlsxFile  # a library that CSV need not wait for

        return XlsxFile(folder / XLSX_NAME, title=layout["title"])
    return CsvFile(sys.stdout.buffer, separator=layout["separator"], decimal=layout["decimal"])


if __name__ == "__main__":
    main()
