"""The process that writes one file: rows come by standard input, and no page waits for their writing.

    python -m api.exports.writer FOLDER

The first line is the layout, each further one a list of rows, the last one `null`; all JSON. CSV goes to
standard output, XLSX to `FOLDER/export.xlsx`. Ends with 0 only when all was written, with `NO_ROOM` when the
disk is full. Input that breaks off means that the panel is gone: then it removes the folder, as nobody else
will.
"""

from __future__ import annotations

import errno
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
NO_ROOM = 28
"""Exit status: errno's own number for it."""
_NO_ROOM_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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


def _is_no_room(error: BaseException | None) -> bool:
    """Whether it is, or comes of, a full disk: XlsxWriter wraps what the system says."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM_ERRORS:
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        if not _is_no_room(error):
            raise
        sys.stderr.write(f"No room for the file: {error}\n")
        sys.exit(NO_ROOM)
