"""Durations in words, as exact as anybody wants them."""

from __future__ import annotations

import pytest

from components.durations import duration
from i18n import translator


@pytest.mark.parametrize(
    ("milliseconds", "english", "russian"),
    [
        (0, "0 sec", "0 с"),
        (430, "0.4 sec", "0,4 с"),
        (1_000, "1 sec", "1 с"),
        (59_999, "59 sec", "59 с"),
        (134_000, "2 min", "2 мин"),
        (7_500_000, "2 hr 5 min", "2 ч 5 мин"),
        (7_200_000, "2 hr", "2 ч"),
        (86_400_000 * 3, "3 days", "3 дн."),
    ],
)
def test_are_told_in_the_readers_language(milliseconds: int, english: str, russian: str) -> None:
    told = [duration(milliseconds, translator(locale)).replace("\xa0", " ") for locale in ("en", "ru")]
    assert told == [english, russian]
