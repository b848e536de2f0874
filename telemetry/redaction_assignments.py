"""Secrets in texts that are known by the name before them: `password=…`, `"api_key": "…"`, `&sig=…`.

Texts quote each other: JSON within JSON, headers within an exception, an address within a stack. So a name
may be quoted or not, and a value ends where its own quote does, however often that is escaped.
"""

from __future__ import annotations

import re

from telemetry.redaction_names import kind_of_secret, label_of
from telemetry.redaction_search import REMOVED, Found, Rule, Secret, Span, rule

_NAME = re.compile(rb"[A-Za-z0-9_.\-]{0,64}\Z")
_OPENING = re.compile(rb"(?:[bBuUrRfF]{1,2}(?=[\"']))?(\\*)([\"'`])")
_BARE = re.compile(rb"[^\s,;&)\]}\"'`\\<>]+")
_LINE = re.compile(rb"(?:[^\r\n\"'\\]|\\[\"'])+")
_SCHEME = re.compile(
    rb"(?i)(?:bearer|basic|token|bot|api-?key|negotiate|ntlm|digest|oauth|aws4-hmac-sha256|hmac)(?:\s+|%20|\+)"
)
_HAS_PARTS = re.compile(rb"(?i)digest|oauth|aws4|hmac")
_COOKIE = re.compile(rb"[\w!#$%&*+.^|~-]{1,100}=")
_NO_SECRET = re.compile(
    rb"(?i)(?:|null|none|nil|true|false|undefined|\*+|\.+|x+|\$\{.*|\$[A-Z_]+|%s|%\(.*|<[^>]*>|\{.*\})\Z",
    re.DOTALL,
)
_CODE = re.compile(
    rb"(?:self|os|settings|config|process|env|args|kwargs|request|getenv)[.(\[]|[\w.]{1,80}[(\[]"
)
_WORDS_ABOUT_IT = re.compile(
    rb"(?i)(?:str|string|text|bytes|required|optional|incorrect|invalid|wrong|expired|missing|please|must|should)\Z"
)
_TELLING = re.compile(rb"[^A-Za-z.\-_:/]")
_SIGNED = re.compile(rb"(?:[?&;]|u0026|%26)\Z")

_PARAMETERS = r"sig|signature|hmac|x-(?:amz|goog)-(?:signature|credential|security-token)|key|auth"
_WORDS = (
    r"pass(?:word|wd|phrase|code)s?|pwd|(?:db|database|smtp|user|key|auth)[-_]?pass|contrase[nñ]a|парол[ья]|токен"
    r"|authorization|auth[-_]header|x-auth|cookies?|api[-_. ]?keys?|(?:api|апи)[- ]ключ|ключ[- ](?:api|апи)"
    r"|(?:access|auth|db|database|priv|private|signing|encryption|license|ssh|anon|shared|subscription|role)[-_]?key"
    r"|secret(?:[-_]?key)?|jwt|token|credentials?|otp|one[-_]time[-_]code|cvv2?|cvc2?|card[-_ ]?(?:number|no)"
)
_AFTER = r"(?:[-_]?(?:value|plain|text|hash|raw|encrypted|[0-9]{1,3}))?"
_CLOSED = r"(\\*[\"'`]\]?)?"
_SEPARATOR = r"(\s{0,8}(?::=|=>|={1,3}|:|%3D)\s{0,8}\[?|,\s{0,8}|\s+is\s+)"


def _named(text: bytes, found: Found) -> Secret | None:
    """The value after a name that is one of a secret, without the quotes around it."""
    name, begins = _whole_name(text, found)
    kind = kind_of_secret(name)
    separator = found.group(3).strip().rstrip(b"[ ")
    at, quote = found.end(), found.group(2) if found.start(2) >= 0 else b""
    if kind is None or text.startswith(REMOVED, at) or text.startswith(REMOVED, at - 1):
        return None
    if separator == b"is" and kind != "password":
        return None
    quoted = _quoted(text, at)
    if separator == b"," and (quoted is None or not quote or b"]" in quote or not _is_pair(text, begins)):
        return None
    if quoted is not None:
        start, end = quoted
        says_nothing = text.startswith(REMOVED, start) or _NO_SECRET.match(
            text[start : min(end, start + 200)]
        )
        return None if says_nothing else Secret(start, end, label_of(kind))
    span = _unquoted(text, at, kind, is_loose=separator in (b":", b"is") and not quote)
    quote = quote.rstrip(b"]")
    return None if span is None else Secret(*span, quote + label_of(kind) + quote)


def _whole_name(text: bytes, found: Found) -> tuple[str, int]:
    """The name that the found word ends, and where it begins: after the letter of an escape (`\\n`)."""
    before = _NAME.search(text, max(0, found.start(1) - 64), found.start(1))
    begins = before.start() if before else found.start(1)
    if text[max(0, begins - 1) : begins] == b"\\":
        begins = min(begins + 1, found.start(1))
    return text[begins : found.end(1)].decode(errors="replace"), begins


def _is_pair(text: bytes, begins: int) -> bool:
    """Whether a name is the first of a pair, as headers are: `(b'cookie', b'…')`, `[["cookie", "…"]]`."""
    return re.search(rb"(?:\(|[\[,]\s?\[)b?\\*[\"']\Z", text[max(0, begins - 8) : begins]) is not None


def _quoted(text: bytes, at: int) -> Span | None:
    """A quoted value's inside; to the end of its line where the text was cut before the quote."""
    opening = _OPENING.match(text, at)
    if opening is None:
        return None
    depth, quote, start = len(opening.group(1)), opening.group(2), opening.end()
    place = start
    while (place := text.find(quote, place)) >= 0:
        escapes = 0
        while escapes < 64 and place - escapes > start and text[place - escapes - 1] == 0x5C:
            escapes += 1
        # of n backslashes before a quote at depth d, one level of reading leaves (n - 1) / 2
        if escapes < depth or (escapes - depth) % (2 * (depth + 1)) == 0:
            return start, max(start, place - min(escapes, depth))
        place += 1
    end = text.find(b"\n", start)
    return start, len(text) if end < 0 else end


def _unquoted(text: bytes, at: int, kind: str, *, is_loose: bool) -> Span | None:
    """A value without quotes. After a colon (`is_loose`) it may be prose or a type too: it has to tell."""
    scheme = _SCHEME.match(text, at, at + 40)
    if kind == "cookie" or (kind == "authorization" and scheme and _HAS_PARTS.match(scheme.group())):
        line = _LINE.match(text, at) if kind != "cookie" or _COOKIE.match(text, at) else None
        return line.span() if line else None
    value = _BARE.match(text, scheme.end() if scheme else at)
    if value is None or value.group()[:1] in b"[{(":
        return None
    inside = value.group()
    if _NO_SECRET.match(inside) or _CODE.match(inside + text[value.end() : value.end() + 1]):
        return None
    if (is_loose or kind == "authorization") and not scheme and not _tells(text, value.span(), kind):
        return None
    return at, value.end()


def _tells(text: bytes, span: Span, kind: str) -> bool:
    """Whether a word after a colon looks like a secret: by a digit, a sign, its length, or as a password."""
    inside = text[slice(*span)].rstrip(b".!?:")
    if not inside.isascii():
        return False
    if len(inside) >= 5 and (_TELLING.search(inside) or len(inside) >= 24):
        return True
    ends = text[span[1] : span[1] + 1] in b"\r\n,;})]&\\\"'"
    return kind == "password" and ends and not _WORDS_ABOUT_IT.match(inside)


def _parameter(text: bytes, found: Found) -> Secret | None:
    """The value of a parameter that signs an address."""
    name = found.group(1).lower()
    ahead = text[max(0, found.start() - 5) : found.start()]
    if not (name.startswith(b"x-") or name == b"signature" or _SIGNED.search(ahead)):
        return None
    value = _BARE.match(text, found.end())
    if value is None or text.startswith(REMOVED, found.end()) or _NO_SECRET.match(value.group()):
        return None
    is_long_enough = len(value.group()) >= (16 if name in (b"key", b"auth") else 8)
    return Secret(*value.span(), label_of("signature")) if is_long_enough else None


NAMED = rule(
    rf"(?i)((?:{_WORDS}){_AFTER}){_CLOSED}{_SEPARATOR}",
    _named,
    hint=rf"(?i)(?:{_WORDS}){_AFTER}(?:\\*[\"'`]\]?)?(?:\s*(?::|=|%3D)|,\s*b?\\*[\"']|\s+is\s)",
)
PARAMETERS = rule(rf"(?i)({_PARAMETERS})(?:=|%3D)", _parameter)
RULES: tuple[Rule, ...] = (NAMED, PARAMETERS)
