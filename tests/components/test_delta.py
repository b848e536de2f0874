"""How a change is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components.delta import delta
from i18n import translator
from models import Kpi


def _kpi(metric: str, current: str | None, previous: str | None) -> Kpi:
    return Kpi(
        metric=metric,
        current_value=None if current is None else Decimal(current),
        previous_value=None if previous is None else Decimal(previous),
        unit="",
    )


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
        change = delta(_kpi("dialogues", current, previous), translator("en"))
        assert (change.direction, change.short) == (direction, words)

    @pytest.mark.parametrize(
        ("current", "previous", "words"), [("0.255", "0.231", "2.4 pp"), ("0.1", "0", "10.0 pp")]
    )
    def test_of_a_share_is_in_percentage_points(self, current: str, previous: str, words: str) -> None:
        assert delta(_kpi("conversion", current, previous), translator("en")).short == words

    def test_is_a_sentence_for_screen_readers(self) -> None:
        assert delta(_kpi("bookings", "9", "10"), translator("ru")).sentence == "меньше на 10,0\xa0%"
