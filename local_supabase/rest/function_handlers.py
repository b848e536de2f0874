"""Answers calls of functions."""

from local_supabase.rest.answers import (
    Answer,
    body_bytes,
    content_range,
    range_status,
    require_single,
    with_overrides,
)
from local_supabase.rest.errors import RestError, too_many_affected
from local_supabase.rest.functions import find_function
from local_supabase.rest.media import JSON
from local_supabase.rest.negotiation import negotiated_call
from local_supabase.rest.payload import Payload, read_payload
from local_supabase.rest.query_string import with_range_header
from local_supabase.rest.requests import Context, fields_of
from local_supabase.rest.schema_cache import SchemaCache
from local_supabase.rest.statements import Reading, call_statement
from local_supabase.rest.table_handlers import capped, database_context
from local_supabase.rest.transaction import Transactions


async def call_function(context: Context, cache: SchemaCache, transactions: Transactions) -> Answer:
    """GET, HEAD or POST on a function."""
    request, query, preferences = context.request, context.query, context.preferences
    asked = with_range_header(query.range, request.headers.get("range") if request.method == "GET" else None)
    payload = _payload(context)
    function = find_function(
        cache,
        context.schema,
        context.target.function or "",
        payload.columns,
        payload.media_type,
        by_post=not request.is_read,
    )
    table = cache.tables.get((function.schema, function.result_name)) if function.returns_composite else None
    select = context.selected(table.name if table else function.name)
    form = negotiated_call(context, cache, function)
    media_type = form.media_type
    preferences.require_valid()
    limit = preferences.max_affected if preferences.is_strict else None
    if limit is not None and not function.returns_set:
        raise RestError(
            400,
            "PGRST128",
            "Function must return SETOF or TABLE when max-affected preference is used with handling=strict",
        )
    reading = Reading(
        select,
        context.trees,
        query.order,
        capped(asked, context.settings.max_rows),
        media_type,
        with_body=request.method != "HEAD" and not function.returns_void,
        count=preferences.count in ("exact", "estimated"),
        handler=form.handler,
    )
    names = [item.field.name for item in select]
    looked_at = [*names, *fields_of(context.trees), *(term.field.name for term in query.order)]
    returning = () if "*" in names else tuple(dict.fromkeys(looked_at))
    read_only = request.is_read or function.volatility != "v"
    database = database_context(context, read_only=read_only, settings=function.settings)
    async with transactions.begin(database, cache) as transaction:
        row = await transaction.row(call_statement(function, table, payload, reading, returning))
        rows = int(row["page_total"])
        total = None if row["total"] is None else int(row["total"])
        require_single(media_type, rows)
        if limit is not None and rows > limit:
            raise too_many_affected(rows)
        status = range_status(asked.offset, rows, total)
        answer = Answer(
            status,
            [
                content_range(asked.offset, asked.offset + rows - 1, total),
                *preferences.applied("max-affected"),
            ],
        )
        if function.returns_void:
            answer.status = 204
        else:
            answer.headers += [("Content-Type", media_type.content_type), *context.profile_header]
            made_bytes = function.returns_bytes and function.makes(media_type.name)
            answer.body = body_bytes(row["body"], in_hexadecimal=form.is_binary or made_bytes)
        answer = with_overrides(answer, row)
        await transaction.finish()
    return answer


def function_options(context: Context, cache: SchemaCache) -> Answer:
    """OPTIONS on a function: reading methods only where nothing can change."""
    name = context.target.function or ""
    overloads = cache.functions.get((context.schema, name))
    if not overloads:
        find_function(cache, context.schema, name, (), JSON, by_post=False)
    changes = all(one.volatility == "v" for one in overloads or ())
    allowed = "OPTIONS,POST" if changes else "OPTIONS,GET,HEAD,POST"
    return Answer(200, [("Access-Control-Allow-Origin", "*"), ("Allow", allowed)])


def _payload(context: Context) -> Payload:
    request = context.request
    if request.is_read:
        arguments = context.query.arguments
        return Payload(
            JSON, "{}", frozenset(name for name, _ in arguments), is_object=True, arguments=arguments
        )
    return read_payload(
        request.body, request.headers.get("content-type"), context.query.columns, for_function=True
    )
