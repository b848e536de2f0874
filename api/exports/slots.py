"""How many exports may run at a time: a few, and one a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from errors import TooMany, Unavailable

_PAUSE_SECONDS = 15


class Slots:
    """Places for running exports in this process."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._people: set[UUID] = set()

    @contextmanager
    def taken_by(self, person: UUID) -> Iterator[None]:
        """Hold a place meanwhile.

        Raises `TooMany` for a person who has one already, `Unavailable` when all are taken.
        """
        if person in self._people:
            raise TooMany(
                "Your last export is still running.",
                retry_after=_PAUSE_SECONDS,
                advice="Wait until it is finished, or stop its download.",
            )
        if len(self._people) >= self._at_once:
            raise Unavailable("Others are exporting at this moment.", code="exports_busy")
        self._people.add(person)
        try:
            yield
        finally:
            self._people.discard(person)
