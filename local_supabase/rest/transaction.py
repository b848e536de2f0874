"""Runs the main statement of a request in one transaction, as the role of its token: three round trips.

An answer that was only read waits for two of them, since nothing is left that could go wrong with it.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import asyncpg

from local_supabase.rest.errors import (
    RestError,
    connection_lost,
    from_postgres,
    pool_exhausted,
)
from local_supabase.rest.identifiers import qualified, quote_identifier, quote_literal
from local_supabase.rest.pool import ACQUIRE_SECONDS, TextParameters
from local_supabase.rest.preferences import Preferences
from local_supabase.rest.schema_cache import Connection, SchemaCache
from local_supabase.rest.statements import Statement
from local_supabase.settings import Settings
from local_supabase.tokens import Claims

log = logging.getLogger(__name__)

ISOLATION = "default_transaction_isolation"
ISOLATION_LEVELS = ("read committed", "repeatable read", "serializable", "read uncommitted")
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
CONNECTIONS_TRIED = 3
COMMIT = "COMMIT; RESET ALL"
ROLLBACK = "ROLLBACK; RESET ALL"
CHECKED_ROLLBACK = "SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK; RESET ALL"


class StaleSchemaError(Exception):
    """The database has changed under the schema cache: read it again and run the request once more."""


class NotBegunError(Exception):
    """The connection was lost before anything ran on it, so that another may be tried."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What the database may see of the request, and how its transaction runs."""

    claims: Claims
    signed_in: bool
    schema: str
    method: str
    path: str
    headers: dict[str, str]
    cookies: dict[str, str]
    preferences: Preferences
    read_only: bool
    settings: Sequence[tuple[str, str]] = field(default_factory=tuple)


class Transactions:
    """Opens one transaction per request on the pool."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings):
        self._pool = pool
        self._settings = settings
        self._text_parameters = TextParameters()
        self._endings: set[asyncio.Task[None]] = set()
        name = settings.pre_request
        self._pre_request = f"; SELECT {_function_name(name)}()" if name else ""

    @asynccontextmanager
    async def begin(self, context: RequestContext, cache: SchemaCache) -> AsyncIterator["Transaction"]:
        """A transaction in progress. It is rolled back unless `finish` ended it; raises RestError."""
        level = _isolation_level(context, cache)
        opening = self._opening(level, context, cache)
        transaction = await self._begun(opening, context, cache)
        transaction.answers_first = context.read_only and level != "serializable"
        try:
            yield transaction
        except asyncpg.InvalidCachedStatementError as error:
            raise StaleSchemaError from error
        except (asyncpg.PostgresError, *LOST) as error:
            if isinstance(error, asyncpg.DataError) and not hasattr(error, "severity"):
                raise StaleSchemaError from error  # a type younger than the schema cache: no codec yet
            raise _translated(error, context) from error
        finally:
            await transaction.close()

    async def _begun(self, opening: str, context: RequestContext, cache: SchemaCache) -> "Transaction":
        lost: NotBegunError | None = None
        for _ in range(CONNECTIONS_TRIED):
            try:
                return await self._attempt(opening, context, cache)
            except NotBegunError as error:
                lost = error
                await self._pool.expire_connections()
        raise connection_lost(str(lost)) from lost

    async def _attempt(self, opening: str, context: RequestContext, cache: SchemaCache) -> "Transaction":
        try:
            async with asyncio.timeout(ACQUIRE_SECONDS):
                connection = await self._pool.acquire()
        except TimeoutError as error:
            raise pool_exhausted() from error
        except (asyncpg.PostgresError, *LOST) as error:
            raise connection_lost(str(error)) from error
        transaction = Transaction(
            self._pool, connection, self._endings, rolls_back=self._rolls_back(context.preferences)
        )
        try:
            await self._text_parameters.ensure(connection, cache)
            await connection.execute(opening)
        except LOST as error:
            await transaction.close()
            raise NotBegunError(str(error)) from error
        except asyncpg.PostgresError as error:
            await transaction.close()
            raise from_postgres(error, signed_in=context.signed_in) from error
        except BaseException:
            await transaction.close()
            raise
        return transaction

    async def stop(self) -> None:
        """Wait until every connection is given back."""
        await asyncio.gather(*self._endings, return_exceptions=True)

    def _rolls_back(self, preferences: Preferences) -> bool:
        if preferences.tx is not None:
            return preferences.tx == "rollback"
        return self._settings.tx_end.startswith("rollback")

    def _opening(self, level: str, context: RequestContext, cache: SchemaCache) -> str:
        """BEGIN and everything local to the transaction, as one message of the simple protocol."""
        claims = context.claims
        role_settings = cache.role_settings.get(claims.role, ())
        search_path = (context.schema, *self._settings.extra_search_path)
        values = [
            ("request.method", context.method),
            ("request.path", context.path),
            ("request.headers", _json(context.headers)),
            ("request.cookies", _json(context.cookies) if context.cookies else "{}"),
            *((("timezone", context.preferences.timezone),) if context.preferences.timezone else ()),
            *(pair for pair in context.settings if pair[0] != ISOLATION),
            *self._settings.app_settings,
        ]
        mode = "READ ONLY" if context.read_only else "READ WRITE"
        identity = _identity(search_path, tuple(role_settings), claims.role, claims.raw_json)
        return (
            f"BEGIN ISOLATION LEVEL {level} {mode}; "
            f"SELECT {identity}, {', '.join(_assigned(*pair) for pair in values)}{self._pre_request}"
        )


class Transaction:
    """One transaction on one connection. Giving that back is a task, which outlives a cancelled request.

    With `answers_first` set the transaction is ended by that task as well, after the answer has gone.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        connection: Connection,
        endings: set[asyncio.Task[None]],
        *,
        rolls_back: bool,
    ):
        self._endings = endings
        self._pool = pool
        self._connection = connection
        self._ending = CHECKED_ROLLBACK if rolls_back else COMMIT
        self._finished = False
        self.answers_first = False

    async def row(self, statement: Statement) -> asyncpg.Record:
        """Run the statement and give its one row."""
        row: asyncpg.Record | None = await self._connection.fetchrow(statement.text, *statement.parameters)
        if row is None:
            raise RestError(500, "PGRSTX00", "The statement answered no row")
        return row

    async def estimate(self, statement: Statement) -> int:
        """The number of rows that the planner expects of a statement."""
        plan = await self._connection.fetchval(
            f"EXPLAIN (FORMAT JSON) {statement.text}", *statement.parameters
        )
        return int(json.loads(plan)[0]["Plan"]["Plan Rows"])

    async def texts(self, query: str, *parameters: str) -> str | None:
        """One value as text."""
        value = await self._connection.fetchval(query, *parameters)
        return None if value is None else str(value)

    async def finish(self) -> None:
        """Commit, or roll back where the server or the client wants that, checking what is deferred."""
        if not self.answers_first:
            await self._connection.execute(self._ending)
        self._finished = True

    async def close(self) -> None:
        """Give the connection back, rolled back if it was not finished; for that alone this waits."""
        task = asyncio.create_task(self._give_back(), name="rest transaction's end")
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        if self._finished:
            await asyncio.sleep(0)  # lets the task send its last words, so that no lock outlives a busy loop
        else:
            await asyncio.shield(task)

    async def _give_back(self) -> None:
        try:
            if self._connection.is_in_transaction():
                await self._connection.execute(self._ending if self._finished else ROLLBACK)
            await self._pool.release(self._connection)
        except (asyncpg.PostgresError, *LOST) as error:
            log.info("A connection was lost before it could be given back: %s", error)
            await self._pool.release(self._connection)


def _isolation_level(context: RequestContext, cache: SchemaCache) -> str:
    role_settings = cache.role_settings.get(context.claims.role, ())
    level = dict((*role_settings, *context.settings)).get(ISOLATION, "").lower() or "read committed"
    if level not in ISOLATION_LEVELS:
        raise RestError(500, "PGRSTX00", f"The setting {ISOLATION} is {level!r}, which is no isolation level")
    return level


def _translated(error: Exception, context: RequestContext) -> RestError:
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, LOST):
        return from_postgres(error, signed_in=context.signed_in)
    return connection_lost(str(error))


@lru_cache(maxsize=256)
def _identity(
    search_path: tuple[str, ...], role_settings: tuple[tuple[str, str], ...], role: str, claims: str
) -> str:
    """The assignments that are the same for every request of one token on one schema.

    The role's settings come before the role, which may not set all that its login role may.
    """
    values = [("search_path", ", ".join(quote_identifier(one) for one in search_path))]
    values += [pair for pair in role_settings if pair[0] != ISOLATION]
    values += [("role", role), ("request.jwt.claims", claims)]
    return ", ".join(_assigned(*pair) for pair in values)


def _assigned(name: str, value: str) -> str:
    return f"set_config({quote_literal(name)}, {quote_literal(value)}, true)"


def _function_name(name: str) -> str:
    schema, _, function = name.rpartition(".")
    return qualified(schema.strip('"'), function.strip('"'))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
