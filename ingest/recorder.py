"""From prepared events to rows that are committed: one writer for each key, which takes along what has come
meanwhile.

A sender is answered when its events are committed. While a commit is under way, what others send for the same
key waits, and goes together into the next one: the more there is to do, the less each costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from background import tell_of_failure
from data import Door
from errors import AppError, Invalid, TooMany
from ingest.fair_turns import FairTurns
from ingest.frames import Prepared

AT_A_TIME = 2
"""Appends at once: each is a connection and a processor of the database's."""
MOST_EVENTS = 2_000
MOST_BYTES = 8 * 1024 * 1024
"""Of one append."""
MOST_WAITING = 32 * 1024 * 1024
"""Bytes that wait for one key's writer."""


@dataclass(slots=True)
class _Waiting:
    prepared: Prepared
    committed: asyncio.Future[None]


@dataclass(slots=True)
class _Writer:
    """What waits to be appended for one key."""

    door: Door
    tenant_id: UUID
    waiting: list[_Waiting] = field(default_factory=list)
    waiting_bytes: int = 0
    task: asyncio.Task[None] | None = None


class Recorder:
    """The writers of one process. `ring` is told of a salon after each of its commits."""

    def __init__(self, ring: Callable[[UUID], None]) -> None:
        self._ring = ring
        self._turns = FairTurns(AT_A_TIME)
        self._writers: dict[UUID, _Writer] = {}

    async def record(self, key_id: UUID, tenant_id: UUID, door: Door, prepared: Prepared) -> None:
        """Returns when the events are committed.

        Raises `TooMany` when more waits than can be held, `SignInRequired` and `NotAllowed` for a key that
        may not (any more), and `Unavailable` while the database is away: then nothing, or all of it, is
        committed, and to send it again is right.
        """
        if not prepared.count:
            return
        writer = self._writers.setdefault(key_id, _Writer(door, tenant_id))
        if writer.waiting and writer.waiting_bytes + len(prepared.events) > MOST_WAITING:
            raise TooMany(
                "More events wait than can be held.", retry_after=1, advice="Send them again in a moment."
            )
        one = _Waiting(prepared, asyncio.get_running_loop().create_future())
        writer.waiting.append(one)
        writer.waiting_bytes += len(prepared.events)
        if writer.task is None:
            writer.task = asyncio.create_task(self._write(key_id, writer), name="writer of events")
            writer.task.add_done_callback(tell_of_failure)
        await one.committed

    async def aclose(self) -> None:
        """Let what waits be committed, and end."""
        tasks = [writer.task for writer in self._writers.values() if writer.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, key_id: UUID, writer: _Writer) -> None:
        try:
            while writer.waiting:
                async with self._turns.turn(writer.tenant_id):
                    batch = _next_batch(writer)
                    await self._append(writer, batch)
        finally:
            writer.task = None
            for one in writer.waiting:
                one.committed.cancel()
            self._writers.pop(key_id, None)

    async def _append(self, writer: _Writer, batch: list[_Waiting]) -> None:
        try:
            await writer.door.call_with_text("append_events", _body(batch))
        except Invalid as problem:
            if len(batch) == 1:
                _refuse(batch, problem)
                return
            for one in batch:  # one of them is at fault, and the others are not
                await self._append(writer, [one])
            return
        except AppError as problem:
            _refuse(batch, problem)
            return
        except BaseException:
            for one in batch:
                one.committed.cancel()
            raise
        for one in batch:
            if not one.committed.done():
                one.committed.set_result(None)
        self._ring(writer.tenant_id)


def _next_batch(writer: _Writer) -> list[_Waiting]:
    """At least one, and as many more as go into one append."""
    events = size = taken = 0
    for one in writer.waiting:
        events += one.prepared.count
        size += len(one.prepared.events)
        if taken and (events > MOST_EVENTS or size > MOST_BYTES):
            break
        taken += 1
    batch, writer.waiting = writer.waiting[:taken], writer.waiting[taken:]
    writer.waiting_bytes -= sum(len(one.prepared.events) for one in batch)
    return batch


def _body(batch: list[_Waiting]) -> bytes:
    return b"[" + b",".join(one.prepared.events for one in batch) + b"]"


def _refuse(batch: list[_Waiting], problem: AppError) -> None:
    for one in batch:
        if not one.committed.done():
            one.committed.set_exception(problem)
