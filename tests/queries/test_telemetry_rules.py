"""A salon's rules as Python has them: patterns are tried before they are sent, amounts lose no digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import pytest

from data import Door
from errors import Invalid
from queries import telemetry_rules
from queries.telemetry_rules import Pattern, Price, Rules, check_patterns, without_secrets


class Recorder:
    """A door that keeps what was sent, and answers with it as JSON comes back."""

    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    async def call(self, _: str, **arguments: Any) -> Any:
        del arguments["request_id"]
        self.sent = arguments
        return json.loads(json.dumps(arguments))


def pattern(text: str) -> Pattern:
    return Pattern(name="Card", pattern=text)


@pytest.mark.parametrize("text", [r"LC-\d{6}", r"(?i)договор №? ?[0-9]+", "x" * 200, r"\bИНН \d{10,12}\b"])
def test_patterns_that_can_be_used(text: str) -> None:
    check_patterns([pattern(text)])


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[", "pattern_invalid", "no RE2 expression"),
        ("(?=x)", "pattern_invalid", "no RE2 expression"),
        (r"(\d)\1", "pattern_invalid", "no RE2 expression"),
        ("x*", "pattern_invalid", "found everywhere"),
        ("", "pattern_invalid", "found everywhere"),
        ("(a{1,900})", "patterns_too_large", "too large"),
        ("x" * 501, "patterns_too_large", "too large"),
    ],
)
def test_patterns_that_cannot_are_refused_before_they_are_sent(text: str, code: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        check_patterns([pattern("x"), pattern(text)])
    assert refusal.value.code == code


def test_many_large_patterns_are_too_large_together() -> None:
    check_patterns([pattern("a{1,150}b")] * 2)
    with pytest.raises(Invalid) as refusal:
        check_patterns([pattern("a{1,150}b")] * 10)
    assert refusal.value.code == "patterns_too_large"


async def test_nothing_is_sent_with_a_pattern_that_cannot_be_used() -> None:
    door = Recorder()
    with pytest.raises(Invalid):
        await telemetry_rules.save(cast(Door, door), uuid4(), Rules(patterns=(pattern("["),)))
    assert door.sent == {}


async def test_amounts_come_back_as_they_were_sent() -> None:
    amounts = [Decimal(text) for text in ("0", "0.1", "0.075", "123456.7", "1000000000", "0.000123456789")]
    rules = Rules(
        patterns=(pattern("x"),),
        prices=tuple(Price(model="m", input=one, output=one, currency="EUR") for one in amounts),
        currency="RUB",
        rates={"RUB": Decimal("92.5"), "EUR": Decimal("0.9")},
    )
    door = Recorder()
    assert await telemetry_rules.save(cast(Door, door), uuid4(), rules) == rules
    assert "cache_read" not in door.sent["prices"][0]


def test_rates_that_are_missing_are_named() -> None:
    price = Price(model="m", input=Decimal(1), output=Decimal(1), currency="EUR")
    assert Rules().unknown_rates == []
    assert Rules(prices=(price,), currency="RUB").unknown_rates == ["EUR", "RUB"]
    assert Rules(prices=(price,), currency="RUB", rates={"EUR": Decimal(1)}).unknown_rates == ["RUB"]


def test_a_text_is_freed_of_secrets_by_all_rules() -> None:
    text, count = without_secrets("LC-123 password=hunter22", [pattern(r"LC-\d+")])
    assert (text, count) == ("[removed: own pattern] password=[removed: password]", 2)
    with pytest.raises(Invalid):
        without_secrets("x", [pattern("[")])
