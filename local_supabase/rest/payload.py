"""The body of a request, read by its content type into JSON, and the columns that it names."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from local_supabase.rest.errors import bad_body
from local_supabase.rest.media import CSV, JSON, OCTET_STREAM, TEXT, URL_ENCODED, XML, parse_media_type
from local_supabase.rest.query_string import pairs_of


@dataclass(frozen=True, slots=True)
class Payload:
    """A body. `json` is what PostgreSQL gets, `raw` what a function with one unnamed parameter gets."""

    media_type: str
    json: str = "[]"
    columns: frozenset[str] = frozenset()
    is_object: bool = False
    raw: bytes = b""
    arguments: tuple[tuple[str, str], ...] = ()


def read_payload(
    body: bytes, content_type: str | None, columns: tuple[str, ...] | None, *, for_function: bool
) -> Payload:
    """Read a body; raises RestError (400) with what is wrong with it."""
    media_type = parse_media_type(content_type or JSON).name
    if media_type == JSON:
        return _json(body, columns, for_function=for_function)
    if media_type == CSV:
        return _csv(_text(body), columns)
    if media_type == URL_ENCODED:
        return _url_encoded(body, columns)
    if for_function and media_type in (TEXT, XML, OCTET_STREAM):
        if media_type != OCTET_STREAM:
            _text(body)
        return Payload(media_type, raw=body)
    raise bad_body(f"Content-Type not acceptable: {media_type}")


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise bad_body("The request body is not valid UTF-8") from error
    if "\x00" in text:
        raise bad_body("The request body holds a NUL character, which PostgreSQL cannot take")
    return text


def _json(body: bytes, columns: tuple[str, ...] | None, *, for_function: bool) -> Payload:
    if not body and for_function:
        return Payload(JSON, "{}", frozenset(columns or ()), is_object=True)
    text = _text(body)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise bad_body("Empty or invalid json") from error
    if columns is not None:
        named: frozenset[str] = frozenset(columns)
    elif isinstance(value, dict):
        named = frozenset(value)
    elif isinstance(value, list) and value:
        named = _uniform_keys(value)
    else:
        named = frozenset()
    kept = text if isinstance(value, dict | list) else "[]"
    return Payload(JSON, kept, named, isinstance(value, dict), body)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _uniform_keys(rows: list[Any]) -> frozenset[str]:
    first = rows[0].keys() if isinstance(rows[0], dict) else None
    if first is None or any(not isinstance(row, dict) or row.keys() != first for row in rows):
        raise bad_body("All object keys must match")
    return frozenset(first)


def _csv(text: str, columns: tuple[str, ...] | None) -> Payload:
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=False) if row]
    if not rows:
        raise bad_body("not enough input")
    header, *lines = rows
    if any(len(line) != len(header) for line in lines):
        raise bad_body("All lines must have same number of fields")
    records = [
        {name: None if value == "NULL" else value for name, value in zip(header, line, strict=True)}
        for line in lines
    ]
    named = frozenset(columns if columns is not None else header if records else ())
    return Payload(CSV, json.dumps(records, ensure_ascii=False), named)


def _url_encoded(body: bytes, columns: tuple[str, ...] | None) -> Payload:
    pairs = tuple((name, value or "") for name, value in pairs_of(body))
    values = dict(pairs)
    named = frozenset(columns if columns is not None else values)
    return Payload(
        URL_ENCODED, json.dumps(values, ensure_ascii=False), named, is_object=True, arguments=pairs
    )
