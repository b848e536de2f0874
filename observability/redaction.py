"""The last defence of the log: what looks like a secret or an e-mail address is taken out, whoever wrote it.

No part of the panel logs such things on purpose. Libraries do, in exceptions above all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

GONE = "[redacted]"

_NAMES = (
    r"api[-_]?key|authorization|(?:set-)?cookie|pass(?:word|wd|phrase)|secret|client_secret|jwt_secret|"
    r"access_token|refresh_token|id_token|private_key"
)
_SECRET_NAME = re.compile(rf"(?:.*[-_])?(?:{_NAMES}|token)", re.IGNORECASE)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # JSON Web Tokens begin with the letters of `{"`; signed or not, whole or cut.
    (re.compile(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,4}"), GONE),
    (re.compile(r"\b(Bearer|Basic)(\s+|%20)[^\s'\",;)\]}]+", re.IGNORECASE), rf"\1\2{GONE}"),
    (re.compile(r"\bsb_(?:secret|publishable)_[\w-]+"), GONE),
    # user:password@ of any address; a password may hold all that an address should have written otherwise.
    (re.compile(r"(://[^\s/:@'\"]{0,200}):[^\s]{1,500}@"), rf"\1:{GONE}@"),
    # name=value, name: value, 'name': 'value', (b'name', b'value')
    (
        re.compile(
            rf"(?<![A-Za-z0-9])({_NAMES})(\\?['\"]?\s*(?:[=:,]|%3D)\s*b?)"
            r"(\\?\"[^\"]*\"?|\\?'[^']*'?|(?:(?:Bearer|Basic)\s+)?[^\s&,;)\]}]+)",
            re.IGNORECASE,
        ),
        rf"\1\2{GONE}",
    ),
    # What PostgreSQL and Pydantic quote of a row.
    (re.compile(r"(Key \([^)]*\)=)\([^)]*\)"), rf"\1({GONE})"),
    (re.compile(r"(Failing row contains )\(.*\)", re.DOTALL), rf"\1({GONE})"),
    (re.compile(r"input_value=.*?(?=, input_type=|\]$|\n|$)", re.DOTALL), f"input_value={GONE}"),
    (re.compile(r"(?<![\w.+%*-])[\w.+%-]{1,64}@(?=[A-Za-z0-9-]{1,63}\.[A-Za-z])"), f"{GONE}@"),
)


def scrub(text: str) -> str:
    """The text without its secrets. An address that is masked already (`a***@salon.test`) stays as it is."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def scrub_value(value: object) -> object:
    """The same for anything that JSON can hold; anything else becomes its text first."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, Mapping):
        return scrub_fields(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub_value(one) for one in value]
    return scrub(str(value))


def scrub_fields(fields: Mapping[Any, object]) -> dict[str, object]:
    """The same for fields with names; one that is called like a secret loses its value, whatever that is."""
    scrubbed: dict[str, object] = {}
    for name, value in fields.items():
        shown, is_secret = _judged(str(name))
        scrubbed[shown] = GONE if is_secret else scrub_value(value)
    return scrubbed


@lru_cache(maxsize=256)
def _judged(name: str) -> tuple[str, bool]:
    """A field's name as it is shown, and whether it is called like a secret."""
    return scrub(name), _SECRET_NAME.fullmatch(name) is not None
