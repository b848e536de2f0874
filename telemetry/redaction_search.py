"""Searching texts of strangers in linear time.

Every pattern runs on RE2, never on `re` alone: it has no backtracking, so that neither a text nor a tenant's
own pattern can make the ingest stand still. A pattern finds candidates; a rule then says which part of one,
if any, is the secret.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import re2

Span = tuple[int, int]
REMOVED = b"[removed: "
"""What every label begins with: a value that does is one already."""
_MEMORY = 32 << 20
"""Bytes that one pattern may use: with too little, RE2 falls back to an engine that is ten times slower."""


class Found(Protocol):
    """A match, in bytes."""

    def start(self, group: int = 0) -> int:
        """Where it, or its group, begins; -1 where the group has no part in it."""

    def end(self, group: int = 0) -> int:
        """Where it, or its group, ends."""

    def group(self, group: int = 0) -> bytes:
        """Its text, or its group's."""


class Finder(Protocol):
    """A compiled pattern over UTF-8."""

    programsize: int
    """Its instructions: the slowest of RE2's engines takes time for each at every byte."""

    def search(self, text: bytes, pos: int = 0) -> Found | None:
        """The first match that begins at `pos` or after."""


def compiled(pattern: str, *, captures: bool = True) -> Finder:
    """`pattern` in RE2's syntax, for texts in UTF-8. Raises `re2.error` when it is none, or too large."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = not captures
    options.max_mem = _MEMORY
    return cast(Finder, re2.compile(pattern.encode(), options))


@dataclass(frozen=True, slots=True)
class Secret:
    """What is taken out of a text: its bytes from `start` to `end`, for which `shown` is written."""

    start: int
    end: int
    shown: bytes


@dataclass(frozen=True, slots=True)
class Rule:
    """`hint` matches every text that a secret is found in; it is all that most texts are tested with."""

    finder: Finder
    hint: str
    judge: Callable[[bytes, Found], Secret | None]


def rule(pattern: str, judge: Callable[[bytes, Found], Secret | None], hint: str | None = None) -> Rule:
    """A rule whose candidates are what `pattern` finds. `judge` gets the text and a candidate."""
    return Rule(compiled(pattern), hint or pattern, judge)


def label(name: str) -> bytes:
    """What is written in place of a secret."""
    return REMOVED + name.encode() + b"]"


def shape(
    name: str, pattern: str, holds: Callable[[bytes], bool] = lambda _: True, hint: str | None = None
) -> Rule:
    """A rule for what is known by its form: the pattern's one group is the secret, where `holds` of it."""
    shown = label(name)

    def judge(_: bytes, found: Found) -> Secret | None:
        return Secret(found.start(1), found.end(1), shown) if holds(found.group(1)) else None

    return rule(pattern, judge, hint)


def any_of(patterns: Sequence[str]) -> Finder:
    """One pattern that is found where any of them is."""
    return compiled("|".join(f"(?:{pattern})" for pattern in patterns), captures=False)


def taken_out(text: bytes, by: Rule) -> tuple[bytes, int]:
    """The text without what the rule finds, and how many that were."""
    pieces: list[bytes] = []
    place = done = count = 0
    while (found := by.finder.search(text, place)) is not None:
        secret = by.judge(text, found)
        if secret is None:
            place = max(found.end(), place + 1)
            continue
        pieces += text[done : secret.start], secret.shown
        done = place = max(secret.end, place + 1)
        count += 1
    return (b"".join((*pieces, text[done:])), count) if count else (text, 0)
