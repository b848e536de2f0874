"""From PostgreSQL's text output to JSON text, as `to_jsonb` writes it.

Values stay text: numbers and jsonb pass through without losing a digit. The session that writes the text runs
with `TimeZone=UTC`, `DateStyle=ISO` and `bytea_output=hex`.
"""

import json
import re
from dataclasses import dataclass

_BOOL = 16
_NUMBERS = frozenset({20, 21, 23, 700, 701, 1700})  # int8 int2 int4 float4 float8 numeric
_JSON = frozenset({114, 3802})  # json jsonb
_TIMESTAMPS = frozenset({1114, 1184})  # timestamp timestamptz

_FINITE = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_TIMESTAMP = re.compile(r"(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)?(:\d\d)?(?: (BC))?")


@dataclass(frozen=True, slots=True)
class JsonType:
    """What decides the JSON form: a type's oid with domains resolved, and its element's for an array."""

    type_oid: int
    element_oid: int | None = None


def to_json(text: str | None, json_type: JsonType) -> str:
    """JSON text of a value in PostgreSQL's output form; composite values stay strings."""
    if text is None:
        return "null"
    if json_type.element_oid is not None and text[:1] in ("{", "["):
        return _array(text, json_type.element_oid)
    return _scalar(text, json_type.type_oid)


def _scalar(text: str, type_oid: int) -> str:
    if type_oid in _NUMBERS and _FINITE.fullmatch(text):
        return text
    if type_oid == _BOOL:
        return "true" if text == "t" else "false"
    if type_oid in _JSON:
        return text
    if type_oid in _TIMESTAMPS and (match := _TIMESTAMP.fullmatch(text)):
        day, time, offset, minutes, era = match.groups()
        zone = f"{offset}{minutes or ':00'}" if offset else ""
        return json.dumps(f"{day}T{time}{zone}{' BC' if era else ''}")
    return json.dumps(text, ensure_ascii=False)


def _array(text: str, element_oid: int) -> str:
    """Rewrite an array literal, `{1,NULL,"a b"}` or `[0:1]={…}`, as a JSON array."""
    out: list[str] = []
    at = text.index("{")
    while at < len(text):
        char = text[at]
        if char in "{}":
            out.append("[" if char == "{" else "]")
            at += 1
        elif char == ",":
            out.append(",")
            at += 1
        else:
            element, at = _element(text, at)
            out.append("null" if element is None else _scalar(element, element_oid))
    return "".join(out)


_PLAIN = re.compile(r"[^,{}\"\\]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _element(text: str, at: int) -> tuple[str | None, int]:
    if quoted := _QUOTED.match(text, at):
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    plain = _PLAIN.match(text, at)
    if plain is None:
        raise ValueError("not an array literal")
    return (None if plain[0] == "NULL" else plain[0]), plain.end()
