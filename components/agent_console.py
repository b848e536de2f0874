"""The operators' console, drawn by the browser from the API that machines read, too.

The server keeps no event of it: this element is some words and an address, however long a run is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nicegui.elements.mermaid  # noqa: F401 - lets the browser's side import Mermaid
from nicegui.events import GenericEventArguments

from components.drawn import Drawn

_HERE = Path(__file__).parent
PARTS: list[str | Path] = [
    "feed_search.js",
    *sorted({path.name for path in _HERE.glob("agent_*.js")} - {"agent_console.js"}),
]
SAID = ("run", "runs", "event", "view", "compare")
"""What of the address the console says itself."""

_LONGEST = 160
"""Characters of what is said of one thing: four ids, and some more."""

Moved = Callable[[Mapping[str, str], bool], None]


class AgentConsole(Drawn, component="agent_console.js", dependencies=PARTS):
    """`words` are its texts as JSON (see `pages.agent_words`), `asked` what its address says, `access` where
    keys are made. `on_moved` is told what the address is to say, and whether that is a new place."""

    def __init__(
        self,
        words: str,
        on_moved: Moved,
        *,
        tenant: str,
        locale: str,
        time_zone: str,
        tab: str,
        asked: str,
        access: str,
        may_control: bool,
    ) -> None:
        super().__init__()
        self._rung = {"rung_runs": 0, "rung_commands": 0}
        self.put(
            words=words, tenant=tenant, locale=locale, zone=time_zone, tab=tab, asked=asked, access=access,
            control=may_control, **self._rung,
        )  # fmt: skip

        def moved(event: GenericEventArguments) -> None:
            said: Any = event.args
            if isinstance(said, dict):
                on_moved(_told(said), bool(said.get("isNew")))

        self.on("moved", moved)

    def ring_runs(self) -> None:
        """There may be other runs now, or other questions."""
        self._ring("rung_runs")

    def ring_commands(self) -> None:
        """There may be other commands now, or other answers."""
        self._ring("rung_commands")

    def _ring(self, bell: str) -> None:
        self._rung[bell] += 1
        self.put(**self._rung)


def _told(said: Mapping[str, Any]) -> dict[str, str]:
    # from a browser: whatever it is, it becomes text of an address, and no long one
    return {name: str(said[name])[:_LONGEST] for name in SAID if said.get(name)}
