"""Answers requests on tables and views."""

from typing import Literal

from local_supabase.rest.answers import (
    Answer,
    body_bytes,
    content_range,
    location,
    range_status,
    require_single,
    with_overrides,
)
from local_supabase.rest.errors import (
    RestError,
    too_many_affected,
    unknown_column,
    unknown_table,
)
from local_supabase.rest.hints import closest
from local_supabase.rest.media import JSON
from local_supabase.rest.mutations import Mutation
from local_supabase.rest.negotiation import negotiated
from local_supabase.rest.payload import Payload, read_payload
from local_supabase.rest.query_string import with_range_header
from local_supabase.rest.query_types import Filter, RowRange, SelectField
from local_supabase.rest.requests import Context
from local_supabase.rest.schema_cache import Column, SchemaCache, Table
from local_supabase.rest.statements import (
    Reading,
    counted_statement,
    mutation_statement,
    read_statement,
)
from local_supabase.rest.transaction import RequestContext, Transactions

KINDS: dict[str, Literal["insert", "update", "put", "delete"]] = {
    "POST": "insert",
    "PATCH": "update",
    "PUT": "put",
    "DELETE": "delete",
}


def find_table(context: Context, cache: SchemaCache) -> Table:
    """The table that the path names; raises RestError (404) with the name that was probably meant."""
    name = context.target.table or ""
    table = cache.tables.get((context.schema, name))
    if table is None:
        known = [one.name for one in cache.tables_in(context.schema)]
        raise unknown_table(context.schema, name, closest(name, known))
    return table


def capped(rows: RowRange, max_rows: int | None) -> RowRange:
    """The rows to fetch, cut at the server's limit."""
    if max_rows is None or (rows.limit is not None and rows.limit <= max_rows):
        return rows
    return RowRange(rows.offset, max_rows)


async def read_table(context: Context, cache: SchemaCache, transactions: Transactions) -> Answer:
    """GET or HEAD on a table or view."""
    asked = with_range_header(
        context.query.range, context.request.headers.get("range") if context.request.method == "GET" else None
    )
    table = find_table(context, cache)
    select = context.selected(table.name)
    form = negotiated(context, cache, (table.schema, table.name))
    preferences = context.preferences
    preferences.require_valid()
    max_rows = context.settings.max_rows
    estimated = preferences.count == "estimated"
    reading = Reading(
        select,
        context.trees,
        context.query.order,
        capped(asked, max_rows),
        form.media_type,
        with_body=context.request.method != "HEAD",
        count=estimated or preferences.count == "exact",
        count_limit=max_rows + 1 if estimated and max_rows is not None else None,
        handler=form.handler,
    )
    async with transactions.begin(database_context(context, read_only=True), cache) as transaction:
        row = await transaction.row(read_statement(table, reading))
        total = None if row["total"] is None else int(row["total"])
        if preferences.count == "planned":
            total = await transaction.estimate(counted_statement(table, context.trees))
        elif estimated and max_rows is not None and total is not None and total > max_rows:
            total = max(total, await transaction.estimate(counted_statement(table, context.trees)))
        rows = int(row["page_total"])
        require_single(form.media_type, rows)
        status = range_status(asked.offset, rows, total)
        canonical = f"?{context.query.canonical}" if context.query.canonical else ""
        headers = [
            content_range(asked.offset, asked.offset + rows - 1, total),
            ("Content-Location", f"/{table.name}{canonical}"),
            ("Content-Type", form.media_type.content_type),
            *context.profile_header,
            *preferences.applied(),
        ]
        body = body_bytes(row["body"], in_hexadecimal=form.is_binary)
        answer = with_overrides(Answer(status, headers, body), row)
        await transaction.finish()
    return answer


async def change_table(context: Context, cache: SchemaCache, transactions: Transactions) -> Answer:
    """POST, PATCH, PUT or DELETE on a table or view."""
    kind = KINDS[context.request.method]
    asked = with_range_header(context.query.range, None)
    if kind == "put" and not asked.is_everything:
        raise RestError(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT")
    columns = context.query.columns if kind in ("insert", "update") else None
    payload = (
        Payload(JSON)
        if kind == "delete"
        else read_payload(
            context.request.body, context.request.headers.get("content-type"), columns, for_function=False
        )
    )
    table = find_table(context, cache)
    select = context.selected(table.name)
    preferences = context.preferences
    mutation = _mutation(kind, context, table, payload, select)
    preferences.require_valid()
    form = negotiated(context, cache, (table.schema, table.name))
    full = preferences.returned == "representation"
    reading = Reading(
        select, (), context.query.order, RowRange(), form.media_type, with_body=full, handler=form.handler
    )
    wants_location = kind == "insert" and preferences.returned == "headers-only"
    async with transactions.begin(database_context(context, read_only=False), cache) as transaction:
        row = await transaction.row(mutation_statement(mutation, reading, wants_location=wants_location))
        rows = int(row["page_total"])
        if kind == "put":
            if rows != 1:
                raise RestError(400, "PGRST115", "Payload values do not match URL in primary key column(s)")
        else:
            require_single(form.media_type, rows)
        limit = preferences.max_affected if kind in ("update", "delete") and preferences.is_strict else None
        if limit is not None and rows > limit:
            raise too_many_affected(rows)
        answer = Answer(_status(mutation, context, int(row["inserted"] or 0)))
        counted = rows if preferences.count in ("exact", "estimated") else None
        if kind == "insert" and row["location"]:
            answer.headers.append(location(table.name, row["location"]))
        if kind != "put":
            last = rows - 1 if kind == "update" else -1
            answer.headers.append(
                content_range(0, last, counted) if kind == "update" else content_range(1, 0, counted)
            )
        answer.headers += preferences.applied(*_applied(mutation, context))
        if full:
            answer.headers += [("Content-Type", form.media_type.content_type), *context.profile_header]
            answer.body = body_bytes(row["body"], in_hexadecimal=form.is_binary)
        answer = with_overrides(answer, row)
        await transaction.finish()
    return answer


def table_options(context: Context, cache: SchemaCache) -> Answer:
    """OPTIONS on a table or view: what it allows by its nature, not by grants."""
    table = find_table(context, cache)
    allowed = ["OPTIONS,GET,HEAD"]
    allowed += ["POST"] if table.insertable else []
    allowed += ["PUT"] if table.insertable and table.updatable and table.primary_key else []
    allowed += ["PATCH"] if table.updatable else []
    allowed += ["DELETE"] if table.deletable else []
    return Answer(200, [("Access-Control-Allow-Origin", "*"), ("Allow", ",".join(allowed))])


def database_context(
    context: Context, *, read_only: bool, settings: tuple[tuple[str, str], ...] = ()
) -> RequestContext:
    """What the transaction needs of the request."""
    request = context.request
    return RequestContext(
        context.claims,
        context.signed_in,
        context.schema,
        request.method,
        request.path,
        {name: value for name, value in request.headers.items() if name != "cookie"},
        request.cookies(),
        context.preferences,
        read_only,
        settings,
    )


def _mutation(
    kind: Literal["insert", "update", "put", "delete"],
    context: Context,
    table: Table,
    payload: Payload,
    select: tuple[SelectField, ...],
) -> Mutation:
    preferences = context.preferences
    if kind == "put":
        _require_key_filters(context, table)
    resolution = "merge-duplicates" if kind == "put" else preferences.resolution if kind == "insert" else None
    conflict = context.query.on_conflict if kind == "insert" else None
    returned = preferences.returned in ("representation", "headers-only")
    return Mutation(
        kind,
        table,
        payload,
        tuple(_column(table, name) for name in sorted(payload.columns)),
        context.trees if kind != "insert" else (),
        _returning(context, table, select) if returned else (),
        resolution,
        table.primary_key if conflict is None else conflict,
        apply_defaults=preferences.missing == "default" and kind in ("insert", "update"),
    )


def _column(table: Table, name: str) -> Column:
    if name not in table.columns:
        raise unknown_column(table.name, name)
    return table.columns[name]


def _returning(context: Context, table: Table, select: tuple[SelectField, ...]) -> tuple[str, ...]:
    """The columns that the answer is made of: those selected and ordered by, and the key for a Location."""
    names = [item.field.name for item in select] or ["*"]
    if "*" in names:
        return ("*",)
    ordered = [term.field.name for term in context.query.order]
    return tuple(dict.fromkeys((*names, *ordered, *table.primary_key)))


def _require_key_filters(context: Context, table: Table) -> None:
    filters = context.query.filters
    exact = all(
        isinstance(one, Filter)
        and one.condition.operator == "eq"
        and not one.condition.negated
        and one.condition.modifier is None
        for one in filters
    )
    named = {one.field.name for one in filters}
    if context.query.logic or not exact or not table.primary_key or named != set(table.primary_key):
        raise RestError(
            405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators"
        )


def _status(mutation: Mutation, context: Context, inserted: int) -> int:
    full = context.preferences.returned == "representation"
    if mutation.kind == "insert":
        merges = mutation.resolution == "merge-duplicates" and bool(mutation.conflict_columns)
        return 200 if merges and inserted <= 0 else 201
    if mutation.kind == "put" and full:
        return 201 if inserted > 0 else 200
    return 200 if full else 204


def _applied(mutation: Mutation, context: Context) -> tuple[str, ...]:
    if mutation.kind == "insert":
        keyed = bool(mutation.table.primary_key) or context.query.on_conflict is not None
        return ("return", "missing", "resolution") if keyed else ("return", "missing")
    if mutation.kind == "update":
        return ("return", "missing", "max-affected")
    return ("return",) if mutation.kind == "put" else ("return", "max-affected")
