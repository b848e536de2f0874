"""Builds the main statement of a request: it answers one row with the body, the counts and the overrides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from local_supabase.rest.body_rows import body_rows
from local_supabase.rest.identifiers import qualified, quote_identifier
from local_supabase.rest.media import ARRAY, CSV, SINGULAR, MediaType
from local_supabase.rest.mutations import Mutation, render_mutation
from local_supabase.rest.payload import Payload
from local_supabase.rest.query_types import LogicTree, OrderTerm, RowRange, SelectField
from local_supabase.rest.schema_cache import Column, Function, MediaHandler, Table
from local_supabase.rest.sql import Renderer, array_literal

SOURCE = "pgrst_source"
OVERRIDES = (
    "nullif(current_setting('response.headers', true), '') AS response_headers, "
    "nullif(current_setting('response.status', true), '') AS response_status"
)
CSV_BODY = (
    "(SELECT coalesce(string_agg(keys.name, ','), '') FROM (SELECT json_object_keys(row_to_json(one)) AS name"
    f" FROM (SELECT * FROM {SOURCE} LIMIT 1) one) keys) || E'\\n' || coalesce(string_agg("
    "substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its parameters."""

    text: str
    parameters: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What of the rows is wanted, and in which form. `count_limit` stops counting there (None: never).

    A set `handler` makes the body, in place of what is built in for the media type.
    """

    select: tuple[SelectField, ...]
    trees: tuple[LogicTree, ...]
    order: tuple[OrderTerm, ...]
    range: RowRange
    media_type: MediaType
    with_body: bool = True
    count: bool = False
    count_limit: int | None = None
    handler: MediaHandler | None = None


@lru_cache(maxsize=512)
def read_statement(table: Table, reading: Reading) -> Statement:
    """Read a table or view."""
    relation = qualified(table.schema, table.name)
    render = Renderer(relation, table)
    select = render.select(reading.select)
    where = render.where(reading.trees)
    rows = (
        f"SELECT {select} FROM {relation}{where}{render.group_by(reading.select)}"
        f"{render.order_by(reading.order)}{render.limit_offset(reading.range)}"
    )
    counted = f"SELECT 1 FROM {relation}{where}"
    text = (
        f"WITH {SOURCE} AS ({rows}){_counting(counted, reading)} SELECT {_total(reading)} AS total, "
        f"pg_catalog.count(_postgrest_t) AS page_total, {_body(reading, None)} AS body, {OVERRIDES} "
        f"FROM (SELECT * FROM {SOURCE}) _postgrest_t"
    )
    return Statement(text, tuple(render.parameters))


def counted_statement(table: Table, trees: Sequence[LogicTree]) -> Statement:
    """All rows that match, for the planner's estimate of how many there are."""
    relation = qualified(table.schema, table.name)
    render = Renderer(relation, table)
    return Statement(f"SELECT 1 FROM {relation}{render.where(trees)}", tuple(render.parameters))


def mutation_statement(mutation: Mutation, reading: Reading, *, wants_location: bool) -> Statement:
    """Change a table, answering what was changed where `reading` wants a body."""
    table = mutation.table
    render = Renderer(qualified(table.schema, table.name), table)
    changed = render_mutation(mutation, render)
    location = "null"
    if wants_location and table.primary_key:
        keys = render.bind(array_literal(table.primary_key))
        location = (
            "(SELECT json_object_agg(pair.key, pair.value)::text FROM json_each_text((SELECT row_to_json(one)"
            f" FROM {SOURCE} AS one LIMIT 1)) AS pair WHERE pair.key = ANY({keys}))"
        )
    rows = f"SELECT * FROM {SOURCE}"
    if reading.with_body:
        render.relation = quote_identifier(table.name)
        rows = (
            f"SELECT {render.select(reading.select)} FROM {SOURCE} AS {render.relation}"
            f"{render.group_by(reading.select)}{render.order_by(reading.order)}"
        )
    text = (
        f"WITH {SOURCE} AS ({changed}) SELECT null AS total, pg_catalog.count(_postgrest_t) AS page_total, "
        f"{_body(reading, None)} AS body, {OVERRIDES}, "
        f"CASE WHEN pg_catalog.count(_postgrest_t) = 1 THEN {location} END AS location, "
        f"nullif(current_setting('pgrst.inserted', true), '') AS inserted FROM ({rows}) _postgrest_t"
    )
    return Statement(text, tuple(render.parameters))


def call_statement(
    function: Function,
    result_table: Table | None,
    payload: Payload,
    reading: Reading,
    returning: Sequence[str],
) -> Statement:
    """Call a function, then filter, order and cut its rows."""
    render = Renderer(quote_identifier(function.result_name if result_table else function.name), result_table)
    called = _called(function, payload, render, returning)
    source = f"{SOURCE} AS {render.relation}"
    where = render.where(reading.trees)
    counted = f"SELECT 1 FROM {source}{where}"
    rows = (
        f"SELECT {render.select(reading.select)} FROM {source}{where}{render.group_by(reading.select)}"
        f"{render.order_by(reading.order)}{render.limit_offset(reading.range)}"
    )
    # Counting is what makes the call happen where nothing else asks for its value.
    page_total = "pg_catalog.count(_postgrest_t)"
    page_total = page_total if function.returns_set else f"greatest({page_total}, 1)"
    text = (
        f"WITH {SOURCE} AS ({called}){_counting(counted, reading)} SELECT {_total(reading)} AS total, "
        f"{page_total} AS page_total, {_body(reading, function)} AS body, {OVERRIDES} "
        f"FROM ({rows}) _postgrest_t"
    )
    return Statement(text, tuple(render.parameters))


def _counting(counted: str, reading: Reading) -> str:
    if not reading.count:
        return ""
    limit = "" if reading.count_limit is None else f" LIMIT {reading.count_limit}"
    return f", pgrst_count AS ({counted}{limit})"


def _total(reading: Reading) -> str:
    return "(SELECT pg_catalog.count(*) FROM pgrst_count)" if reading.count else "null"


def _body(reading: Reading, function: Function | None) -> str:
    if not reading.with_body:
        return "null"
    media_type = reading.media_type
    value = "_postgrest_t"
    if function and not function.returns_composite:
        value = "_postgrest_t.pgrst_scalar"
    if reading.handler:
        return _made_by(reading.handler, value)
    if function and not function.returns_composite and function.makes(media_type.name):
        encoded = f"encode({value}::bytea, 'hex')" if function.returns_bytes else f"{value}::text"
        return f"max({encoded})"
    if media_type.name == CSV:
        return CSV_BODY
    rows = f"json_agg({value})"
    if media_type.nulls_stripped:
        rows = f"json_strip_nulls({rows})"
    if media_type.name == SINGULAR or (function and not function.returns_set and media_type.name != ARRAY):
        return f"coalesce(({rows} -> 0)::text, 'null')"
    return f"coalesce({rows}::text, '[]')"


def _made_by(handler: MediaHandler, value: str) -> str:
    typed = f"{value}::{qualified(*handler.table)}" if handler.table else value
    document = f"{qualified(handler.schema, handler.name)}({typed})"
    return f"encode({document}::bytea, 'hex')" if handler.returns_bytes else f"{document}::text"


def _called(function: Function, payload: Payload, render: Renderer, returning: Sequence[str]) -> str:
    name = qualified(function.schema, function.name)
    if len(function.parameters) == 1 and not function.parameters[0].name:
        source, arguments = "", _whole_body(function, payload, render)
    elif payload.arguments or not payload.columns:
        source, arguments = "", _direct_arguments(function, payload, render)
    else:
        given = [one for one in function.parameters if one.name in payload.columns]
        columns = [Column(one.name, one.call_type, one.call_type, None, False, None) for one in given]
        source = body_rows(payload, columns, render, first_only=True) + ", LATERAL "
        arguments = ", ".join(
            f"{'VARIADIC ' if one.variadic else ''}{quote_identifier(one.name)} := "
            f"pgrst_body.{quote_identifier(one.name)}"
            for one in given
        )
    if function.returns_composite:
        columns_text = ", ".join(f"pgrst_call.{quote_identifier(one)}" for one in returning) or "pgrst_call.*"
        return f"SELECT {columns_text} FROM {source}{name}({arguments}) pgrst_call"
    return f"SELECT pgrst_call.pgrst_scalar FROM {source}(SELECT {name}({arguments}) pgrst_scalar) pgrst_call"


def _whole_body(function: Function, payload: Payload, render: Renderer) -> str:
    parameter = function.parameters[0]
    if parameter.type == "bytea":
        return f"decode({render.bind(payload.raw.hex())}, 'hex')"
    return f"{render.bind(payload.raw.decode() if payload.raw else payload.json)}::{parameter.type}"


def _direct_arguments(function: Function, payload: Payload, render: Renderer) -> str:
    parts = []
    for parameter in function.parameters:
        values = [value for name, value in payload.arguments if name == parameter.name]
        if not values:
            continue
        bound = render.bind(array_literal(values) if parameter.variadic else values[-1])
        keyword = "VARIADIC " if parameter.variadic else ""
        parts.append(f"{keyword}{quote_identifier(parameter.name)} := {bound}::{parameter.call_type}")
    return ", ".join(parts)
