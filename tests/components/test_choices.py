"""Time zones and currencies to choose from."""

from __future__ import annotations

from datetime import UTC, datetime

from components import choices

WINTER = datetime(2026, 1, 15, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, tzinfo=UTC)


class TestTimeZones:
    def test_say_how_far_they_are_from_utc_today(self) -> None:
        assert choices.time_zones("en", WINTER, "UTC")["Europe/London"] == "Europe/London · UTC+00:00"
        assert choices.time_zones("en", SUMMER, "UTC")["Europe/London"] == "Europe/London · UTC+01:00"
        assert choices.time_zones("en", SUMMER, "UTC")["Asia/Kolkata"].endswith("UTC+05:30")
        assert choices.time_zones("en", WINTER, "UTC")["America/St_Johns"].endswith("UTC-03:30")

    def test_are_found_by_the_name_of_the_place_too(self) -> None:
        assert "Москва" in choices.time_zones("ru", WINTER, "UTC")["Europe/Moscow"]

    def test_have_the_present_one_in_any_case(self) -> None:
        assert "Etc/GMT+3" in choices.time_zones("en", WINTER, "Etc/GMT+3")


class TestCurrencies:
    def test_are_those_in_use(self) -> None:
        names = choices.currencies("en")
        assert names["RUB"] == "RUB · Russian Ruble"
        assert {"EUR", "USD", "INR", "KZT"} <= names.keys()
        assert not {"DEM", "SUR", "XXX"} & names.keys()
