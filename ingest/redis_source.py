"""Events from a Redis stream, by a consumer group: https://redis.io/docs/latest/develop/data-types/streams/

An entry has the field `event` (JSON as `telemetry.event_schema` reads it) and may have the field `key` (an
API key; without it, it belongs to the salon of the key in the settings). It is acknowledged when it is
committed, so a crash in between repeats it, which the database notices by the events' ids. What cannot be
events is put on `<stream>:refused` with the code of its refusal, and acknowledged. Redis 6.2 or newer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from config import Settings
from ingest import redis_channel
from ingest.redis_client import redis_client
from ingest.redis_handover import (
    Claims,
    Condition,
    Entry,
    HandOver,
    Intake,
    Keys,
    Settled,
    growing_pauses,
)

logger = logging.getLogger(__name__)

MOST_ENTRIES = 500
FIRST_ENTRIES = 50
MOST_BYTES = 8 << 20
"""Of one read. Redis counts entries only: how many are asked for goes by the largest of those before."""
BLOCK_SECONDS = 2.0
EMPTY_SECONDS = 0.01
"""Between two reads that brought nothing, for servers that do not block."""
CLAIM_SECONDS = 30.0
"""Between two looks for what another panel has read and never acknowledged."""
IDLE_SECONDS = 60.0
"""After so long, whoever has read an entry is taken for dead."""
TIMEOUT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two tries to connect."""
MOST_REFUSED = 1_000
LARGEST_REFUSED = 256 << 10
"""Refused entries that are kept, and the bytes of one whose text is kept with it."""


_Told = tuple[bytes, dict[bytes, bytes] | None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RedisPlace:
    """Where events are read. `key` is the API key of entries that have none; `channel` is Pub/Sub's."""

    url: str = field(repr=False)  # it may have a password in it
    stream: str
    group: str
    channel: str | None = None
    key: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> RedisPlace | None:
        """As the settings say; None where they name no Redis."""
        url, key = settings.events_redis_url, settings.events_redis_key
        if url is None:
            return None
        return cls(
            url=url.get_secret_value(),
            stream=settings.events_redis_stream,
            group=settings.events_redis_group,
            channel=settings.events_redis_channel,
            key=key.get_secret_value() if key is not None else None,
        )


class RedisSource(Generic[Claims]):
    """The reading from one Redis. Of several panels on one group, each entry is read by one."""

    def __init__(self, place: RedisPlace, keys: Keys[Claims], intake: Intake[Claims]) -> None:
        self._place = place
        self._consumer = f"{socket.gethostname()}-{os.getpid()}"
        self._entries = FIRST_ENTRIES
        self.condition = Condition("Redis stream")
        self.channel_condition = Condition("Redis channel")
        self._of_stream = HandOver(keys, intake, place.key, self.condition)
        self._of_channel = HandOver(keys, intake, place.key, self.channel_condition)

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._again(self._read_stream, self.condition), name="Redis stream")
            if (channel := self._place.channel) is not None:
                read_channel = partial(self._read_channel, channel)
                together.create_task(self._again(read_channel, self.channel_condition), name="Redis channel")

    async def _again(self, read: Callable[[Redis], Awaitable[None]], condition: Condition) -> None:
        """Read on a connection until it fails, and on the next one."""
        pauses = growing_pauses(FIRST_PAUSE, LONGEST_PAUSE)
        while True:
            connected_at = time.monotonic()
            client = redis_client(self._place.url)
            try:
                await read(client)
            except (RedisError, OSError) as error:
                code = type(error).__name__
            except Exception:
                # Whatever it was, the loop may not end: events would wait for ever.
                logger.exception("Events cannot be read from the %s", condition.what)
                code = "unexpected"
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()
            condition.becomes("away", code)
            if time.monotonic() - connected_at > LONGEST_PAUSE:
                pauses = growing_pauses(FIRST_PAUSE, LONGEST_PAUSE)
            await asyncio.sleep(next(pauses))

    async def _read_stream(self, client: Redis) -> None:
        stream, group = self._place.stream, self._place.group
        try:
            await _within(client.xgroup_create(stream, group, id="0", mkstream=True))
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        while await self._read(client, "0"):
            pass  # what this consumer has read before, and not acknowledged
        self.condition.becomes("reading")
        claimed_at = float("-inf")
        while True:
            if time.monotonic() - claimed_at >= CLAIM_SECONDS:
                await self._claim(client)
                claimed_at = time.monotonic()
            if not await self._read(client, ">"):
                await asyncio.sleep(EMPTY_SECONDS)

    async def _read(self, client: Redis, after: str) -> bool:
        """Whether there was something."""
        answer = await _within(
            client.xreadgroup(
                self._place.group,
                self._consumer,
                {self._place.stream: after},
                count=self._entries,
                block=round(BLOCK_SECONDS * 1000) if after == ">" else None,
            )
        )
        told = cast(list[tuple[bytes, list[_Told]]], answer or [])
        entries = [each for _, some in told for each in some]
        await self._take(client, entries)
        return bool(entries)

    async def _claim(self, client: Redis) -> None:
        """Take over what another consumer has read and left lying."""
        place: Any = "0-0"
        while True:
            answer = await _within(
                client.xautoclaim(
                    self._place.stream,
                    self._place.group,
                    self._consumer,
                    min_idle_time=round(IDLE_SECONDS * 1000),
                    start_id=place,
                    count=self._entries,
                )
            )
            place = answer[0]
            await self._take(client, answer[1])
            if place in {b"0-0", "0-0"}:
                return

    async def _take(self, client: Redis, told: Sequence[_Told]) -> None:
        entries = [_entry(each, fields) for each, fields in told if fields]
        gone = [each for each, fields in told if each and not fields]  # trimmed off before it was read
        if gone:
            await _within(client.xack(self._place.stream, self._place.group, *gone))
        if entries:
            largest = max(len(entry.body or b"") for entry in entries)
            self._entries = min(max(MOST_BYTES // max(largest, 1), 1), MOST_ENTRIES)
        async for settled in self._of_stream.settle(entries):
            await self._refuse(client, settled)
            ids = [entry.id for entry in settled.entries]
            await _within(client.xack(self._place.stream, self._place.group, *ids))

    async def _refuse(self, client: Redis, settled: Settled) -> None:
        """Keep what was refused, for a while, where somebody can look at it. Keys are not written again."""
        for entry in settled.entries if settled.code is not None else ():
            fields: dict[Any, Any] = {"code": settled.code, "id": entry.id}
            if entry.body is not None and len(entry.body) <= LARGEST_REFUSED:
                fields["event"] = entry.body
            refused = f"{self._place.stream}:refused"
            await _within(client.xadd(refused, fields, maxlen=MOST_REFUSED, approximate=True))

    async def _read_channel(self, channel: str, client: Redis) -> None:
        async for entries in redis_channel.messages(client, channel, self.channel_condition):
            async for settled in self._of_channel.settle(entries):
                await self._refuse(client, settled)


async def _within(answer: Awaitable[_T]) -> _T:
    """The answer of Redis. Raises TimeoutError when it takes longer than any should."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        return await answer


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    key = fields.get(b"key")
    return Entry(entry_id, fields.get(b"event"), key.decode(errors="replace") if key else None)
