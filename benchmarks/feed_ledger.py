"""Who was told what of a live feed, and when: to say what was missed, repeated, out of order or late."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from benchmarks.busy_bot import MARK
from benchmarks.live_tab import LiveTab, Piece
from queries.live_feed import Place


@dataclass(slots=True)
class _Told:
    """What one tab was told after its first rows, which began at a place."""

    since: Place
    rows: int = 0
    last: Place = (0, 0)


@dataclass(slots=True)
class FeedLedger:
    """`hear` is each tab's `on_piece`."""

    milliseconds: array[float] = field(default_factory=lambda: array("d"))
    """From the writing of a message to its arrival at a tab, for each tab and message."""
    disorder: int = 0
    """Rows that came again, or before an earlier one."""
    numbers: set[int] = field(default_factory=set)
    """Of the bot's messages, those that any tab was told."""
    _places: set[Place] = field(default_factory=set)
    _told: dict[LiveTab, _Told] = field(default_factory=dict)
    _written: dict[int, tuple[Piece, list[float]]] = field(default_factory=dict)

    def hear(self, tab: LiveTab, piece: Piece, at: float) -> None:
        """A piece has come to a tab, at a Unix time."""
        if piece.is_anew:
            self._told[tab] = _Told(piece.until, last=piece.until)
            return
        told = self._told[tab]
        for row in piece.rows:
            if row.place <= told.last:
                self.disorder += 1
            told.last = row.place
        told.rows += len(piece.rows)
        for written_at in self._moments(piece):
            self.milliseconds.append((at - written_at) * 1000)

    def missed(self, tab: LiveTab) -> int:
        """How many rows other tabs were told, up to the last that this one was, and this one was not."""
        told = self._told[tab]
        return sum(told.since < place <= told.last for place in self._places) - told.rows

    def last(self, tab: LiveTab) -> Place:
        """The place up to which a tab was told."""
        return self._told[tab].last

    def _moments(self, piece: Piece) -> list[float]:
        """When the messages of a piece were written. All tabs of a room are given the same piece."""
        known = self._written.get(id(piece))
        if known is not None:
            return known[1]
        moments = []
        for row in piece.rows:
            self._places.add(row.place)
            if row.text.startswith(MARK):
                _, number, written_at = row.text.split(" ")
                self.numbers.add(int(number))
                moments.append(float(written_at))
        if len(self._written) > 64:
            self._written.clear()
        self._written[id(piece)] = (piece, moments)
        return moments
