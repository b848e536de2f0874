"""Commands into a Redis stream, from which agents read them by a consumer group of their own."""

from __future__ import annotations

import asyncio

import orjson
from redis.exceptions import RedisError

from control.channel import UnsentError
from ingest.redis_client import redis_client
from queries.commands import Json

STREAM = "agentp:commands"
MOST_ENTRIES = 10_000
"""About so many are kept; who reads trims nothing."""
SECONDS = 5.0


class RedisStream:
    """One stream in one Redis. An entry has the fields `id` and `command`, the latter in JSON."""

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url)

    async def push(self, command: Json) -> None:
        """Raises `UnsentError`."""
        fields = {"id": str(command["command_id"]), "command": orjson.dumps(command)}
        try:
            async with asyncio.timeout(SECONDS):
                await self._redis.xadd(STREAM, fields, maxlen=MOST_ENTRIES, approximate=True)  # type: ignore[arg-type]
        except TimeoutError:
            raise UnsentError("no answer in time") from None
        except (RedisError, OSError) as error:
            raise UnsentError(type(error).__name__) from None

    async def aclose(self) -> None:
        """Close its connections."""
        await self._redis.aclose()
