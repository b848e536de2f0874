"""Numbers of payment cards: as they are written, of a known system, and right by their check digit."""

from __future__ import annotations

import re

from telemetry.redaction_search import Found, Rule, Secret, label, rule

SHOWN = label("card number")
_GAP = r"(?:[ \-]|\x{A0}|\x{2009})"
_GAP_BYTES = rb"( |-|\xc2\xa0|\xe2\x80\x89)"
HINT = rf"(?:^|[^0-9A-Za-z.+]|[^0-9]\.|\\[nrt])[2-689](?:{_GAP}?[0-9]){{13}}"
"""Fourteen digits that nothing is glued to: no fraction, no hash, no phone number, no time in nanoseconds."""

# Each looks ahead only, so that one that is none hides none that begins within it.
_WRITTEN = re.compile(
    rb"(?=(?:(\d{14,19})|(\d{4}" + _GAP_BYTES + rb"\d{4}\3\d{4}\3\d{4}(?:\3\d{1,3})?)"
    rb"|(\d{4}" + _GAP_BYTES + rb"\d{6}\5\d{4,5}))(?!\d|[A-Za-z_]|\.\d))"
)
_GLUED = re.compile(rb"(?:[0-9A-Za-z_+]|[0-9][.,]|[0-9]-)\Z")
_ESCAPED = re.compile(rb"\\[nrt]\Z")
# Visa, Mastercard and Maestro, American Express, Diners Club, JCB, Mir, UnionPay, Discover, Uzcard, Humo
_SYSTEM = re.compile(
    rb"4\d{15}(?:\d{3})?|5\d{15,18}|6\d{15,18}|2(?:20[0-4]|22[1-9]|2[3-6]\d|27[01]|720)\d{12,15}"
    rb"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|(?:8600|9860)\d{12}"
)


def is_card(digits: bytes) -> bool:
    """Whether ASCII digits are a card's number: of a known system and length, with Luhn's check digit.

    The check is that of ISO/IEC 7812-1, annex B: every second digit from the right doubled, the digits of all
    that added up to a multiple of ten.
    """
    if not _SYSTEM.fullmatch(digits):
        return False
    total = 0
    for place, code in enumerate(reversed(digits)):
        digit = code - 48
        if place % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0


def _card(text: bytes, found: Found) -> Secret | None:
    """The first card that begins among the candidate's digits."""
    for written in _WRITTEN.finditer(text, found.start(), min(len(text), found.end() + 40)):
        group = next(number for number in (1, 2, 4) if written.group(number) is not None)
        start, end = written.span(group)
        before = text[max(0, start - 2) : start]
        if start >= found.end() or (_GLUED.search(before) and not _ESCAPED.search(before)):
            continue
        if is_card(re.sub(rb"\D", b"", written.group(group))):
            return Secret(start, end, SHOWN)
    return None


RULES: tuple[Rule, ...] = (rule(HINT, _card),)
