"""Keeps the schema cache true: read at start, on NOTIFY, after a lost connection, and on unknown names."""

import asyncio
import json
import logging
import time
from typing import Any

import asyncpg

from local_supabase.rest.errors import connection_lost, schema_not_loaded
from local_supabase.rest.pool import ACQUIRE_SECONDS, CONNECT_SECONDS
from local_supabase.rest.schema_cache import SchemaCache, load_schema_cache
from local_supabase.rest.schema_queries import TIME_ZONES
from local_supabase.settings import Settings

CHANNEL = "pgrst"
RETRY_SECONDS = 1.0
REFRESH_SECONDS = 5.0
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

log = logging.getLogger(__name__)


class SchemaWatch:
    """Owns the schema cache and the task that listens for its changes."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings):
        self._pool = pool
        self._settings = settings
        self._cache: SchemaCache | None = None
        self._reloading = asyncio.Lock()
        self._changed = asyncio.Event()
        self._refreshed_at = 0.0
        self._time_zones: frozenset[str] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the cache if the database is there, and follow its changes from now on."""
        try:
            await self.reload()
        except AWAY as error:
            log.warning("The database cannot be read yet, waiting for it: %s", error)
        self._task = asyncio.create_task(self._follow(), name="rest schema watch")

    async def stop(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def current(self) -> SchemaCache:
        """The cache as known; raises RestError (503) while the database has never been read."""
        return await self.renewed() if self._cache is None else self._cache

    async def renewed(self) -> SchemaCache:
        """The cache read again now; raises RestError (503) where that fails."""
        try:
            return await self.reload()
        except AWAY as error:
            raise schema_not_loaded() from error

    async def reload(self) -> SchemaCache:
        """Read the catalogues now; raises what asyncpg raises."""
        async with self._reloading, self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            self._cache = await load_schema_cache(connection, self._settings.schemas)
            self._refreshed_at = time.monotonic()
        return self._cache

    async def time_zones(self) -> frozenset[str]:
        """The names of PostgreSQL's time zones: slow to list and always the same, so listed once."""
        if self._time_zones is None:
            try:
                async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                    names = json.loads(await connection.fetchval(TIME_ZONES))
                    self._time_zones = frozenset(names)
            except AWAY as error:
                raise connection_lost(str(error)) from error
        return self._time_zones

    async def refreshed(self, known: SchemaCache) -> SchemaCache:
        """A cache younger than `known` if there is one by now; reads again at most every few seconds."""
        if self._cache is not None and self._cache is not known:
            return self._cache
        if time.monotonic() - self._refreshed_at < REFRESH_SECONDS:
            return known
        try:
            return await self.reload()
        except AWAY as error:
            log.warning("The schema cannot be read again, keeping what is known: %s", error)
            return known

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            except AWAY as error:
                log.warning("Not listening for schema changes: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        """Listen on a connection of its own until that is lost."""
        connection = await asyncpg.connect(self._settings.db_uri, timeout=CONNECT_SECONDS)
        lost = asyncio.Event()

        def ended(_connection: object) -> None:
            lost.set()
            self._changed.set()

        try:
            connection.add_termination_listener(ended)
            await connection.add_listener(CHANNEL, self._notified)
            await self.reload()
            while not lost.is_set():
                await self._changed.wait()
                self._changed.clear()
                if not lost.is_set():
                    await self.reload()
        finally:
            connection.terminate()

    def _notified(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        if payload in ("", "reload schema"):
            self._changed.set()
