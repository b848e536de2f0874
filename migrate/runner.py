"""Applying what is pending: one process at a time, each file whole or not at all."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from migrate.files import FOLDER, Migration, read_migrations
from migrate.ledger import Connection, MigrationError, create_ledger, not_applied, record

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 15.0  # seconds
OTHER_RUNNER_TIMEOUT = "60s"  # how long another process may take with its migrations
LOCK_TIMEOUT = "5s"  # for a table in use: rather fail and try later than make the whole bot queue behind us
STATEMENT_TIMEOUT = "60s"
_ADVISORY_LOCK = 0x6461736862  # any number that all runners agree on ("dashb")


async def migrate(url: str, *, folder: Path = FOLDER) -> list[str]:
    """Apply the pending files of `folder` to the database at `url`, oldest first; return their names.

    The connection has to be a session of its own: a direct one, or a pooler's in session mode. With nothing
    to do it costs one query. Raises `MigrationError`; files before the failing one stay applied.
    """
    migrations = read_migrations(folder)
    async with _connect(url) as connection:
        if not await not_applied(connection, migrations):
            return []
        await _wait_for_turn(connection)
        await create_ledger(connection)
        # Asked again: whoever held the lock has just done some or all of it.
        done = []
        for migration in await not_applied(connection, migrations):
            await _apply(connection, migration)
            done.append(str(migration))
        await connection.execute("notify pgrst, 'reload schema'")
        return done


async def pending(url: str, *, folder: Path = FOLDER) -> list[str]:
    """Names of the files that `migrate` would apply. Raises `MigrationError` as `migrate` would."""
    async with _connect(url) as connection:
        return [str(migration) for migration in await not_applied(connection, read_migrations(folder))]


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[Connection]:
    try:
        # No prepared statements kept: poolers do not know them.
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, statement_cache_size=0)
    except (OSError, asyncpg.PostgresError, asyncpg.ClientConfigurationError, ValueError) as error:
        raise MigrationError(
            f"The database cannot be reached: {error}. Check its URL, password and network."
        ) from error
    connection.add_log_listener(_log_warning)
    try:
        yield connection
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)


async def _wait_for_turn(connection: Connection) -> None:
    await connection.execute(f"set lock_timeout = '{OTHER_RUNNER_TIMEOUT}'")
    try:
        await connection.execute("select pg_advisory_lock($1)", _ADVISORY_LOCK)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"Another process has been applying migrations to this database for {OTHER_RUNNER_TIMEOUT}. "
            "Try again when it is done."
        ) from error


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(
                f"set local lock_timeout = '{LOCK_TIMEOUT}';"
                f"set local statement_timeout = '{STATEMENT_TIMEOUT}'"
            )
            await connection.execute(migration.sql)
            await record(connection, migration)
    except asyncpg.PostgresError as error:
        raise MigrationError(
            f"{migration}.sql failed and was undone{_place(error, migration)}: {error}"
        ) from error


def _place(error: asyncpg.PostgresError, migration: Migration) -> str:
    position = getattr(error, "position", None)
    return f" (line {migration.sql[: int(position)].count(chr(10)) + 1})" if position else ""


def _log_warning(_connection: object, message: asyncpg.PostgresLogMessage) -> None:
    if getattr(message, "severity", "") == "WARNING":
        logger.warning("%s", message)
