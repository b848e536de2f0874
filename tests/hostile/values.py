"""What a client, a model or a broken program may have written, by the type of the column that holds it."""

from __future__ import annotations

import json

MEGABYTE = 1_000_000
HACK = "window.__hacked = true"

TEXTS: tuple[str, ...] = (
    "",
    "   ",
    "\u200b\u200d\ufeff",
    f"<script>{HACK}</script>",
    f'<img src=x onerror="{HACK}">',
    f"</bdi></span></script><svg/onload={HACK}>",
    f'" onmouseover="{HACK}" x="',
    f"javascript:{HACK}",
    f"data:text/html,<script>{HACK}</script>",
    f":onclick={HACK}",
    "{{constructor.constructor('window.__hacked = true')()}}",
    "${7*7} #{7*7} <%= 7*7 %>",
    '=HYPERLINK("http://evil.example","open")',
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r\n=1+1",
    "\u202eabc\u2066def",
    "\u2069\u202c\u200fabc",
    "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈",
    "Z\u0300\u0301\u0302\u0303\u0304" * 40,
    "\u0007\u001b[31mred\u0001\u009f",
    "'",
    '"',
    "\\",
    "\\u0000",
    "%s %(name)s %00",
    "{name} {0} {} {count:>999999999}",
    "{salon.__class__}",
    "'; drop table public.tenants_v2; --",
    "null",
    "NaN",
    "[object Object]",
    "confirmed\u0000"[:-1] + " ",
    "\U0010ffff\ue000\ufffe",
    "W" * 300,
    "x" * MEGABYTE,
    "<" * 10_000,
)
"""U+0000 is not among them: PostgreSQL takes it in no text (a test holds it to that)."""

_DEEP: dict[str, object] = {":onclick": HACK}
for _ in range(60):
    _DEEP = {":deeper": [_DEEP]}

JSONS: tuple[str, ...] = tuple(
    json.dumps(value)
    for value in (
        {},
        {":onclick": HACK, ":onmounted": "alert(1)"},
        _DEEP,
        {"__proto__": {"polluted": True}, "constructor": None, "": ""},
        {text: text for text in TEXTS if len(text) < 400},
        {"note": "x" * MEGABYTE},
        {"x" * 100_000: 1},
        {str(number): number for number in range(20_000)},
    )
)

KNOWN_KEYS: tuple[str, ...] = (
    "timezone", "currency", "sentiment", "drop_off_stage", "services_mentioned", "services_selected",
    "staff_id", "selected_datetime", "date", "preferred_date", "service_title", "client_name", "client_phone",
    "time_preference", "booking_stats", "last_visit_date", "avg_visit_interval", "yclients",
    "yclients_company_id", "telegram", "settings", "current_branch", "closing_time_override",
)  # fmt: skip
"""Keys that mean something: each is tried with values of every shape."""

SHAPES: tuple[object, ...] = (
    None, True, 1e308, "", [], ["a", {":b": HACK}], {"id": {":c": HACK}}, "x" * 10_000,
    f"<script>{HACK}</script>", "\u202e", "{name}",
)  # fmt: skip

NUMBERS: tuple[str, ...] = (
    "NaN", "Infinity", "-Infinity", "0", "-1", "1e-300", "1e300", "1e130000", "-1e130000",
    "123456789012345678901234567890.123456789",
)  # fmt: skip

MOMENTS: tuple[str, ...] = (
    "infinity", "-infinity", "epoch", "4713-01-01 00:00:00+00 BC", "0001-01-01 00:00:00+00",
    "0001-01-01 00:00:00+00 BC", "9999-12-31 23:59:59.999999+00", "10000-01-01 00:00:00+00",
    "294276-12-31 23:59:59+00", "2026-03-29 02:30:00+01", "1900-01-01 00:00:00+00",
)  # fmt: skip

WHOLE: tuple[str, ...] = ("0", "-1", "2147483647", "-2147483648")


def of_type(name: str) -> tuple[str, ...]:
    """Hostile values for a column, as literals that PostgreSQL takes for its type."""
    shapes = tuple(json.dumps({key: shape}) for key in KNOWN_KEYS for shape in SHAPES)
    return {
        "text": TEXTS,
        "jsonb": JSONS + shapes,
        "numeric": NUMBERS,
        "timestamp with time zone": MOMENTS,
        "integer": WHOLE,
        "bigint": (*WHOLE, "9223372036854775807", "-9223372036854775808"),
    }.get(name, ())
