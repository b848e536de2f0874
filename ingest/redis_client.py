"""How the panel connects to a Redis: with no second try that whoever asks knows nothing of."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS = 3.0


def redis_client(url: str) -> Redis:
    """A client that connects when it is first used. How long an answer may take, its user says."""
    return Redis.from_url(
        url,
        protocol=2,
        # with one, redis-py sends under `asyncio.wait_for`, which loses a cancel now and then (3.11)
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        client_name="agent-p-panel",
    )
