"""Periods between an address and local days."""

from __future__ import annotations

from datetime import date

import pytest

from components import period as periods
from components.period import Period
from errors import Invalid
from i18n import translator

TODAY = date(2026, 3, 15)


class TestParse:
    def test_is_30_days_that_end_today_when_nothing_is_said(self) -> None:
        assert periods.parse({}, TODAY) == Period(date(2026, 2, 14), TODAY, "30d")

    @pytest.mark.parametrize(("name", "first"), [("today", TODAY), ("7d", date(2026, 3, 9))])
    def test_takes_a_preset(self, name: str, first: date) -> None:
        assert periods.parse({"period": name}, TODAY) == Period(first, TODAY, name)

    def test_takes_two_days(self) -> None:
        asked = {"from": "2026-01-31", "to": "2026-02-01"}
        assert periods.parse(asked, TODAY) == Period(date(2026, 1, 31), date(2026, 2, 1))

    def test_cuts_off_days_to_come(self) -> None:
        assert periods.parse({"from": "2026-03-14", "to": "2026-03-16"}, TODAY).last == TODAY

    def test_takes_all_time_only_where_it_is_offered(self) -> None:
        everything = periods.parse({"period": "all"}, TODAY, has_all_time=True)
        assert everything.is_all_time
        assert (everything.last, everything.query) == (TODAY, {"period": "all"})
        assert not periods.parse({}, TODAY, has_all_time=True).is_all_time
        with pytest.raises(Invalid):
            periods.parse({"period": "all"}, TODAY)

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"period": "1000d"}, "period_unknown"),
            ({"period": ""}, "period_unknown"),
            ({"from": "2026-02-30", "to": "2026-03-01"}, "period_unknown"),
            ({"from": "2026-03-01"}, "period_unknown"),
            ({"from": "<b>", "to": "\u202e"}, "period_unknown"),
            ({"from": "2026-03-02", "to": "2026-03-01"}, "period_reversed"),
            ({"from": "2024-01-01", "to": "2026-03-01"}, "period_too_long"),
        ],
    )
    def test_refuses_nonsense(self, query: dict[str, str], code: str) -> None:
        with pytest.raises(Invalid) as refusal:
            periods.parse(query, TODAY)
        assert refusal.value.code == code


class TestPeriod:
    @pytest.mark.parametrize("query", [{}, {"period": "7d"}, {"from": "2026-01-01", "to": "2026-01-05"}])
    def test_gives_back_the_address_that_it_came_from(self, query: dict[str, str]) -> None:
        assert periods.parse(query, TODAY).query == query

    def test_previous_has_the_same_length_and_ends_the_day_before(self) -> None:
        period = Period(date(2026, 3, 1), date(2026, 3, 15))
        assert period.previous == Period(date(2026, 2, 14), date(2026, 2, 28))
        assert period.previous.days == period.days == 15


class TestWords:
    def test_name_the_year_once(self) -> None:
        english = translator("en")
        assert periods.dates(Period(date(2026, 1, 2), date(2026, 3, 4)), english) == "Jan 2 – Mar 4, 2026"
        across = Period(date(2025, 12, 31), date(2026, 1, 1))
        assert periods.dates(across, english) == "Dec 31, 2025 – Jan 1, 2026"
        assert periods.dates(Period(TODAY, TODAY), english) == "Mar 15, 2026"

    def test_name_presets(self) -> None:
        russian = translator("ru")
        assert periods.label(periods.preset("90d", TODAY), russian) == "Последние 90 дней"
        assert periods.short_label(periods.preset("90d", TODAY), russian) == "90 дней"
        assert periods.label(periods.preset("today", TODAY), russian) == "Сегодня"
        assert periods.label(periods.all_time(TODAY), russian) == "За всё время"
        assert periods.short_label(periods.all_time(TODAY), russian) == "За всё время"
