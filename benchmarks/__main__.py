"""`make bench`: what the issue names a figure for, measured on the machine at hand.

Each figure is printed with its target, met or not; nothing here is a test. Load goes to loopback and ends
by itself.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import door_latency, memory, sign_ins, start_up

BENCHMARKS: dict[str, Callable[[Path], Coroutine[Any, Any, None]]] = {
    "start-up": start_up.measure,
    "door": door_latency.measure,
    "sign-ins": sign_ins.measure,
    "memory": memory.measure,
}


def main() -> None:
    """Run the chosen benchmarks, or all, over one fresh demo database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default"
    )
    chosen = parser.parse_args().names or list(BENCHMARKS)
    unknown = set(chosen) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="panel-bench-") as folder:
        for name in chosen:
            print(f"\n{name}")
            uvloop.run(BENCHMARKS[name](Path(folder) / "data"))  # the loop that the panel runs on


main()
