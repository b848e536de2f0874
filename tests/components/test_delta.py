"""How a change is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components.delta import delta
from i18n import translator


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class TestDelta:
    @pytest.mark.parametrize(
        ("current", "previous", "direction", "words"),
        [
            ("112", "100", "up", "12.0%"),
            ("90", "100", "down", "10.0%"),
            ("300", "100", "up", "200%"),
            ("1000", "100", "up", "900%"),
            ("1001", "100", "up", "more than tenfold"),
            ("0", "100", "down", "100%"),
            ("5", "5", "same", "as before"),
            ("0", "0", "same", "as before"),
            ("7", "0", "unknown", "none before"),
            ("7", None, "unknown", "nothing to compare with"),
            (None, "7", "unknown", "nothing to compare with"),
        ],
    )
    def test_of_a_number(self, current: str | None, previous: str | None, direction: str, words: str) -> None:
        change = delta(_number(current), _number(previous), translator("en"))
        assert (change.direction, change.short) == (direction, words)

    @pytest.mark.parametrize(
        ("current", "previous", "words"), [("0.255", "0.231", "2.4 pp"), ("0.1", "0", "10.0 pp")]
    )
    def test_of_a_share_is_in_percentage_points(self, current: str, previous: str, words: str) -> None:
        change = delta(Decimal(current), Decimal(previous), translator("en"), is_share=True)
        assert change.short == words

    @pytest.mark.parametrize(
        ("current", "previous", "less_is_better", "tone"),
        [
            ("11", "10", False, "good"),
            ("9", "10", False, "bad"),
            ("11", "10", True, "bad"),
            ("9", "10", True, "good"),
            ("1001", "10", True, "bad"),
            ("10", "10", True, "plain"),
            ("10", "0", False, "plain"),
        ],
    )
    def test_is_good_or_bad_by_what_is_better(
        self, current: str, previous: str, less_is_better: bool, tone: str
    ) -> None:
        change = delta(Decimal(current), Decimal(previous), translator("en"), less_is_better=less_is_better)
        assert change.tone == tone

    def test_is_a_sentence_for_screen_readers(self) -> None:
        assert delta(Decimal(9), Decimal(10), translator("ru")).sentence == "меньше на 10,0\xa0%"
