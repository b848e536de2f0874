"""`python -m tests.outages.moved_clock FILE MODULE`: runs a module whose wall clock is off by as many seconds
as the file says, at each moment anew. `time.monotonic` and PostgreSQL go on by the machine's clock.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path


def command(seconds: Path, module: str) -> tuple[str, ...]:
    """What Python has to be told."""
    return ("-m", "tests.outages.moved_clock", str(seconds), module)


if __name__ == "__main__":
    file, module = Path(sys.argv[1]), sys.argv[2]
    right = time.time
    time.time = lambda: right() + float(file.read_text() or 0)
    del sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
