"""The root's description of the API in OpenAPI 2.0: the tables and functions that the asking role may use."""

import json
from typing import Any

from local_supabase.rest.answers import Answer
from local_supabase.rest.errors import no_media_type, root_disabled
from local_supabase.rest.media import JSON, OPENAPI, MediaType, first_available
from local_supabase.rest.requests import Context
from local_supabase.rest.schema_cache import Function, SchemaCache, Table
from local_supabase.rest.schema_queries import SCHEMA_DESCRIPTION, VISIBLE_FUNCTIONS, VISIBLE_TABLES
from local_supabase.rest.table_handlers import database_context
from local_supabase.rest.transaction import Transactions

OK = {"200": {"description": "OK"}}


async def describe_api(context: Context, cache: SchemaCache, transactions: Transactions) -> Answer:
    """GET or HEAD on the root."""
    mode = context.settings.openapi_mode
    if mode == "disabled":
        raise root_disabled()
    if first_available(context.accepted, (OPENAPI, JSON)) is None:
        raise no_media_type([str(one) for one in context.accepted])
    async with transactions.begin(database_context(context, read_only=True), cache) as transaction:
        tables = json.loads(await transaction.texts(VISIBLE_TABLES, context.schema) or "[]")
        functions = json.loads(await transaction.texts(VISIBLE_FUNCTIONS, context.schema) or "[]")
        description = await transaction.texts(SCHEMA_DESCRIPTION, context.schema)
        await transaction.finish()
    if mode == "ignore-privileges":
        tables = [one.name for one in cache.tables_in(context.schema)]
        functions = cache.function_names(context.schema)
    seen = [cache.tables[key] for name in sorted(tables) if (key := (context.schema, name)) in cache.tables]
    called = [
        one for name in sorted(functions) for one in cache.functions.get((context.schema, name), [])[:1]
    ]
    document = {
        "swagger": "2.0",
        "info": {"title": "REST API", "description": description or "", "version": "14"},
        "basePath": "/",
        "consumes": [JSON, "text/csv"],
        "produces": [JSON, "text/csv"],
        "paths": {f"/{one.name}": _table_path(one) for one in seen}
        | {f"/rpc/{one.name}": _function_path(one) for one in called},
        "definitions": {one.name: _definition(one) for one in seen},
    }
    headers = [("Content-Type", MediaType(OPENAPI).content_type), *context.profile_header]
    body = b"" if context.request.method == "HEAD" else json.dumps(document, ensure_ascii=False).encode()
    return Answer(200, headers, body)


def _table_path(table: Table) -> dict[str, Any]:
    allowed = {"get": True, "post": table.insertable, "patch": table.updatable, "delete": table.deletable}
    operation = {"tags": [table.name], "summary": table.description, "responses": OK}
    return {method: operation for method, is_allowed in allowed.items() if is_allowed}


def _function_path(function: Function) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {one.name: {"format": one.type} for one in function.parameters},
        "required": [one.name for one in function.parameters if one.required],
    }
    body = {"in": "body", "name": "args", "required": True, "schema": schema}
    operation = {"tags": [f"(rpc) {function.name}"], "summary": function.description, "responses": OK}
    found: dict[str, Any] = {"post": {**operation, "parameters": [body]}}
    if function.volatility != "v":
        query = [
            {"in": "query", "name": one.name, "required": one.required, "type": "string", "format": one.type}
            for one in function.parameters
        ]
        found["get"] = {**operation, "parameters": query}
    return found


def _definition(table: Table) -> dict[str, Any]:
    properties = {
        column.name: {
            "format": column.type,
            "type": _json_type(column.plain_type),
            "description": column.description,
        }
        for column in table.columns.values()
    }
    required = [column.name for column in table.columns.values() if column.required]
    return {
        "type": "object",
        "description": table.description,
        "properties": properties,
        "required": required,
    }


def _json_type(name: str) -> str | None:
    if name.endswith("[]"):
        return "array"
    return {
        "boolean": "boolean",
        "smallint": "integer",
        "integer": "integer",
        "bigint": "integer",
        "numeric": "number",
        "real": "number",
        "double precision": "number",
        "json": None,
        "jsonb": None,
    }.get(name, "string")
