"""`python -m ingest.issue_key`: make a salon's key without anybody being signed in.

It needs what the migrations need: the password in MIGRATE_DATABASE_URL, or the folder of an embedded panel,
which may be running or not. The key is printed once, alone on standard output; the words go to the other one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn, TypeAlias

import asyncpg

from config import Settings, SettingsError, load_settings
from local_supabase.cluster_errors import ClusterError, FolderInUse
from local_supabase.cluster_lock import FolderLock
from local_supabase.postgres import Cluster
from queries.api_keys import NewKey, Scope, new_key

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

URL_VARIABLE = "MIGRATE_DATABASE_URL"
CONNECT_TIMEOUT = 15.0
"""Seconds."""
START_TIMEOUT = 30.0
"""Seconds that a panel that is just starting, or another command like this one, is waited for."""
MOST_NAMED = 10
NOT_MIGRATED = ("42883", "42704", "22023", "3F000", "42P01")
"""SQLSTATE of a database where the role, the schema or the function is missing."""


class KeyRefused(Exception):
    """There is no key; the message says why, and what to do."""


def main(arguments: list[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command. Returns the exit status: 0 with a key, 2 without."""
    try:
        asked = _asked(arguments)
        with _database(environ) as (uri, place):
            key = asyncio.run(_issue(uri, place, asked))
    except (KeyRefused, SettingsError, ClusterError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    names = ", ".join(asked.scopes)
    sys.stderr.write(f"A key of {asked.salon} ({place}) for {names}. It is shown only now:\n")
    sys.stderr.flush()
    sys.stdout.write(f"{key.text}\n")
    return 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingest.issue_key", description=__doc__)
    parser.add_argument("--salon", required=True, help="the salon's id or its slug")
    parser.add_argument("--name", required=True, help="the machine or program that will use the key")
    parser.add_argument(
        "--scopes", default=Scope.INGEST.value, help="one or more of ingest, read, control (default: ingest)"
    )
    asked = parser.parse_args(arguments)
    if not asked.salon.strip() or not asked.name.strip():
        raise KeyRefused(
            "Whose key, and for what? make key SALON=<slug or id> NAME=<who will use it> SCOPES=ingest,read"
        )
    asked.scopes = [scope.strip() for scope in asked.scopes.split(",") if scope.strip()]
    unknown = set(asked.scopes) - set(Scope)
    if unknown or not asked.scopes:
        raise KeyRefused("SCOPES is one or more of ingest, read and control, with commas between them")
    return asked


@contextmanager
def _database(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The database as who runs the migrations, and what to call it; an embedded one runs meanwhile."""
    if url := environ.get(URL_VARIABLE):
        yield url, "the database of " + URL_VARIABLE
        return
    settings = load_settings(environ)
    if not settings.embedded:
        raise KeyRefused(
            f"{URL_VARIABLE} is not set. Keys are issued by who runs the migrations: give their URL."
        )
    cluster = Cluster(settings.data_dir)
    if not _exists(cluster):
        raise KeyRefused(
            f"There is no database in {cluster.data_dir} yet: start the panel once, or set DATA_DIR."
        )
    # two of us take turns: the first would stop the server under the second
    turn = FolderLock(cluster.data_dir / "issuing-a-key")
    try:
        with _readable(cluster):
            _wait_for(turn)
            _run_or_find_running(cluster)
            uri = cluster.uri("postgres", cluster.secrets().postgres_password, settings.embedded_database)
        yield uri, _place(settings)
    finally:
        cluster.stop()
        turn.release()


def _exists(cluster: Cluster) -> bool:
    with _readable(cluster):
        return (cluster.cluster_dir / "PG_VERSION").exists()


@contextmanager
def _readable(cluster: Cluster) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyRefused(
            f"{cluster.data_dir} cannot be used: {error.strerror}. Run this as the user that runs the panel."
        ) from error


def _wait_for(turn: FolderLock) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            turn.acquire()
        except FolderInUse:
            if time.monotonic() > deadline:
                raise KeyRefused("Another key is being issued: try again when that is done.") from None
        else:
            return


def _place(settings: Settings) -> str:
    return "of the demo" if settings.shows_demo else "not of the demo"


def _run_or_find_running(cluster: Cluster) -> None:
    """Start the server, unless a panel does: then wait until that takes connections, or its panel ends."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            cluster.start()
        except FolderInUse:
            if asyncio.run(_answers(cluster)):
                return
            if time.monotonic() > deadline:
                raise KeyRefused(
                    f"A panel runs on {cluster.data_dir}, but its database does not answer: see its log."
                ) from None
        else:
            return


async def _answers(cluster: Cluster) -> bool:
    try:
        connection = await asyncpg.connect(cluster.superuser_uri(), timeout=CONNECT_TIMEOUT)
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError):
        return False
    await connection.close()
    return True


async def _issue(uri: str, place: str, asked: argparse.Namespace) -> NewKey:
    try:
        # no prepared statements kept: poolers do not know them
        connection = await asyncpg.connect(uri, timeout=CONNECT_TIMEOUT, statement_cache_size=0)
    except asyncpg.InvalidCatalogNameError as error:
        raise KeyRefused(
            f"The panel has never run with these settings ({place}): set DEMO to 0 or 1 as it does."
        ) from error
    except (OSError, asyncpg.PostgresError, asyncpg.ClientConfigurationError, ValueError) as error:
        raise KeyRefused(
            f"The database cannot be reached: {error}. Check its URL, password and network."
        ) from error
    key = new_key()
    try:
        async with connection.transaction():
            await connection.execute("set local role dashboard_owner")
            await connection.execute(
                "select dashboard.issue_api_key($1, $2, $3, $4, $5)",
                asked.salon, asked.name, key.prefix, key.key_hash, asked.scopes,
            )  # fmt: skip
    except asyncpg.PostgresError as error:
        await _refuse(connection, error)
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)
    return key


async def _refuse(connection: Connection, error: asyncpg.PostgresError) -> NoReturn:
    told = error.as_dict()
    state = str(told.get("sqlstate", ""))
    if state.startswith("PT"):
        words = f"{told.get('detail')} {told.get('hint')}"
        if told.get("message") == "tenant_unknown":
            words += await _known_salons(connection)
        raise KeyRefused(words) from error
    if state in NOT_MIGRATED:
        raise KeyRefused(
            "The database is not ready for this version: start the panel once, or run make migrate."
        ) from error
    if state == "42501":
        raise KeyRefused("This login may not issue keys. Use the one that runs the migrations.") from error
    raise KeyRefused(f"The database did not do it: {error}") from error


async def _known_salons(connection: Connection) -> str:
    """The first salons that there are, by what they are called in commands."""
    async with connection.transaction():
        await connection.execute("set local role dashboard_owner")
        rows = await connection.fetch(
            "select case when slug ~ '^[A-Za-z0-9._-]+$' then slug else tenant_id::text end"
            " from dashboard.tenant_profiles order by 1 limit $1",
            MOST_NAMED + 1,
        )
    names = [row[0] for row in rows]
    if not names:
        return " There is none in this database yet."
    more = " and others" if len(names) > MOST_NAMED else ""
    return f" There are: {', '.join(names[:MOST_NAMED])}{more}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
