"""Connections whose parameters travel as text, so that PostgreSQL reads every value by its own rules.

asyncpg would have each value as the Python type of what the server inferred. A REST request has text, and a
wrong text has to fail in PostgreSQL, with its message. So each type gets a codec that passes text through.
"""

from typing import Any, cast

import asyncpg

from local_supabase.rest.schema_cache import Connection, SchemaCache
from local_supabase.settings import Settings

ACQUIRE_SECONDS = 10.0
CONNECT_SECONDS = 5.0


async def open_pool(settings: Settings) -> asyncpg.Pool:
    """A pool for RestApp alone: its connections speak text. The caller closes it."""
    return await asyncpg.create_pool(
        settings.db_uri,
        min_size=1,
        max_size=settings.pool_size,
        timeout=CONNECT_SECONDS,
        reset=_reset,
        server_settings={"application_name": "local_supabase rest"},
        statement_cache_size=256,
        max_cached_statement_lifetime=0,
    )


async def _reset(connection: "asyncpg.Connection[Any]") -> None:
    """Leave nothing of a request that was broken off; one that ended did so itself."""
    if connection.is_in_transaction():
        await connection.execute("rollback; reset all")


class TextParameters:
    """Gives connections the text codecs of the types that a schema cache knows."""

    def __init__(self) -> None:
        self._done: dict[int, tuple[Any, SchemaCache]] = {}

    async def ensure(self, connection: Connection, cache: SchemaCache) -> None:
        """Bring a connection to the present schema cache; statements prepared under another are forgotten."""
        real: Any = cast("Any", connection)._con
        known = self._done.get(id(real))
        if known is not None and known[0] is real and known[1] is cache:
            return
        if known is not None and known[0] is real:
            await connection.reload_schema_state()
        registry = real._protocol.get_settings()  # set_type_codec refuses arrays and domains
        for oid, name, schema in cache.types:
            registry.add_python_codec(oid, name, schema, [], "scalar", str, str, "text")
        self._done = {key: pair for key, pair in self._done.items() if not pair[0].is_closed()}
        self._done[id(real)] = (real, cache)
