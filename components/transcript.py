"""A conversation, drawn by the browser from plain data: the client on the left, the bot on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nicegui import ui
from nicegui.events import GenericEventArguments


@dataclass(frozen=True, slots=True)
class Line:
    """A message, or the name of the `day` on which the next ones were sent. `key` names it for ever.

    `wait` stands above an answer, `role` is who wrote when it was neither side, `more` is the button for the
    whole of a long text, `inferred` explains the mark of a message that was attached by its time.
    """

    key: str
    day: str = ""
    side: Literal["client", "bot", "other"] = "other"
    author: str = ""
    role: str = ""
    text: str = ""
    time: str = ""
    moment: str = ""
    wait: str = ""
    wait_title: str = ""
    more: str = ""
    remark: str = ""
    inferred: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A button at the upper or lower end of what is shown, to messages further on."""

    key: str
    label: str


class Transcript(ui.element, component="transcript.js"):
    """The conversation. `on_turn` is called with the key of a `Way`, `on_open` with that of a `Line`."""

    def __init__(
        self, name: str, new_label: str, on_turn: Callable[[str], Any], on_open: Callable[[str], Any]
    ) -> None:
        super().__init__()
        self._props |= {
            "name": name,
            "new_label": new_label,
            "lines": [],
            "earlier": [],
            "later": [],
            "turns": 0,
        }
        self._lines: Sequence[Line] = ()

        def turn(event: GenericEventArguments) -> Any:
            return on_turn(str(event.args))

        def open_line(event: GenericEventArguments) -> Any:
            return on_open(str(event.args))

        self.on("turn", turn)
        self.on("open", open_line)

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    def show(self, lines: Sequence[Line], earlier: Sequence[Way], later: Sequence[Way]) -> None:
        """Show other messages; of those that were there before, only what has changed is drawn."""
        self._lines = lines
        self._props["lines"] = [asdict(line) for line in lines]
        self._props["earlier"] = [asdict(way) for way in earlier]
        self._props["later"] = [asdict(way) for way in later]
        self.update()

    def end_turn(self) -> None:
        """Let the buttons be pressed again."""
        self._props["turns"] += 1
        self.update()
