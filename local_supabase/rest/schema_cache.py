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
class Representation:
    """The functions (as SQL) that a domain is cast by on its way to clients and back, where it has any."""

    to_json: str | None = None
    from_json: str | None = None
    from_text: str | None = None


PLAIN = Representation()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type with and without modifiers, and its default as SQL (None: none, or generated)."""

    name: str
    type: str
    plain_type: str
    default: str | None
    required: bool
    description: str | None
    representation: Representation = PLAIN


@dataclass(frozen=True, slots=True)
class MediaHandler:
    """An aggregate that makes a document of rows: those of one table, or of any (`table` is None)."""

    schema: str
    name: str
    media_type: str
    table: tuple[str, str] | None
    returns_bytes: bool


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table or view, with the columns of its primary key (for a view: of the tables beneath).

    Equal only to itself, so that what was worked out for it can be remembered by it.
    """

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
    handlers: dict[tuple[tuple[str, str] | None, str], MediaHandler] = field(default_factory=dict)

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
        representations = await _json(connection, schema_queries.REPRESENTATIONS)
        handlers = await _json(connection, schema_queries.MEDIA_HANDLERS.replace("{schemas}", exposed))
        settings = await _json(connection, schema_queries.ROLE_SETTINGS)
        types = await _json(connection, schema_queries.TYPES)
    finally:
        if not connection.is_closed():
            await connection.execute("rollback")
    represented = _representations(representations)
    return SchemaCache(
        {(one["schema"], one["name"]): _table(one, represented) for one in tables},
        _functions(functions),
        _role_settings(settings),
        [(oid, name, schema) for oid, name, schema in types],
        _handlers(handlers),
    )


async def _json(connection: Connection, query: str) -> Any:
    return json.loads(await connection.fetchval(query))


def _table(row: dict[str, Any], represented: dict[str, Representation]) -> Table:
    columns = {
        one["name"]: Column(**one, representation=represented.get(one["type"], PLAIN))
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


def _representations(rows: list[list[str]]) -> dict[str, Representation]:
    casts = {(source, target): function for source, target, function in rows}
    domains = {name for pair in casts for name in pair} - {"json", "text"}
    return {
        name: Representation(casts.get((name, "json")), casts.get(("json", name)), casts.get(("text", name)))
        for name in domains
    }


def _handlers(rows: list[dict[str, Any]]) -> dict[tuple[tuple[str, str] | None, str], MediaHandler]:
    found = {}
    for row in rows:
        table = (row["table_schema"], row["table_name"]) if row["table_name"] else None
        handler = MediaHandler(row["schema"], row["name"], row["media_type"], table, row["returns_bytes"])
        found[table, handler.media_type] = handler
    return found


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
