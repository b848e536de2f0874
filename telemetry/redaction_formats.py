"""Secrets that are known by their form: the rules of detect-secrets, and what those leave out.

Of detect-secrets' plugins, those for high entropy are left out: trace ids, hashes and UUIDs are as random as
keys, and an event is full of them. So is the one for public addresses, which are no secrets.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector

from telemetry.redaction_search import REMOVED, Found, Rule, Secret, label, rule, shape

NOT_USED = frozenset({"Public IP (ipv4)", "JSON Web Token", "Private Key", "Basic Auth Credentials"})
"""Plugins that work by patterns and are left out; for the last three there are rules that take more."""
_LOOKING_AROUND = re.compile(r"\(\?:\(\?<=\\W\)\|\(\?<=\^\)\)|\(\?!(?:\\w|\[[^\]]*\])\)")
_LONG_COUNT = re.compile(r"\{(\d+),\d{4,}\}")
_LONGEST_CHECKED = 400
_LONG_GROUP = 16

# What stands before a key where words are glued by escapes: `\n`, `%20`.
_BEGINS = r"(?:^|[^A-Za-z0-9]|%[0-9A-Fa-f]{2}|\\[nrt]|\\u00[0-9a-f]{2})"
_KEYS = (
    r"sk-[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}"
    r"|hf_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,}"
    r"|tvly-[A-Za-z0-9-]{20,}|pcsk_[A-Za-z0-9_]{30,}|lsv2_(?:pt|sk)_[A-Za-z0-9_]{30,}"
    r"|github_pat_[A-Za-z0-9_]{22,}|npm_[A-Za-z0-9]{36}|dckr_pat_[A-Za-z0-9_-]{20,}|dop_v1_[a-f0-9]{64}"
    r"|[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[A-Za-z0-9+/=]{24,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"
    r"|xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-f0-9]{20,}|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{20,}"
    r"|sb_(?:secret|publishable)_[A-Za-z0-9_-]{10,}|sbp_[a-f0-9]{40}"
    r"|AQVN[A-Za-z0-9_-]{35,38}|y[0-3]_[A-Za-z0-9_-]{50,}|t1\.[A-Za-z0-9_-]+=*\.[A-Za-z0-9_-]{86}=*"
)
_PEM_END = re.compile(rb"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_PEM_LINES = re.compile(
    rb"(?:\s|\\+[nr])*(?:[A-Za-z-]+: [^\n\\]{0,200}(?:\s|\\+[nr])+)*"
    rb"(?:(?:\s|\\+[nr])*[A-Za-z0-9+/=]{20,})*(?:(?:\r?\n|\\+n)[A-Za-z0-9+/=]+)?"
)
_LONGEST_PEM = 32_768
_USERINFO = re.compile(rb"[^\s\"'<>\\]{1,200}@")
_PORT = re.compile(rb"\d{1,5}[/?#]")


def _has_digit(text: bytes) -> bool:
    return re.search(rb"[0-9]", text) is not None


def _decoded(text: bytes) -> bytes:
    """What base64, of either alphabet and perhaps cut, says; empty when it is none."""
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(plain[: len(plain) // 4 * 4] + _rest(plain), validate=True)
    except binascii.Error:
        return b""


def _rest(plain: bytes) -> bytes:
    rest = plain[len(plain) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _is_web_token(text: bytes) -> bool:
    """Whether it begins with the header or the claims of a JSON Web Token (RFC 7519); it may be cut."""
    head = _decoded(text.partition(b".")[0][:2000])
    return re.search(rb'"(?:alg|enc|typ|sub|iat|exp|iss|aud)"\s*:', head) is not None


def _is_api_key(text: bytes) -> bool:
    return not text.startswith(b"sk-") or (
        _has_digit(text) and re.search(rb"[A-Za-z0-9]{12}", text) is not None
    )


def _credential(text: bytes, found: Found) -> Secret | None:
    """The credential after `Bearer` or `Basic`, which are words too: "Basic manicure"."""
    value = found.group(2)
    if found.group(1).lower() == b"basic":
        decoded = _decoded(value)
        is_secret = b":" in decoded and decoded.decode(errors="replace").isprintable()
    else:
        is_secret = _has_digit(value) or len(value) >= 24
    return Secret(found.start(2), found.end(2), label("authorization")) if is_secret else None


def _password_of_address(text: bytes, found: Found) -> Secret | None:
    """The password in `scheme://user:password@host`; it may hold what it should have had encoded."""
    start = found.end()
    stop = text.find(b"://", start, start + 201)
    value = _USERINFO.match(text, start, start + 201 if stop < 0 else stop)
    if value is None or _PORT.match(value.group()) or value.group().startswith(REMOVED.strip()):
        return None
    return Secret(start, value.end() - 1, label("password"))


def _private_key(text: bytes, found: Found) -> Secret:
    """A private key from its first line to its last, or as far as it goes where it was cut."""
    end = _PEM_END.search(text, found.end(), found.end() + _LONGEST_PEM)
    if end is None:
        end = _PEM_LINES.match(text, found.end(), found.end() + _LONGEST_PEM)
    return Secret(found.start(), end.end() if end else found.end(), label("private key"))


def _plugin_rules() -> Iterator[Rule]:
    plugins: Mapping[str, type[object]] = get_mapping_from_secret_type_to_class()
    for kind, plugin in sorted(plugins.items()):
        if issubclass(plugin, RegexBasedDetector) and kind not in NOT_USED:
            for pattern in cast("tuple[re.Pattern[str], ...]", plugin.denylist):
                yield _plugin_rule(kind, pattern)


def _plugin_rule(kind: str, pattern: re.Pattern[str]) -> Rule:
    """RE2 cannot look around: it finds candidates without that, each is held to the plugin's own pattern."""
    source = "".join(pattern.pattern.split()) if pattern.flags & re.VERBOSE else pattern.pattern
    linear = _LONG_COUNT.sub(r"{\1,}", _LOOKING_AROUND.sub("", source))
    if pattern.flags & re.IGNORECASE:
        linear = f"(?i:{linear})"
    exact = re.compile(pattern.pattern.encode(), pattern.flags & (re.IGNORECASE | re.VERBOSE))
    shown, holds = label(kind), _HOLDS.get(kind)

    def judge(text: bytes, found: Found) -> Secret | None:
        match: Found | re.Match[bytes] | None = found
        if linear != source and found.end() - found.start() <= _LONGEST_CHECKED:
            match = exact.match(text, found.start())
        if match is None or (holds is not None and not holds(text, match)):
            return None
        # a group is the secret, or no more than its prefix
        groups = ((match.start(n), match.end(n)) for n in range(1, exact.groups + 1))
        start, end = max(groups, key=lambda span: span[1] - span[0], default=(0, 0))
        if end - start < _LONG_GROUP:
            start, end = match.start(), match.end()
        return Secret(start, end, shown)

    return rule(linear, judge, hint=_HINTS.get(kind))


_HINTS = {
    # counted letters of any kind at the beginning multiply the states of all patterns together in base64
    "Discord Bot Token": r"\.[a-zA-Z0-9_-]{6}\.[a-zA-Z0-9_-]{27}",
    "Mailchimp Access Key": r"-us[0-9]",
    "Telegram Bot Token": r"[0-9]:[0-9A-Za-z_-]{35}",
}
_HOLDS: dict[str, Callable[[bytes, Found | re.Match[bytes]], bool]] = {
    # `123456789:` and a UUID or a hash: those are longer
    "Telegram Bot Token": lambda text, found: not re.match(rb"[\w-]", text[found.end() : found.end() + 1]),
    # `APFELSTRUDEL` is a word
    "Artifactory Credentials": lambda _, found: _has_digit(found.group()),
}

RULES: tuple[Rule, ...] = (
    rule(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----", _private_key),
    shape(
        "private key",
        r"((?:[A-Za-z0-9+/=]{20,}(?:\s|\\+[nr])+)+(?:[A-Za-z0-9+/=]+(?:\s|\\+[nr])+)?"
        r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)",
        hint=r"-----END [A-Z0-9 ]*PRIVATE KEY",
    ),
    rule(
        r":\\?/\\?/[^\s/:@\"'<>\\]*:",
        _password_of_address,
        hint=r":\\?/\\?/[^\s/:@\"'<>\\]*:[^\s\"'<>\\]+@",
    ),
    shape("JSON Web Token", r"(eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4})", _is_web_token),
    *_plugin_rules(),
    shape("API key", rf"{_BEGINS}({_KEYS})", _is_api_key),
    rule(r"(?i)(bearer|basic)(?:\s+|%20|\+)([A-Za-z0-9._~+/=-]{8,})", _credential),
)
