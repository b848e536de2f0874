"""What an event loses before it is stored: keys, tokens, passwords, cards and what its tenant calls a secret.

A secret is known by the name of its field, by the name before it in a text, or by its form; it is looked for
everywhere, because agents repeat their settings in exceptions and stacks. Phone numbers and e-mail addresses
stay: whoever may not see them gets them masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from telemetry import redaction_assignments, redaction_cards, redaction_formats
from telemetry.events import Event
from telemetry.redaction_event import Pass, must_look_closely
from telemetry.redaction_patterns import OwnPatterns
from telemetry.redaction_search import Finder, Rule, any_of, taken_out


@cache
def _rules() -> tuple[Finder, tuple[Rule, ...]]:
    """What is found in no text that holds a secret of ours, and the rules that find them, in their order.

    Private keys go first, since the rules for names would leave half of one.
    """
    rules = (*redaction_formats.RULES[:2], *redaction_assignments.RULES, *redaction_formats.RULES[2:])
    rules += redaction_cards.RULES
    return any_of([each.hint for each in rules]), rules


class Redactor:
    """For one tenant, whose `patterns` are RE2 expressions. Raises InvalidPattern when one cannot be used."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._own = OwnPatterns(patterns)
        self._hint, self._rules = _rules()

    def redact(self, event: Event) -> tuple[Event, int]:
        """The event without its secrets, each replaced by what it was (`[removed: password]`), and how many.

        Redacting again changes nothing. An id that holds a secret keeps a digest behind the label, so that
        two of them stay two. Keys of mappings lose their secrets too.
        """
        texts: list[str] = []
        if not (must_look_closely(event, texts) or self._may_hold(texts)):
            return event, 0
        return Pass(self.text).event(event)

    def text(self, text: str) -> tuple[str, int]:
        """The same for one text."""
        data = text.encode(errors="surrogatepass")
        count = 0
        if self._hint.search(data) is not None:
            for each in self._rules:
                data, found = taken_out(data, each)
                count += found
        data, found = self._own.taken_out(data)
        count += found
        return (data.decode(errors="surrogatepass"), count) if count else (text, 0)

    def _may_hold(self, texts: Sequence[str]) -> bool:
        """Whether any of the texts can hold a secret: most events cost no more than one look."""
        joined = "\n".join(texts).encode(errors="surrogatepass")
        return self._hint.search(joined) is not None or self._own.may_be_in(texts, joined)
