"""JSON as strangers write it -> values that can be stored.

Python's own reader lets through what JSON has no word for (`NaN`, and `1e999` as infinity), and halves of
characters (`"\\ud800"`), which neither UTF-8 nor a database can hold. Nothing here is read twice as deep as
`RecursionError` allows, and no text leads to any other error than ValueError.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
"""Half of a surrogate pair, as it is escaped; also where a backslash before it makes it harmless."""
_ANY_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Any half, of a pair or not: found ten times as quickly, and missing from nearly all texts."""
_IN_PLACE = "\N{REPLACEMENT CHARACTER}"


def decoded(text: str) -> Any:
    """The value that a text is as JSON; halves of characters are U+FFFD in it.

    Of a name that comes twice in an object the last value counts. Raises ValueError for all that is not JSON,
    a number that no float can hold among it, and for what is nested too deep to be read.
    """
    try:
        value = _JSON.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return _whole(value) if _ANY_HALF.search(text) and _HALF.search(text) else value


def whole_text(text: str) -> str:
    """With U+FFFD in the place of each half of a character."""
    return _HALVES.sub(_IN_PLACE, text)


def values_in(text: bytes) -> int:
    """At least as many as it has values, by a look at its bytes: each may take a hundred times its room."""
    return 1 + sum(map(text.count, (b"[", b"{", b",")))


def is_deeper_than(deepest: int, value: Any) -> bool:
    """Whether it is lists and maps in each other, more than `deepest` of them."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(deepest):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return bool(level)


def _whole(value: Any) -> Any:
    """As deep as the reader went, which is deeper than this may go: ValueError then."""
    try:
        return _with_whole_texts(value)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _with_whole_texts(value: Any) -> Any:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, list):
        return [_with_whole_texts(item) for item in value]
    if isinstance(value, dict):
        return {whole_text(name): _with_whole_texts(item) for name, item in value.items()}
    return value


_HALVES = re.compile("[\ud800-\udfff]")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number that no float can hold")
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)
