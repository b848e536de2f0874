"""From a batch of decoded row changes to what each subscriber is sent.

The payload is hosted Realtime's: `{ids, data: {schema, table, commit_timestamp, type, columns, record,
old_record, errors}}`, where a change that cannot be shown says why in `errors`.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from local_supabase.realtime.authorization import Authorizer, is_outage
from local_supabase.realtime.catalog import Table, read_table
from local_supabase.realtime.pgoutput import Delete, Insert, Marker, Relation, Update
from local_supabase.realtime.records import to_json
from local_supabase.realtime.subscriptions import Subscription
from local_supabase.realtime.visibility import Row, visible_rows

logger = logging.getLogger(__name__)

MAX_RECORD_BYTES = 1024 * 1024  # as hosted: of a larger change only values of up to 64 bytes are sent
SMALL_VALUE_BYTES = 64
NO_PRIMARY_KEY = "Error 400: Bad Request, no primary key"
NOT_SELECTABLE = "Error 401: Unauthorized"
TOO_LARGE = "Error 413: Payload Too Large"
POLICY_FAILED = "Error 500: Internal Server Error, RLS policy evaluation failed"


@dataclass(frozen=True, slots=True)
class Change:
    """One row's change: what the log holds of it before and after."""

    relation: Relation
    action: str
    committed_at: datetime
    new: Row
    old: Row

    @property
    def tested(self) -> Row:
        """The row that filters look at."""
        return self.old if self.action == "DELETE" else self.new


def change_of(message: Insert | Update | Delete, relation: Relation, committed_at: datetime) -> Change:
    """Name the values. An update without an old row kept its key, so that is taken from the new one."""
    names = [column.name for column in relation.columns]
    keys = [column.name for column in relation.columns if column.is_key]
    if isinstance(message, Insert):
        return Change(relation, "INSERT", committed_at, dict(zip(names, message.new, strict=True)), {})
    if isinstance(message, Delete):
        old = _identity(dict(zip(names, message.old, strict=True)), relation, keys)
        return Change(relation, "DELETE", committed_at, {}, old)
    new = dict(zip(names, message.new, strict=True))
    old = _identity(dict(zip(names, message.old, strict=True)) if message.old else new, relation, keys)
    # a value that the update left alone is in the log only as part of a full old row
    new = {name: old.get(name, value) if isinstance(value, Marker) else value for name, value in new.items()}
    return Change(relation, "UPDATE", committed_at, new, old)


def _identity(row: Row, relation: Relation, keys: Sequence[str]) -> Row:
    if relation.replica_identity == "f":
        return {name: value for name, value in row.items() if not isinstance(value, Marker)}
    return {name: row[name] for name in keys}


async def deliveries(
    authorizer: Authorizer, changes: Sequence[Change], subscriptions: Collection[Subscription]
) -> list[dict[int, str]]:
    """For each change, in order: subscription id to `data` as JSON. Raises asyncpg's errors of an outage."""
    result: list[dict[int, str]] = [{} for _ in changes]
    grouped: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, change in enumerate(changes):
        grouped[change.relation.relation_oid, change.action].append(number)
    for (oid, _action), numbers in grouped.items():
        relation, action = changes[numbers[0]].relation, changes[numbers[0]].action
        wanted: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in subscriptions:
            if subscription.binding.wants(action, relation.schema, relation.table):
                wanted[subscription.claims.role].append(subscription)
        for role, subscribers in wanted.items():
            try:
                async with authorizer.as_administrator() as session:
                    table = await read_table(session, oid, role)
            except asyncpg.PostgresError as error:
                if is_outage(error):
                    raise
                logger.warning(
                    "changes are not shown to role %s: %s", role, error
                )  # it may have been dropped
                continue
            if table is not None:
                batch = {number: changes[number] for number in numbers}
                await _deliver_to_role(authorizer, table, batch, subscribers, result)
    return result


async def _deliver_to_role(
    authorizer: Authorizer,
    table: Table,
    batch: Mapping[int, Change],
    subscribers: Sequence[Subscription],
    result: list[dict[int, str]],
) -> None:
    columns_and_error: dict[tuple[int, object, str | None], str] = {}

    def data(number: int, subscription: Subscription, error: str | None) -> str:
        key = (number, subscription.binding.columns, error)
        if key not in columns_and_error:
            columns_and_error[key] = data_json(batch[number], table, subscription.binding.columns, error)
        return columns_and_error[key]

    seen: dict[tuple[object, ...], tuple[set[int], str | None]] = {}
    for subscription in subscribers:
        key = (subscription.claims.raw_json, subscription.binding.filters)
        if key not in seen:
            seen[key] = await _visible(authorizer, table, subscription, batch)
        numbers, error = seen[key]
        for number in numbers:
            result[number][subscription.id] = data(number, subscription, error)


async def _visible(
    authorizer: Authorizer, table: Table, subscription: Subscription, batch: Mapping[int, Change]
) -> tuple[set[int], str | None]:
    """The changes that this subscriber is told of, and the error that stands in for their content, if any."""
    is_delete = next(iter(batch.values())).action == "DELETE"
    if not is_delete and not table.primary_key:
        return set(batch), NO_PRIMARY_KEY
    if not is_delete and not all(column.is_selectable for column in table.primary_key):
        return set(batch), NOT_SELECTABLE
    filters, claims = subscription.binding.filters, subscription.claims
    if any(condition.column not in table.columns for condition in filters):
        return set(), None  # the column was dropped after the client subscribed
    rows = {number: change.tested for number, change in batch.items()}
    try:
        return await visible_rows(
            authorizer, table, claims, filters, rows, check_policies=not is_delete
        ), None
    except asyncpg.PostgresError as error:
        if is_outage(error):
            raise
        logger.warning("a policy or filter failed on %s for role %s: %s", table.sql_name, claims.role, error)
        return set(batch), POLICY_FAILED


def data_json(change: Change, table: Table, chosen: Sequence[str] | None, error: str | None) -> str:
    """The `data` of a change as one role may see it; `chosen` narrows the columns, keys excepted."""
    too_large = sum(len(v) for v in change.new.values() if isinstance(v, str)) > MAX_RECORD_BYTES
    errors = [error] if error else [TOO_LARGE] if too_large else None
    withheld = error is not None
    shown = {
        name
        for name, column in table.columns.items()
        if column.is_selectable and (chosen is None or name in chosen or column.is_primary_key)
    }
    columns = [
        {"name": column.name, "type": column.type_name}
        for column in table.columns.values()
        if column.name in shown
    ]
    secured = change.action == "DELETE" and table.has_row_security
    keys = {column.name for column in table.primary_key}

    def record(row: Row, names: set[str]) -> str:
        kept = {} if withheld else {name: value for name, value in row.items() if name in names}
        return _record_json(kept, table, small_only=too_large)

    parts = {
        "schema": json.dumps(change.relation.schema),
        "table": json.dumps(change.relation.table),
        "commit_timestamp": json.dumps(f"{change.committed_at:%Y-%m-%dT%H:%M:%S}.{_milliseconds(change)}Z"),
        "type": json.dumps(change.action),
        "columns": json.dumps([] if withheld else columns),
        "errors": json.dumps(errors),
    }
    if change.action != "DELETE":
        parts["record"] = record(change.new, shown)
    if change.action != "INSERT":
        # nobody can say who was allowed to see a row that is gone, so only its key is told
        parts["old_record"] = record(change.old, shown & keys if secured else shown)
    return _object_json(parts)


def _record_json(row: Row, table: Table, *, small_only: bool) -> str:
    return _object_json(
        {
            name: to_json(value, table.columns[name].json_type)
            for name, value in row.items()
            if not isinstance(value, Marker)
            and not (small_only and len((value or "").encode()) > SMALL_VALUE_BYTES)
        }
    )


def _milliseconds(change: Change) -> str:
    return f"{change.committed_at.microsecond // 1000:03d}"


def _object_json(parts: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in parts.items()) + "}"
