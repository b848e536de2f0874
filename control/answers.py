"""What agents say of commands: it is kept without secrets, as their events are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from telemetry.redaction import Redactor

REMEMBERED_RULES = 64


def without_secrets(rules: bytes, text: str) -> str:
    """A text, with each secret replaced by what it was. `rules` are those of `KeyClaims`.

    U+0000 is left out, too, which no database holds: an answer is not to be refused for it.
    """
    return _redactor(rules).text(text.replace("\0", ""))[0]


@lru_cache(maxsize=REMEMBERED_RULES)
def _redactor(rules: bytes) -> Redactor:
    # not needed before an agent answers for the first time, and a second's tenth to import
    from telemetry.redaction import Redactor

    return Redactor([each["pattern"] for each in orjson.loads(rules).get("patterns", ())])
