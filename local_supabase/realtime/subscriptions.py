"""Checks a postgres_changes binding against the publication, the table and the role before it is accepted."""

import itertools
from dataclasses import dataclass

import asyncpg

from local_supabase.realtime.authorization import DATABASE_ERRORS, Authorizer, Session, is_outage, unavailable
from local_supabase.realtime.catalog import Table, published_tables, read_table
from local_supabase.realtime.join_config import Binding
from local_supabase.realtime.refusal import Refused
from local_supabase.tokens import Claims

UNABLE = "Unable to subscribe to changes with given parameters"

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A binding in force, under the claims it was checked with. `id` is what the client knows it by."""

    id: int
    binding: Binding
    claims: Claims


def next_id() -> int:
    """A number for a binding, unique in this process and never 0, which clients take for none."""
    return next(_ids)


async def check_binding(authorizer: Authorizer, binding: Binding, claims: Claims) -> None:
    """Raise Refused, with hosted Realtime's message, unless changes can be read by this binding and role."""
    try:
        async with authorizer.acting_as(claims):
            pass  # a role that the API may not take is refused here
        async with authorizer.as_administrator() as session:
            oids = await published_tables(session, binding.schema, binding.table)
            if not oids:
                raise _refused(
                    f"{UNABLE}. Please check Realtime is enabled for the given connect parameters: "
                    f"{binding.described()}"
                )
            for oid in oids:
                table = await read_table(session, oid, claims.role)
                if table is not None:
                    await _check_columns(session, binding, table)
    except (asyncpg.PostgresError, ValueError) as error:
        if is_outage(error):
            raise unavailable() from error
        raise _refused(
            f"{UNABLE}. An exception happened so please check your connect parameters: "
            f"{binding.described()}. Exception: {error}"
        ) from error
    except DATABASE_ERRORS as error:
        raise unavailable() from error


async def _check_columns(session: Session, binding: Binding, table: Table) -> None:
    for name in binding.columns or ():
        if name not in table.columns or not table.columns[name].is_selectable:
            raise ValueError(f"invalid column for select {name}")
    for condition in binding.filters:
        column = table.columns.get(condition.column)
        if column is None or not column.is_selectable:
            raise ValueError(f"invalid column for filter {condition.column}")
        # Evaluated once: the value has to be of the column's type, and the operator has to exist for it.
        # Patterns are only read when there is text to match.
        operand = "''::text" if condition.is_pattern else "null::text"
        await session.fetchval(f"select {condition.sql(operand, column.type_sql, '$1')}", condition.value)


def _refused(message: str) -> Refused:
    return Refused("RealtimeDisabledForConfiguration", message)
