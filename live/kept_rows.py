"""The last rows of a feed, packed for the browser, and what of them somebody has missed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from queries.live_feed import FeedRow, Place, parse_place

MOST = 500
NOWHERE: Place = (0, 0)


class KeptRows:
    """At most `MOST` rows in their order. As JSON, a row is encoded once for all who see it."""

    def __init__(self) -> None:
        self._rows: deque[tuple[Place, str]] = deque()
        self._floor = NOWHERE
        self.place = NOWHERE
        """Where the stream has been told to."""

    def begin(self, rows: Sequence[FeedRow], place: Place, *, is_whole: bool) -> None:
        """Forget what was; `place` is the end of the stream, `is_whole` says that it has no older rows."""
        self._rows.clear()
        self._floor = self.place = NOWHERE
        self.add(rows)
        if not is_whole and self._rows:
            # of what stands before the first row, nothing is known here
            self._floor = self._rows[0][0]
        self.place = max(self.place, place)

    def add(self, rows: Sequence[FeedRow]) -> list[str]:
        """Take further rows, and give them packed."""
        packed = [(parse_place(row.place) or NOWHERE, row.model_dump_json(exclude_none=True)) for row in rows]
        self._rows.extend(packed)
        while len(self._rows) > MOST:
            self._floor = self._rows.popleft()[0]
        if packed:
            self.place = packed[-1][0]
        return [text for _, text in packed]

    def after(self, place: Place) -> list[str] | None:
        """All rows after a place; None when that is further back than what is kept."""
        if place < self._floor:
            return None
        return [text for stands, text in self._rows if stands > place]

    def last(self, count: int) -> list[str]:
        """The newest rows."""
        return [text for _, text in list(self._rows)[-count:]]
