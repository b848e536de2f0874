"""What came from Redis -> the intake: in its order, many at a time, until each is recorded or refused."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Generic, Literal, Protocol, TypeVar

from errors import AppError, Invalid, NotAllowed, SignInRequired, TooLarge, TooMany
from telemetry.event_json import SEPARATOR

logger = logging.getLogger(__name__)

MOST_ENTRIES = 200
MOST_BYTES = 4 << 20
"""Of what is handed over at a time: a commit for each entry is slow, one for all keeps all waiting."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
"""Seconds between two tries of the same."""
LONGEST_REST = 60.0
"""Seconds that are waited at most where the intake says how long."""
MOST_SURPRISES = 5
"""Tries of what leads to an error that nobody expects: then it is refused, and what follows is read."""

Claims = TypeVar("Claims")
Claims_co = TypeVar("Claims_co", covariant=True)
Claims_contra = TypeVar("Claims_contra", contravariant=True)

State = Literal["connecting", "reading", "waiting", "away"]


class Keys(Protocol[Claims_co]):
    """What tells whose a key is, as `keys.Keys` does."""

    async def claims(self, key: str) -> Claims_co:
        """Raises `SignInRequired` for what is no living key, and `Unavailable` while nobody knows."""


class Intake(Protocol[Claims_contra]):
    """What records events, as `intake.Intake` does."""

    async def events_json(self, claims: Claims_contra, body: bytes) -> object:
        """Returns when they are committed. Raises `AppError`."""


@dataclass(slots=True)
class Condition:
    """How the reading from Redis goes. `code` says why nothing is read on: an error's code, or its name."""

    what: str
    state: State = "connecting"
    code: str | None = None
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    recorded: int = 0
    refused: int = 0
    """Entries, since the start."""

    def becomes(self, state: State, code: str | None = None) -> None:
        """Say so in the log, once for each change."""
        if (state, code) == (self.state, self.code):
            return
        if state != "reading":
            logger.warning("Events are not read from the %s: %s (%s)", self.what, state, code)
        elif self.state != "connecting":
            logger.warning("Events are read from the %s again", self.what)
        self.state, self.code, self.since = state, code, datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody put into Redis. `key` is the entry's own, None where it has none."""

    id: bytes
    body: bytes | None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """Entries that are done with. `code` is why they were refused, None where they are recorded."""

    entries: Sequence[Entry]
    code: str | None


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: str
    is_of_all: bool


class HandOver(Generic[Claims]):
    """One way from Redis to the intake. `key` is that of entries without one of their own."""

    def __init__(
        self, keys: Keys[Claims], intake: Intake[Claims], key: str | None, condition: Condition
    ) -> None:
        self._keys = keys
        self._intake = intake
        self._key = key
        self._condition = condition
        self._at_a_time = MOST_ENTRIES

    async def settle(self, entries: Sequence[Entry]) -> AsyncIterator[Settled]:
        """The entries in their order, each once, as soon as they are recorded or refused."""
        for _, group in groupby(entries, key=lambda entry: (entry.key, entry.body is None)):
            waiting = list(group)
            while waiting:
                some = self._first_of(waiting)
                refusal = await self._record(some)
                if refusal is not None and not refusal.is_of_all and len(some) > 1:
                    # one of them is to blame: the others are not to suffer for it
                    self._at_a_time = len(some) // 2
                    continue
                self._at_a_time = min(2 * self._at_a_time, MOST_ENTRIES)
                waiting = waiting[len(some) :]
                self._condition.becomes("reading")
                if refusal is None:
                    self._condition.recorded += len(some)
                else:
                    self._condition.refused += len(some)
                yield Settled(some, refusal.code if refusal is not None else None)

    def _first_of(self, waiting: Sequence[Entry]) -> Sequence[Entry]:
        size = 0
        for number, entry in enumerate(waiting[: self._at_a_time]):
            size += len(entry.body or b"")
            if number and size > MOST_BYTES:
                return waiting[:number]
        return waiting[: self._at_a_time]

    async def _record(self, some: Sequence[Entry]) -> _Refusal | None:
        key = some[0].key or self._key
        bodies = [entry.body for entry in some if entry.body is not None]
        if not bodies or key is None:
            return _Refusal("key_missing" if bodies else "event_missing", is_of_all=True)
        body = bodies[0] if len(bodies) == 1 else b"".join(SEPARATOR + each + b"\n" for each in bodies)
        surprises = 0
        for tries, pause in enumerate(growing_pauses(FIRST_PAUSE, LONGEST_PAUSE), 1):
            try:
                await self._intake.events_json(await self._keys.claims(key), body)
            except AppError as error:
                refusal = self._refusal(error, some, tries)
                if refusal is not None:
                    return refusal
                told = error.retry_after if isinstance(error, TooMany) else 0
                self._condition.becomes("waiting", error.code)
                await asyncio.sleep(min(max(pause, told), LONGEST_REST))
            except Exception:
                # Whatever it was, what comes after this is not to wait for ever.
                surprises += 1
                if surprises == MOST_SURPRISES:
                    return _Refusal("unexpected", is_of_all=False)
                if surprises == 1:
                    logger.exception("Events from the %s cannot be recorded", self._condition.what)
                self._condition.becomes("waiting", "unexpected")
                await asyncio.sleep(pause)
            else:
                break
        return None

    @staticmethod
    def _refusal(error: AppError, some: Sequence[Entry], tries: int) -> _Refusal | None:
        """None where it may go better in a while: also with a key of the panel's own settings, which somebody
        has to put right."""
        match error:
            case Invalid() | TooLarge():
                return _Refusal(error.code, is_of_all=False)
            case SignInRequired() | NotAllowed() if some[0].key is not None:
                return _Refusal(error.code, is_of_all=True)
            case TooMany() if tries > 1 and len(some) > 1:
                return _Refusal(error.code, is_of_all=False)  # a part of it may be within the limits
        return None


def growing_pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds, twice as many each time; a part is left to chance, or all who wait would come at once."""
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
        pause = min(2 * pause, longest)
