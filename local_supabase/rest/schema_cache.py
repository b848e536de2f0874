"""What the server knows of the database, read as one snapshot: exposed tables, functions, roles and types."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from local_supabase.rest import schema_queries
from local_supabase.rest.identifiers import quote_literal
from local_supabase.rest.media import OCTET_STREAM

if TYPE_CHECKING:
    import asyncpg

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
# What a function sets for itself comes too late for these: they bind the transaction or the whole statement.
HOISTED_SETTINGS = ("default_transaction_isolation", "statement_timeout", "plan_filter.statement_cost_limit")
WHOLE_BODY_TYPES = ("bytea", "json", "jsonb", "text", "xml")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type with and without modifiers, and its default as SQL (None: none, or generated)."""

    name: str
    type: str
    plain_type: str
    default: str | None
    required: bool
    description: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view, with the columns of its primary key (for a view: of the table beneath)."""

    schema: str
    name: str
    columns: dict[str, Column]
    primary_key: tuple[str, ...]
    insertable: bool
    updatable: bool
    deletable: bool
    description: str | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input parameter; `call_type` takes any length where `type` would cut to one character."""

    name: str
    type: str
    call_type: str
    required: bool
    variadic: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function that may be called; a set `media_type` is the domain that names what it returns."""

    schema: str
    name: str
    parameters: tuple[Parameter, ...]
    volatility: str
    returns_set: bool
    returns_composite: bool
    returns_void: bool
    returns_bytes: bool
    result_schema: str
    result_name: str
    media_type: str | None
    settings: tuple[tuple[str, str], ...]
    description: str | None

    @property
    def returns_scalar(self) -> bool:
        """Whether one value comes back that is not a row."""
        return not self.returns_set and not self.returns_composite

    @property
    def is_callable(self) -> bool:
        """Whether a request can name its arguments, or be the one unnamed argument itself."""
        unnamed = [one for one in self.parameters if not one.name]
        return not unnamed or (len(self.parameters) == 1 and unnamed[0].type in WHOLE_BODY_TYPES)

    def makes(self, media_type: str) -> bool:
        """Whether the value that comes back is itself a document of this media type."""
        return self.media_type == media_type or (self.media_type == "*/*" and media_type == OCTET_STREAM)

    @property
    def returns_single_row(self) -> bool:
        """Whether one row comes back."""
        return not self.returns_set and self.returns_composite

    @property
    def returns_scalar_set(self) -> bool:
        """Whether values come back that are not rows."""
        return self.returns_set and not self.returns_composite


RoleSettings = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class SchemaCache:
    """One snapshot. `types` are (oid, name, schema) of every type, for encoding parameters."""

    tables: dict[tuple[str, str], Table] = field(default_factory=dict)
    functions: dict[tuple[str, str], list[Function]] = field(default_factory=dict)
    role_settings: RoleSettings = field(default_factory=dict)
    types: list[tuple[int, str, str]] = field(default_factory=list)

    def tables_in(self, schema: str) -> list[Table]:
        """The tables and views of a schema."""
        return [table for table in self.tables.values() if table.schema == schema]

    def function_names(self, schema: str) -> list[str]:
        """The names of the functions of a schema."""
        return [name for owner, name in self.functions if owner == schema]


async def load_schema_cache(connection: Connection, schemas: Sequence[str]) -> SchemaCache:
    """Read the catalogues as they are now; raises what asyncpg raises."""
    exposed = f"array[{', '.join(quote_literal(name) for name in schemas)}]::name[]"
    await connection.execute("begin isolation level repeatable read read only; set local search_path = ''")
    try:
        tables = await _json(connection, schema_queries.TABLES.replace("{schemas}", exposed))
        functions = await _json(connection, schema_queries.FUNCTIONS.replace("{schemas}", exposed))
        settings = await _json(connection, schema_queries.ROLE_SETTINGS)
        types = await _json(connection, schema_queries.TYPES)
    finally:
        if not connection.is_closed():
            await connection.execute("rollback")
    return SchemaCache(
        {(one["schema"], one["name"]): _table(one) for one in tables},
        _functions(functions),
        _role_settings(settings),
        [(oid, name, schema) for oid, name, schema in types],
    )


async def _json(connection: Connection, query: str) -> Any:
    return json.loads(await connection.fetchval(query))


def _table(row: dict[str, Any]) -> Table:
    columns = {
        one["name"]: Column(
            one["name"], one["type"], one["plain_type"], one["default"], one["required"], one["description"]
        )
        for one in row["columns"]
    }
    return Table(
        row["schema"],
        row["name"],
        columns,
        tuple(row["primary_key"]),
        row["insertable"],
        row["updatable"],
        row["deletable"],
        row["description"],
    )


def _functions(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[Function]]:
    found: dict[tuple[str, str], list[Function]] = {}
    for row in rows:
        parameters = tuple(Parameter(**one) for one in row["parameters"])
        function = Function(
            row["schema"],
            row["name"],
            parameters,
            row["volatility"],
            row["returns_set"],
            row["returns_composite"],
            row["returns_void"],
            row["returns_bytes"],
            row["result_schema"],
            row["result_name"],
            row["media_type"],
            tuple((name, value) for name, value in row["settings"] if name in HOISTED_SETTINGS),
            row["description"],
        )
        if function.is_callable:
            found.setdefault((function.schema, function.name), []).append(function)
    for overloads in found.values():
        overloads.sort(
            key=lambda one: (len(one.parameters), [(each.name, each.type) for each in one.parameters])
        )
    return found


def _role_settings(rows: list[list[str]]) -> RoleSettings:
    found: RoleSettings = {}
    for role, name, value in rows:
        found.setdefault(role, []).append((name, value))
    return found
