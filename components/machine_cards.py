"""Cards of model hosts, drawn by the browser; they are told anew as often as there is news."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from components.drawn import Drawn


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A loaded model: its name, how much memory it takes, and until when it stays."""

    name: str
    size: str
    until: str


@dataclass(frozen=True, slots=True)
class MachineCard:
    """A host. `spark` is the way of its GPU's memory, None where that was not known; `spoken` says so.

    `is_old`: the facts are the last that are known, not what is now.
    """

    address: str
    state: str
    tone: Literal["good", "warn", "plain"]
    note: str
    facts: Sequence[tuple[str, str]]
    models: Sequence[ModelLine]
    spark: Sequence[int | None]
    spoken: str
    is_old: bool


class MachineCards(Drawn, component="machine_cards.js"):
    """The cards that `read` gives, now and whenever `attend` rings, until this element is deleted."""

    def __init__(
        self,
        heading: str,
        read: Callable[[], Sequence[MachineCard]],
        attend: Callable[[Callable[[], None]], Callable[[], None]],
    ) -> None:
        super().__init__()
        self._read = read
        self.put(heading=heading)
        self._show()
        self._leave = attend(self._show)

    def _show(self) -> None:
        self.put(cards=tuple(self._read()))

    def _handle_delete(self) -> None:
        self._leave()
        super()._handle_delete()
