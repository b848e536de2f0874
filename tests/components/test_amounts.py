"""Amounts as they are typed and read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components.amounts import amount, needed, typed, written
from errors import Invalid
from i18n import translator


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("0.15", "0.15"),
        ("0,15", "0.15"),
        (" 1 000,5 ", "1000.5"),
        ("1\u202f000", "1000"),
        (".5", "0.5"),
        ("5.", "5"),
    ],
)
def test_are_read_as_people_of_any_language_write_them(text: str, value: str) -> None:
    assert amount(text, "Input") == Decimal(value)


@pytest.mark.parametrize("text", ["", "  ", None])
def test_nothing_is_no_zero(text: str | None) -> None:
    assert amount(text, "Input") is None
    with pytest.raises(Invalid) as refusal:
        needed(text, "Input")
    assert refusal.value.params == {"field": "Input"}


@pytest.mark.parametrize(
    "text",
    ["-1", "1e3", "1E3", "NaN", "Infinity", "0x1", "1.2.3", "1,2,3", "x", "١", "½", "1_000", "9" * 21, "1;2"],
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        amount(text, "Input")
    assert refusal.value.code == "amount_invalid"


def test_are_shown_with_all_their_digits() -> None:
    for value, english, russian in (
        ("0.075", "0.075", "0,075"),
        ("15.00", "15", "15"),
        ("1234.5", "1,234.5", "1\xa0234,5"),
        ("1E+3", "1,000", "1\xa0000"),
        ("0", "0", "0"),
    ):
        assert written(Decimal(value), translator("en")) == english
        assert written(Decimal(value), translator("ru")) == russian
        assert amount(typed(Decimal(value)), "Input") == Decimal(value)
    assert written(None, translator("en")) == typed(None) == ""
