"""Turns a JSON body into rows inside a statement, so that PostgreSQL does every conversion."""

from collections.abc import Sequence

from local_supabase.rest.identifiers import quote_identifier, quote_literal
from local_supabase.rest.payload import Payload
from local_supabase.rest.schema_cache import Column
from local_supabase.rest.sql import Renderer


def body_rows(
    payload: Payload,
    columns: Sequence[Column],
    render: Renderer,
    *,
    defaults: bool = False,
    first_only: bool = False,
) -> str:
    """The FROM items that make rows `pgrst_body` of a JSON body; `defaults` fills in missing keys."""
    kind = "jsonb" if defaults else "json"
    items = [f"(SELECT {render.bind(payload.json)}::{kind} AS json_data) pgrst_payload"]
    document = "pgrst_payload.json_data"
    if defaults:
        pairs = ", ".join(f"{quote_literal(one.name)}, {one.default}" for one in columns if one.default)
        filled = f"jsonb_build_object({pairs})"
        value = (
            f"{filled} || pgrst_payload.json_data"
            if payload.is_object
            else f"(SELECT jsonb_agg({filled} || one) FROM jsonb_array_elements(pgrst_payload.json_data) one)"
        )
        items.append(f"LATERAL (SELECT {value} AS val) pgrst_defaults")
        document = "pgrst_defaults.val"
    if columns:
        typed = ", ".join(
            f"{quote_identifier(one.name)} {'json' if one.representation.from_json else one.type}"
            for one in columns
        )
        names = ", ".join(_converted(one) for one in columns)
        limit = " LIMIT 1" if first_only else ""
        maker = f"{kind}_to_record" if payload.is_object else f"{kind}_to_recordset"
        items.append(f"LATERAL (SELECT {names} FROM {maker}({document}) AS _({typed}){limit}) pgrst_body")
    elif payload.is_object:
        items.append("LATERAL (SELECT FROM (VALUES (1)) _) pgrst_body")
    else:
        items.append(f"LATERAL (SELECT FROM {kind}_array_elements({document}) _) pgrst_body")
    return ", ".join(items)


def _converted(column: Column) -> str:
    name = quote_identifier(column.name)
    convert = column.representation.from_json
    return f"{convert}({name}) AS {name}" if convert else name
