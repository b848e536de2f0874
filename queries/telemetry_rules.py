"""What a salon wants of its agents' events: what is kept, what is removed, what model calls cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import re2
from pydantic import Field

from data import Door
from errors import Invalid
from models import Model
from telemetry.redaction_patterns import InvalidPattern, OwnPatterns

DOLLAR = "USD"
LONGEST_PATTERN = 200
LONGEST_NAME = 60


class Pattern(Model):
    """Something that is removed from events before they are stored: an RE2 expression, and its name."""

    name: str
    pattern: str


class Price(Model):
    """What a model costs, for a million tokens; 0 is free.

    `model` may have `*` and `?` in it. Cached and reasoning tokens without a price of their own cost as much
    as others.
    """

    model: str
    input: Decimal
    output: Decimal
    currency: str
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None


class Rules(Model):
    """All of it. Of the prices the first that fits counts; `rates` say how much one US dollar is."""

    keeps_prompts: bool = True
    prompt_days: int = 30
    event_days: int = 90
    patterns: tuple[Pattern, ...] = ()
    prices: tuple[Price, ...] = ()
    currency: str = DOLLAR
    rates: dict[str, Decimal] = Field(default_factory=dict)

    @property
    def unknown_rates(self) -> list[str]:
        """Currencies in use that have no rate: what costs them cannot be added up."""
        used = {self.currency, *(price.currency for price in self.prices)} - {DOLLAR}
        return sorted(used - self.rates.keys())


async def read(door: Door) -> Rules:
    """The salon's rules; without any saved, those that hold until then."""
    return Rules.model_validate(await door.read_value("telemetry_rules"))


async def save(door: Door, request_id: UUID, rules: Rules) -> Rules:
    """Replace the salon's rules.

    Raises `Invalid`, whose code names the part that makes no sense. Sent twice with the same `request_id`, it
    acts once.
    """
    check_patterns(rules.patterns)
    answer = await door.call(
        "save_telemetry_rules",
        request_id=request_id,
        keeps_prompts=rules.keeps_prompts,
        prompt_days=rules.prompt_days,
        event_days=rules.event_days,
        patterns=[one.model_dump() for one in rules.patterns],
        prices=[_as_json(one.model_dump(exclude_none=True)) for one in rules.prices],
        currency=rules.currency,
        rates=_as_json(rules.rates),
    )
    return Rules.model_validate(answer)


def check_patterns(patterns: Sequence[Pattern]) -> None:
    """Raise `Invalid` when a pattern cannot be used, or all of them are too large together."""
    for one in patterns:
        try:
            OwnPatterns([one.pattern])
        except InvalidPattern as error:
            raise _refusal(one, error) from error
    try:
        OwnPatterns([one.pattern for one in patterns])
    except InvalidPattern as error:
        raise _too_large() from error


def without_secrets(text: str, patterns: Sequence[Pattern]) -> tuple[str, int]:
    """What would be stored of a text, and in how many places something was removed. Raises `Invalid`."""
    # not needed to show a page, and a second's tenth to import
    from telemetry.redaction import Redactor

    check_patterns(patterns)
    return Redactor([one.pattern for one in patterns]).text(text)


def _refusal(pattern: Pattern, error: InvalidPattern) -> Invalid:
    reason = error.__cause__
    if isinstance(reason, re2.error):
        said = reason.args[0] if reason.args else ""
        return Invalid(
            "The pattern “{name}” is no RE2 expression: {reason}",
            code="pattern_invalid",
            advice="Look-arounds and back-references are not known there; everything else is as usual.",
            name=pattern.name,
            reason=said.decode(errors="replace") if isinstance(said, bytes) else said,
        )
    if len(pattern.pattern) <= LONGEST_PATTERN and re2.search(pattern.pattern, "") is not None:
        return Invalid(
            "The pattern “{name}” is found everywhere, even in nothing.",
            code="pattern_invalid",
            advice="Have it ask for one character at least: + in place of *.",
            name=pattern.name,
        )
    return _too_large()


def _too_large() -> Invalid:
    return Invalid(
        "The patterns are too large.",
        code="patterns_too_large",
        advice="A count takes as much room as writing it out would: use + where any number will do.",
    )


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    """Amounts as JSON's numbers, which have all digits that the database takes."""
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in values.items()}
