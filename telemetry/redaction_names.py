"""Which names are those of secrets: of fields, of headers, of settings, of parameters in an address."""

from __future__ import annotations

import re
from functools import lru_cache

from telemetry.redaction_search import label

_LONGEST = 80
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[а-яёА-ЯЁ]+")

# A tokenizer's, a page's and a price's tokens are none.
_OTHER_TOKENS = (
    r"(?:page|next|prev|previous|continuation|sync|first|last|stop|eos|bos|pad|unk|sep|cls|mask|special|start|end|"
    r"per|max|min|input|output|prompt|completion|reasoning)_token"
)
# `client_key`, `service_key` and `master_key` are left alone: a salon has clients, services and masters.
_KINDS: tuple[tuple[str, str], ...] = (
    (
        "password",
        r"pass(?:word|wd|phrase|code)s?|(?:^|_)pwd|(?:^|_)(?:db|database|smtp|user|key|auth)_?pass|contrase[nñ]a"
        r"|парол[ья]",
    ),
    ("authorization", r"(?:^|_)(?:authorization|auth)(?:_header)|(?:^|_)authorization|(?:^|_)x_auth"),
    ("cookie", r"(?:^|_)(?:set_)?cookies?"),
    (
        "API key",
        r"api_?keys?|(?:^|_)(?:access|auth|db|database|priv|private|signing|encryption|license|ssh|anon|shared"
        r"|subscription|service_role|secret_access)_?key|ключ_?(?:api|апи)|(?:api|апи)_ключ",
    ),
    ("token", r"(?:^|_|access|auth|refresh|bot|session|csrf|bearer)token|(?:^|_)jwt|(?:^|_)токен"),
    (
        "secret",
        r"(?:^|_|client|app)secret(?:_?key)?|(?:^|_)credentials?|(?:^|_)(?:otp|one_time_(?:password|code))",
    ),
    ("card", r"(?:^|_)(?:cvv2?|cvc2?|card_?(?:number|no))"),
)
_SECRET = re.compile(
    "|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_KINDS)).join(("(?:", ")"))
    + r"(?:_(?:value|plain|text|hash|raw|encrypted|\d+))?$"
)
_OTHER = re.compile(rf"(?:^|_){_OTHER_TOKENS}$")


def kind_of_secret(name: str) -> str | None:
    """What a field of this name holds: "password", "token" and the like; None for no secret.

    Case, and whether words are joined by `-`, `_`, `.` or a capital letter, make no difference; what stands
    before does not either: `X-Api-Key`, `OPENAI_API_KEY` and `metadata.apiKey` are all keys.
    """
    return _kind(name[-_LONGEST:])


@lru_cache(maxsize=4096)
def _kind(name: str) -> str | None:
    words = "_".join(_WORD.findall(name)).lower()
    found = _SECRET.search(words)
    if found is None or _OTHER.search(words):
        return None
    return next(kind for number, (kind, _) in enumerate(_KINDS) if found.group(f"k{number}") is not None)


@lru_cache(maxsize=64)
def label_of(kind: str) -> bytes:
    """What is written in place of the value of such a field."""
    return label(kind)
