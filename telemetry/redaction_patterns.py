"""A tenant's own patterns: numbers of passports, of loyalty cards, whatever is a secret to them alone.

They are RE2 expressions, because that engine has no backtracking: no pattern and no text can make it run
away, and it needs no clock. The price is that there are no look-arounds and no back-references.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import re2

from telemetry.redaction_search import REMOVED, Found, Rule, Secret, any_of, label, rule, taken_out

MOST = 50
LONGEST = 500
"""Characters of one pattern."""
LARGEST = 1_000
"""RE2's instructions of all patterns together. A count multiplies those of what it counts."""
_SHOWN = label("own pattern")
_ANCHOR = re.compile(r"(?<!\[)\^|\$|\\[Az]")
_LONGEST_LABEL = 80


class InvalidPattern(ValueError):
    """A pattern that cannot be used; the message says which and why."""


class OwnPatterns:
    """Raises InvalidPattern when there are too many, they are too large, or one is too long, is no RE2
    expression, or is found in nothing at all (it would be found everywhere)."""

    def __init__(self, patterns: Sequence[str]) -> None:
        if len(patterns) > MOST:
            raise InvalidPattern(f"At most {MOST} patterns can be used, these are {len(patterns)}")
        self._rules = tuple(_usable(pattern) for pattern in patterns)
        size = sum(each.finder.programsize for each in self._rules)
        if size > LARGEST:
            raise InvalidPattern(f"The patterns have {size} instructions together, {LARGEST} is the most")
        self._are_any = bool(patterns)
        self._is_anchored = any(_ANCHOR.search(pattern) for pattern in patterns)
        self._hint = any_of(patterns)

    def may_be_in(self, texts: Sequence[str], joined: bytes) -> bool:
        """Whether any of the patterns is found in any of the texts, or in all of them joined by line ends."""
        if self._is_anchored:
            return any(self._hint.search(text.encode(errors="surrogatepass")) for text in texts)
        return self._are_any and self._hint.search(joined) is not None

    def taken_out(self, text: bytes) -> tuple[bytes, int]:
        """The text without what the patterns find, and how many that were."""
        count = 0
        if self._are_any and self._hint.search(text) is not None:
            for each in self._rules:
                text, found = taken_out(text, each)
                count += found
        return text, count


def _usable(pattern: str) -> Rule:
    if len(pattern) > LONGEST:
        raise InvalidPattern(
            f"A pattern may have {LONGEST} characters, this has {len(pattern)}: {pattern[:50]}…"
        )
    try:
        usable = rule(pattern, _whole)
    except re2.error as error:
        raise InvalidPattern(f"Not a pattern: {pattern} ({_said(error)})") from error
    if usable.finder.search(b"") is not None:
        raise InvalidPattern(f"This pattern is found in nothing: {pattern}")
    return usable


def _whole(text: bytes, found: Found) -> Secret | None:
    """All that was found, unless it is a part of what is written for a secret."""
    place = found.start()
    begins = text.rfind(REMOVED, max(0, place - _LONGEST_LABEL), place + len(REMOVED))
    ends = text.find(b"]", begins) if begins >= 0 else -1
    is_label = 0 <= begins <= place and found.end() <= ends + 1
    return None if is_label or place == found.end() else Secret(place, found.end(), _SHOWN)


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
