"""`python -m jobs.tethered MODULE …` runs a module that cannot outlive the process that started it.

The starter keeps standard input open; when it ends, however it does, the system closes it, and this process
ends at once. Lines that the starter writes there are `NAME=value` for the environment: short tokens, renewed.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading

ORPHANED = 75
"""Exit status: the starter has gone."""
POLITENESS = 10
"""Added to the process's niceness: people's pages come first."""


def main(arguments: list[str]) -> None:
    """Run the module named first with the other arguments, as `python -m` does."""
    os.nice(POLITENESS)
    threading.Thread(target=_hold, args=[os.dup(0)], name="tether", daemon=True).start()
    _without_input()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _hold(tether: int) -> None:
    with os.fdopen(tether, encoding="ascii") as lines:
        for line in lines:
            name, _, value = line.rstrip("\n").partition("=")
            os.environ[name] = value
    os._exit(ORPHANED)


def _without_input() -> None:
    # The module, and what it starts, must neither read the lines nor wait for any.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


if __name__ == "__main__":
    main(sys.argv[1:])
