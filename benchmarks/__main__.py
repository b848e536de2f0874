"""`make bench`: what the issues name a figure for, measured on the machine at hand.

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

from benchmarks import (
    agents,
    attachment,
    collector,
    console,
    dialogue_list,
    door_latency,
    export,
    freshness,
    live_latency,
    live_load,
    memory,
    message_search,
    navigation,
    overview_data,
    sign_ins,
    start_up,
)

Measure = Callable[[Path], Coroutine[Any, Any, None]]

DEMO: dict[str, Measure] = {
    "start-up": start_up.measure,
    "door": door_latency.measure,
    "sign-ins": sign_ins.measure,
    "memory": memory.measure,
    "live-latency": live_latency.measure,
    "live-load": live_load.measure,
    "agents": agents.measure,
    "console": console.measure,
}
"""Over the demo salons."""
LARGE: dict[str, Measure] = {
    "attachment": attachment.measure,
    "overview": overview_data.measure,
    "collector": collector.measure,
    "dialogues": dialogue_list.measure,
    "search": message_search.measure,
    "freshness": freshness.measure,
    "navigation": navigation.measure,
    "export": export.measure,
}
"""Over fifty salons, one of them with 100,000 dialogues and 1,000,000 messages."""
BENCHMARKS = DEMO | LARGE


def main() -> None:
    """Run the chosen benchmarks, or all, over databases of their own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the large installation there, for the next time"
    )
    arguments = parser.parse_args()
    chosen = arguments.names or list(BENCHMARKS)
    unknown = set(chosen) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="panel-bench-") as folder:
        for name in chosen:
            print(f"\n{name}")
            demo, large = Path(folder) / "demo", arguments.keep or Path(folder) / "large"
            uvloop.run(BENCHMARKS[name](demo if name in DEMO else large))  # the loop that the panel runs on


main()
