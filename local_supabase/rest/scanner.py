"""A small backtracking scanner whose errors name what stood at the furthest point, and what was expected.

Clients of PostgREST see the wording of its parser in error bodies, so expectations are merged as its parser
does: what is consumed forgets what was expected before it, of what remains the furthest failure wins, and
a label stands for everything that failed beneath it.
"""

import re
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Failure(Exception):
    """The text does not continue as expected; the scanner holds where and what."""


class Scanner:
    """Reads one text from left to right, remembering the furthest failure."""

    def __init__(self, text: str):
        self.text = text
        self.position = 0
        self._furthest = 0
        self._expected: list[str] = []
        self._found = ""

    def expected(self, label: str, at: int | None = None, found: str | None = None) -> None:
        """Note that `label` would have been accepted at a position (the present one unless given)."""
        at = self.position if at is None else at
        if at < self._furthest:
            return
        if at > self._furthest:
            self._furthest, self._expected, self._found = at, [], ""
        if not self._found:
            self._found = found if found is not None else _quoted(self.text[at : at + 1])
        self._expected.append(label)

    def fail(self, label: str) -> Failure:
        """The failure to raise where `label` was needed and something else stands."""
        self.expected(label)
        return Failure()

    def string(self, wanted: str) -> str:
        """Consume exactly `wanted`."""
        if self.text.startswith(wanted, self.position):
            self._consume(self.position + len(wanted))
            return wanted
        common = 0
        while self.text[self.position + common : self.position + common + 1] == wanted[common]:
            common += 1
        mismatch = self.text[self.position + common : self.position + common + 1]
        self.expected(f'"{wanted}"', found=_quoted(mismatch))
        raise Failure

    def take(self, pattern: re.Pattern[str], *labels: str) -> str:
        """Consume a non-empty match; `labels` say what could have started or continued it."""
        match = pattern.match(self.text, self.position)
        if match is None or match.end() == self.position:
            for label in labels:
                self.expected(label)
            if not labels:
                self.expected("")
            raise Failure
        self._consume(match.end())
        for label in labels:
            self.expected(label)
        return match.group()

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Consume a match that may be empty."""
        match = pattern.match(self.text, self.position)
        if match is None or match.end() == self.position:
            return ""
        self._consume(match.end())
        return match.group()

    def consume(self, wanted: str) -> bool:
        """Consume `wanted` if it comes next, expecting nothing if it does not."""
        if not self.text.startswith(wanted, self.position):
            return False
        self._consume(self.position + len(wanted))
        return True

    def matched(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Consume a match and give its groups; nothing is expected if there is none."""
        if (match := pattern.match(self.text, self.position)) is not None:
            self._consume(match.end())
        return match

    def _consume(self, end: int) -> None:
        self.position = end
        self._furthest, self._expected, self._found = end, [], ""

    def looking_at(self, wanted: str) -> bool:
        """Whether `wanted` comes next, noting that it was expected when it does not."""
        if self.text.startswith(wanted, self.position):
            return True
        self.expected(f'"{wanted}"')
        return False

    def at_end(self) -> bool:
        """Whether the text is used up, noting that its end was expected when it is not."""
        if self.position >= len(self.text):
            return True
        self.expected("end of input")
        self._found = f"'{self.text[self.position]}'" if self._furthest == self.position else self._found
        return False

    def attempt(self, parse: Callable[[], Result]) -> Result:
        """Parse, taking back what was consumed if it fails."""
        start, furthest, expected, found = self.position, self._furthest, self._expected[:], self._found
        try:
            return parse()
        except Failure:
            self.position = start
            if furthest > self._furthest:
                self._furthest, self._expected, self._found = furthest, expected, found
            elif furthest == self._furthest and expected and self._expected[: len(expected)] != expected:
                self._expected, self._found = expected + self._expected, found or self._found
            raise

    def optional(self, parse: Callable[[], Result]) -> Result | None:
        """Parse, or nothing where it does not even begin."""
        start = self.position
        try:
            return parse()
        except Failure:
            if self.position != start:
                raise
            return None

    def choice(self, *parsers: Callable[[], Result]) -> Result:
        """The first of the parsers that begins here."""
        start = self.position
        for parse in parsers:
            try:
                return parse()
            except Failure:
                if self.position != start:
                    raise
        raise Failure

    def labelled(self, label: str, parse: Callable[[], Result]) -> Result:
        """Parse, with one label for everything that was expected if it does not begin here."""
        start, furthest, before = self.position, self._furthest, len(self._expected)
        try:
            return parse()
        finally:
            if self.position == start:
                kept = before if self._furthest == furthest else 0
                if len(self._expected) > kept:
                    self._expected[kept:] = [label]

    def separated(self, parse: Callable[[], Result], separator: Callable[[], object]) -> list[Result]:
        """One or more, with a separator between."""
        found = [parse()]
        while self.optional(lambda: (separator(),)) is not None:
            found.append(parse())
        return found

    def explanation(self) -> tuple[int, str]:
        """The column of the furthest failure, from 1, and the sentence that explains it."""
        labels = [label for label in dict.fromkeys(self._expected) if label]
        text = f"unexpected {self._found}" if self._found else "unknown parse error"
        if labels:
            *rest, last = labels
            text += " expecting " + (f"{', '.join(rest)} or {last}" if rest else last)
        return self._furthest + 1, text


def _quoted(character: str) -> str:
    return f'"{character}"' if character else "end of input"
