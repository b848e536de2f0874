"""A bot that writes the worst into all of its columns: those of the catalogue, so that a new one is tried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg

from migrate.inspection import BOT_TABLES
from tests.hostile.values import of_type

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
SECRETS = {
    "yclients_token": "SECRET-YCLIENTS",
    "telegram_bot_token": "SECRET-TELEGRAM",
    "telegram": {"bot_token": "SECRET-NESTED"},
}
PLAIN = {
    "text": "plain",
    "timestamp with time zone": "now",
    "integer": "1",
    "bigint": "1",
    "jsonb": "{}",
    "numeric": "1",
    "boolean": "true",
}
LONGEST_INDEXED = 600
OWN_KEYS = ("id", "session_id", "tenant_id", "user_id")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one of the bot's tables."""

    table: str
    name: str
    type: str
    is_needed: bool
    is_indexed: bool
    """An index takes no entry of a megabyte: PostgreSQL refuses one that is longer than a third of a page."""

    def takes(self, value: str) -> str:
        """What of a value the column can hold."""
        return value[:LONGEST_INDEXED] if self.is_indexed else value


async def columns(connection: Connection) -> list[Column]:
    """All columns of the nine tables."""
    rows = await connection.fetch(
        "select relation.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),"
        " attribute.attnotnull and not attribute.atthasdef and attribute.attidentity = '',"
        " exists (select from pg_index where indrelid = relation.oid and attribute.attnum = any (indkey))"
        " from pg_attribute as attribute inner join pg_class as relation on relation.oid = attribute.attrelid"
        " where relation.relnamespace = 'public'::regnamespace and relation.relname = any ($1)"
        " and attribute.attnum > 0 and not attribute.attisdropped"
        " order by 1, attribute.attnum",
        list(BOT_TABLES),
    )
    return [Column(*row) for row in rows]


class HostileBot:
    """Writes one row for every hostile value of every column: into `salon`, or as a salon of its own."""

    def __init__(self, connection: Connection, salon: UUID) -> None:
        self._connection = connection
        self._salon = salon
        self.salons: list[UUID] = []

    async def write_everything(self) -> int:
        """How many rows were written."""
        written = 0
        for table, own in by_table(await columns(self._connection)):
            for column in own:
                values = () if column.name in OWN_KEYS else of_type(column.type)
                if values:
                    await self.write(table, own, column, values)
                written += len(values)
        return written

    async def write(self, table: str, own: list[Column], column: Column, values: tuple[str, ...]) -> None:
        """One row for each value, which stands in `column`; the rest of the row is as plain as can be."""
        names = [one.name for one in own if one.name in OWN_KEYS or one.is_needed or one is column]
        names = [name for name in names if not (name == "id" and _is_numbered(own))]
        types = {one.name: one.type for one in own}
        if table == "tenants_v2" and column.name != "metadata":
            names.append("metadata")
        places = ", ".join(f"${index}::text::{types[name]}" for index, name in enumerate(names, 1))
        clients = await self._clients(len(values)) if "user_id" in names else [uuid4() for _ in values]
        rows = []
        for value, client in zip(values, clients, strict=True):
            row = {name: PLAIN.get(types[name], "") for name in names}
            row |= {"id": str(uuid4()), "tenant_id": str(self._salon), "session_id": str(uuid4())}
            row["user_id"] = str(client)
            if table == "tenants_v2":
                self.salons.append(UUID(row["id"]))
                row["metadata"] = json.dumps(SECRETS)
            row[column.name] = column.takes(value)
            if column.name == "metadata":
                row["metadata"] = _with_secrets(value)
            rows.append([row[name] for name in names])
        await self._connection.executemany(
            f"insert into public.{table} ({', '.join(names)}) values ({places})", rows
        )

    async def _clients(self, count: int) -> list[UUID]:
        rows = await self._connection.fetch(
            "insert into public.clients_v2 (tenant_id) select $1::uuid from generate_series(1, $2::integer)"
            " returning id",
            self._salon,
            count,
        )
        return [row["id"] for row in rows]


def by_table(found: list[Column]) -> Iterator[tuple[str, list[Column]]]:
    for table in BOT_TABLES:
        yield table, [column for column in found if column.table == table]


def _is_numbered(own: list[Column]) -> bool:
    return any(column.name == "id" and column.type == "bigint" for column in own)


def _with_secrets(metadata: str) -> str:
    if "\\u0000" in metadata:
        return metadata  # refused in any case
    return json.dumps({**json.loads(metadata), **SECRETS})
