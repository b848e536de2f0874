"""Asks PostgreSQL, under the token's role and claims, what a channel may do: RLS on `realtime.messages`.

As hosted Realtime does it: inside a transaction that is always rolled back, a probe row is written for the
topic and read (to join) or written (to send) as the role, with `request.jwt.claims` and `realtime.topic` set.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

import asyncpg

from local_supabase.realtime.refusal import Refused
from local_supabase.tokens import Claims

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

STATEMENT_TIMEOUT_MS = 3_000
COMMAND_TIMEOUT = 5.0  # seconds: the socket's side of the same patience

# InternalClientError is what asyncpg raises when a connection is lost at the wrong moment.
DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
Session: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# The session user becomes the API's login role first: a token cannot name a role that REST would refuse.
_ACT_AS = """
select set_config('session_authorization', $1, true), set_config('role', $2, true),
  set_config('request.jwt.claims', $3, true), set_config('request.jwt.claim.role', $2, true),
  set_config('realtime.topic', $4, true), set_config('statement_timeout', $5, true)
"""


class Authorizer:
    """Runs checks as other roles over a small pool of administrator's connections."""

    def __init__(self, admin_uri: str, login_uri: str) -> None:
        self._admin_uri = admin_uri
        self._login_role = unquote(urlsplit(login_uri).username or "")
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        """Prepare the pool; connections are made when first needed."""
        self._pool = await asyncpg.create_pool(
            self._admin_uri,
            min_size=0,
            max_size=3,
            command_timeout=COMMAND_TIMEOUT,
            timeout=COMMAND_TIMEOUT,
            max_inactive_connection_lifetime=60,
            reset=_leave_as_is,
            server_settings={"application_name": "realtime_rls", "timezone": "UTC"},
        )

    async def stop(self) -> None:
        """Close the pool, breaking off what still runs."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    @asynccontextmanager
    async def as_administrator(self) -> AsyncIterator[Session]:
        """A connection with the administrator's rights, in a transaction that is rolled back."""
        if self._pool is None:
            raise RuntimeError("Realtime is not started")
        async with self._pool.acquire(timeout=COMMAND_TIMEOUT) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            finally:
                # a connection that died has nothing to roll back, and its error is on its way already
                if not connection.is_closed():
                    await transaction.rollback()

    @asynccontextmanager
    async def acting_as(self, claims: Claims, topic: str = "") -> AsyncIterator[Session]:
        """A connection that acts with the token's role and claims, in a transaction that is rolled back."""
        async with self.as_administrator() as connection:
            await self._act_as(connection, claims, topic)
            yield connection

    async def may_read(self, claims: Claims, topic: str, extension: str = "broadcast") -> bool:
        """Whether the token may join the private topic; raises Refused when the database cannot tell."""
        try:
            async with self.as_administrator() as connection:
                probe = await connection.fetchval(
                    "insert into realtime.messages (topic, extension) values ($1, $2) returning id",
                    topic,
                    extension,
                )
                await self._act_as(connection, claims, topic)
                found = await connection.fetchval(
                    "select true from realtime.messages where topic = $1 and extension = $2 and id = $3",
                    topic,
                    extension,
                    probe,
                )
        except asyncpg.QueryCanceledError as error:
            raise Refused("QueryCanceled", "the policies of realtime.messages took too long") from error
        except asyncpg.PostgresError as error:
            if is_outage(error):
                raise unavailable() from error
            logger.warning("RlsPolicyError: %s", error)
            return False
        except DATABASE_ERRORS as error:
            raise unavailable() from error
        return bool(found)

    async def may_write(self, claims: Claims, topic: str, extension: str = "broadcast") -> bool:
        """Whether the token may send to the private topic; raises Refused when the database cannot tell."""
        try:
            async with self.acting_as(claims, topic) as connection:
                await connection.execute(
                    "insert into realtime.messages (topic, extension) values ($1, $2)", topic, extension
                )
        except asyncpg.InsufficientPrivilegeError:
            return False
        except asyncpg.PostgresError as error:
            if is_outage(error):
                raise unavailable() from error
            logger.warning("RlsPolicyError: %s", error)
            return False
        except DATABASE_ERRORS as error:
            raise unavailable() from error
        return True

    async def _act_as(self, connection: Session, claims: Claims, topic: str) -> None:
        await connection.fetchrow(
            _ACT_AS, self._login_role, claims.role, claims.raw_json, topic, str(STATEMENT_TIMEOUT_MS)
        )


async def _leave_as_is(_connection: object) -> None:
    """Every use is a transaction that is rolled back, so there is nothing to reset: one round trip saved."""


def unavailable() -> Refused:
    """The refusal while the database is away: clients try again by themselves."""
    return Refused("UnableToConnectToProject", "Realtime was unable to connect to the project database")


def is_outage(error: BaseException) -> bool:
    """Whether the database went away, as opposed to having answered with an error."""
    if isinstance(error, asyncpg.QueryCanceledError) or not isinstance(error, DATABASE_ERRORS):
        return False
    return not isinstance(error, asyncpg.PostgresError) or isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.InsufficientResourcesError,
    )
