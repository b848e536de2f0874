"""The last events of a salon's stream, each packed once for everybody who follows it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from errors import Invalid

KEPT_EVENTS = 5_000
KEPT_CHARACTERS = 8_000_000
"""Of one feed, at most, unless one answer of the database is larger than that by itself."""

WHOLE = 2**31 - 1
"""The number of an event that stands after all others of its stretch."""

_CURSOR = re.compile(r"([0-9]{1,18})(?::([0-9]{1,9}))?")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where somebody is in the stream: after an event of a stretch, or after the whole stretch.

    The database numbers stretches, which are what one run told at a time; a connection may end amid one.
    """

    position: int
    seq: int = WHOLE

    def __str__(self) -> str:
        return str(self.position) if self.seq == WHOLE else f"{self.position}:{self.seq}"

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """The place that a cursor names. Raises `Invalid` for what is none."""
        found = _CURSOR.fullmatch(cursor) if cursor.isascii() else None
        if found is None:
            raise Invalid(
                "This cursor is none that was told here.", code="cursor_invalid", advice="Begin without one."
            )
        return cls(int(found[1]), int(found[2] or WHOLE))


@dataclass(frozen=True, slots=True)
class Entry:
    """A message for those who follow, and where they are when they have it."""

    place: Place
    text: str
    run_id: str = ""


def packed(told: Iterable[dict[str, Any]]) -> list[Entry]:
    """The events of an answer of `events_after`, each with its cursor."""
    return [
        Entry(Place.parse(one["cursor"]), orjson.dumps(one).decode(), one["event"]["run_id"]) for one in told
    ]


class StreamLog:
    """The entries after `floor`, up to `end`."""

    def __init__(self, most_events: int = KEPT_EVENTS, most_characters: int = KEPT_CHARACTERS) -> None:
        self._most_events = most_events
        self._most_characters = most_characters
        self._entries: list[Entry] = []
        self._characters = 0
        self.floor = self.end = Place(0)

    def begin(self, end: Place) -> None:
        """Forget everything; what comes next comes after `end`."""
        self._entries.clear()
        self._characters = 0
        self.floor = self.end = end

    def add(self, entries: Sequence[Entry], end: Place) -> None:
        """Add what came, and drop the oldest when there is too much. What came just now is kept whole."""
        self._drop(len(entries), sum(len(entry.text) for entry in entries))
        self._entries += entries
        self._characters += sum(len(entry.text) for entry in entries)
        self.end = end

    def after(self, place: Place) -> list[Entry] | None:
        """What came after a place; None if that is not known here (any more, or yet)."""
        if not self.floor <= place <= self.end:
            return None
        return self._entries[bisect_right(self._entries, place, key=lambda entry: entry.place) :]

    def _drop(self, events: int, characters: int) -> None:
        dropped = 0
        for entry in self._entries:
            left = len(self._entries) - dropped
            if left + events <= self._most_events and self._characters + characters <= self._most_characters:
                break
            self._characters -= len(entry.text)
            self.floor = entry.place
            dropped += 1
        del self._entries[:dropped]
