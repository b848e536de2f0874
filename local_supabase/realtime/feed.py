"""Follows the write-ahead log through a temporary logical slot while somebody listens.

The slot lives in one connection and vanishes with it, so nothing is left to clean up after a crash. Nobody
listening for a while closes the connection: an unread slot would keep the log from being recycled.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from local_supabase.realtime.authorization import DATABASE_ERRORS
from local_supabase.realtime.catalog import MESSAGES_PUBLICATION, PUBLICATION
from local_supabase.realtime.pgoutput import Message, decode
from local_supabase.realtime.refusal import Refused

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.04
IDLE_SECONDS = 30.0  # without a listener, before the slot is given up
BATCH = 500  # messages handled at once; a transaction may be of any size
CHANGES_PER_POLL = 1_000
CONNECT_TIMEOUT = 5.0
COMMAND_TIMEOUT = 60.0  # a huge transaction is decoded by one command
SHORTEST_DELAY, LONGEST_DELAY = 0.1, 2.0  # seconds between tries
RETENTION = "3 days"  # of realtime.messages, as hosted
PURGE_EVERY = 600.0
PURGE_ROWS = 20_000
WAKE_CHANNEL = "local_realtime"

_CHANGES = """
select data from pg_catalog.pg_logical_slot_get_binary_changes(
  $1::name, null, $2::int, 'proto_version', '1', 'publication_names', $3::text)
"""
_PURGE = f"""
delete from realtime.messages where ctid = any (array(
  select ctid from realtime.messages
  where inserted_at < localtimestamp - interval '{RETENTION}' limit {PURGE_ROWS}))
"""


class WalFeed:
    """Hands decoded messages to `handle`, in commit order; calls `restored` after a gap, with a new slot."""

    def __init__(
        self,
        admin_uri: str,
        handle: Callable[[Sequence[Message]], Awaitable[None]],
        restored: Callable[[], None],
    ) -> None:
        self._admin_uri = admin_uri
        self._handle = handle
        self._restored = restored
        self._listeners = 0
        self._wanted = asyncio.Event()
        self._wake = asyncio.Event()
        self._ready = asyncio.Event()
        self._failure: BaseException | None = None
        self._has_gap = False
        self._delay = SHORTEST_DELAY
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task that follows the log once it is wanted."""
        self._task = asyncio.create_task(self._run(), name="realtime-wal-feed")

    async def stop(self) -> None:
        """End the task and with it the slot."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def add_listener(self) -> None:
        """Somebody listens: the log is followed from now on."""
        self._listeners += 1
        self._wanted.set()

    def remove_listener(self) -> None:
        """One listener fewer."""
        self._listeners -= 1

    async def wait_ready(self, timeout: float) -> None:  # noqa: ASYNC109 - part of the answer, not a cancellation
        """Return when whatever commits from now on will be seen; raises Refused after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._ready.wait()
        except TimeoutError as error:
            if self._failure is None:
                raise Refused(
                    "InitializingProjectConnection", "Connecting to the project database"
                ) from error
            raise Refused(
                "UnableToConnectToProject",
                f"Realtime was unable to follow the project database: {self._failure}",
            ) from error

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                await self._follow()
            except DATABASE_ERRORS as error:
                self._failure = error
                logger.warning("following the log failed, next try in %.1f s: %s", self._delay, error)
            except Exception as error:
                # Whatever it was, a new slot starts behind it: who listens is told of the gap and served on.
                self._failure = error
                logger.exception("following the log failed")
            else:
                self._has_gap = False  # nobody listened any more, so nobody missed anything
                continue
            await asyncio.sleep(self._delay)
            self._delay = min(self._delay * 2, LONGEST_DELAY)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(
            self._admin_uri,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            server_settings={
                "application_name": "realtime_replication",
                "timezone": "UTC",
                "datestyle": "ISO",
                "intervalstyle": "postgres",
                "bytea_output": "hex",
                "extra_float_digits": "1",
            },
        )
        try:
            await self._follow_over(connection)
        finally:
            self._ready.clear()
            connection.terminate()

    async def _follow_over(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        publications, has_messages = await _publications(connection)
        slot = f"local_realtime_{secrets.token_hex(6)}"
        await connection.execute("select pg_create_logical_replication_slot($1, 'pgoutput', true)", slot)
        await connection.add_listener(WAKE_CHANNEL, self._on_notification)
        self._failure, self._delay = None, SHORTEST_DELAY
        self._ready.set()
        if self._has_gap:
            self._restored()
        self._has_gap = True  # whatever ends this, it is a gap for those who listen
        seen: str | None = None
        listened_at = time.monotonic()
        purged_at = 0.0
        while True:
            now = time.monotonic()
            listened_at = now if self._listeners else listened_at
            if now - listened_at > IDLE_SECONDS:
                self._wanted.clear()
                return
            if has_messages and now - purged_at > PURGE_EVERY:
                await connection.execute(_PURGE)
                purged_at = now
            self._wake.clear()
            position: str = await connection.fetchval("select pg_current_wal_flush_lsn()::text")
            if position != seen:
                count = await self._drain(connection, slot, publications)
                seen = position
                if count >= CHANGES_PER_POLL:
                    seen = None  # there may be more below this position
                    continue
            await self._pause()

    async def _drain(
        self, connection: asyncpg.Connection[asyncpg.Record], slot: str, publications: str
    ) -> int:
        """Hand on what the slot holds; by a cursor, because a transaction comes whole however large it is."""
        count = 0
        async with connection.transaction():
            cursor = await connection.cursor(_CHANGES, slot, CHANGES_PER_POLL, publications)
            while rows := await cursor.fetch(BATCH):
                count += len(rows)
                await self._handle([decode(row["data"]) for row in rows])
        return count

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return  # time to look again

    def _on_notification(self, *_details: object) -> None:
        self._wake.set()


async def _publications(connection: asyncpg.Connection[asyncpg.Record]) -> tuple[str, bool]:
    """The publications to follow, made if missing as hosted Realtime does; whether there are messages."""
    has_messages: bool = await connection.fetchval("select to_regclass('realtime.messages') is not null")
    wanted = {PUBLICATION: ""}
    if has_messages:
        wanted[MESSAGES_PUBLICATION] = " for table realtime.messages with (publish = 'insert')"
    for name, tables in wanted.items():
        if not await connection.fetchval(
            "select exists (select from pg_publication where pubname = $1)", name
        ):
            await connection.execute(f"create publication {name}{tables}")
    return ",".join(wanted), has_messages
