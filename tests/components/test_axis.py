"""The numbers beside an axis."""

from __future__ import annotations

import pytest

from components.axis import ticks
from i18n import translator


class TestTicks:
    @pytest.mark.parametrize(
        ("highest", "values"),
        [
            (0, [0, 1]),
            (1, [0, 1]),
            (3, [0, 1, 2, 3]),
            (5, [0, 2, 4, 6]),
            (79, [0, 20, 40, 60, 80]),
            (80, [0, 20, 40, 60, 80]),
            (81, [0, 25, 50, 75, 100]),
            (1000, [0, 250, 500, 750, 1000]),
            (29_000.5, [0, 10_000, 20_000, 30_000]),
        ],
    )
    def test_are_round_few_and_reach_the_top(self, highest: float, values: list[float]) -> None:
        assert [tick.value for tick in ticks(highest, translator("en"))] == values

    @pytest.mark.parametrize(
        ("locale", "texts"),
        [("en", ["0", "500K", "1M", "1.5M"]), ("ru", ["0", "500\xa0тыс.", "1\xa0млн", "1,5\xa0млн"])],
    )
    def test_are_short_in_the_readers_language(self, locale: str, texts: list[str]) -> None:
        assert [tick.text for tick in ticks(1_400_000, translator("ru" if locale == "ru" else "en"))] == texts
