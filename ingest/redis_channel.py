"""Events from a channel of Redis Pub/Sub. It keeps nothing: what is sent while nobody listens is lost.

While nothing can be recorded, nothing is read: Redis then holds the messages, and when they are too many for
it (`client-output-buffer-limit pubsub`), it closes the connection, and they are lost too. A stream loses
nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError

from ingest.redis_handover import MOST_BYTES, MOST_ENTRIES, Condition, Entry

QUIET_SECONDS = 5.0
"""After so long without a message, and as long again, Redis is asked whether it is still there."""


async def messages(client: Redis, channel: str, condition: Condition) -> AsyncIterator[Sequence[Entry]]:
    """Messages in their order, as many at a time as have come. Raises RedisError when the connection ends."""
    async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(channel)
        condition.becomes("reading")
        while True:
            entries, size = [await _next(pubsub)], 0
            while len(entries) < MOST_ENTRIES and size < MOST_BYTES:
                told = await pubsub.get_message(timeout=0.0)
                if told is None:
                    break
                if told["type"] == "message":
                    entries.append(Entry(b"", told["data"]))
                    size += len(told["data"])
            yield entries


async def _next(pubsub: PubSub) -> Entry:
    """The next message, however long it takes, as long as Redis answers."""
    is_asked = False
    while True:
        told = await pubsub.get_message(timeout=QUIET_SECONDS)
        if told is not None and told["type"] == "message":
            return Entry(b"", told["data"])
        if told is not None:
            is_asked = False
        elif is_asked:
            raise RedisConnectionError("Redis does not answer")
        else:
            await pubsub.ping()
            is_asked = True
