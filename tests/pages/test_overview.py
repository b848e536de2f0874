"""The overview in each of its states."""

from __future__ import annotations

from datetime import date

import pytest

from errors import Unavailable
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, FakeDoor, busy_door, kpi

PAGE = f"/s/{LAVENDER}/overview"
AWAY = Unavailable("The database does not answer.", advice="It is tried again by itself; nothing is lost.")


class TestFigures:
    async def test_are_those_of_the_database(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        for text in ("1,764", "↑ 9.9%", "before: 1,605", "449", "↓ 3.6%", "25.5%", "↑ 2.4 pp", "none before"):
            await user.should_see(text)

    async def test_say_what_is_not_in_them(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Not included, in other currencies: €120.50, $7.")
        await user.should_see("2 bookings have no amount.")
        await user.should_see("Not included: 900 in 4 bookings without a currency.")
        await user.should_see("Besides, 1 was cancelled.")
        await user.should_see("3 dialogues ended with a status that the panel does not know.")

    async def test_say_how_they_are_counted(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE, locale="ru")
        await user.should_see("Записи ÷ диалоги того же периода.")
        await user.should_see("Сумма записей периода в валюте RUB.")

    async def test_are_of_the_salons_own_days(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, f"/s/{LAVENDER}/overview?period=today")
        await user.should_see("time zone Europe/Moscow")
        await user.should_see("1,764")
        # 20:30 in UTC is half past eleven in Moscow: still the same day
        assert ("overview_kpis", {"from_day": date(2026, 3, 15), "to_day": date(2026, 3, 15)}) in door.asked

    async def test_are_as_new_as_the_page_says(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Updated at 11:30:00\u202fPM")


class TestEmptiness:
    async def test_of_a_new_salon_says_what_to_do(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(kpis=[kpi("dialogues", "0", "0")]), PAGE)
        await user.should_see("No dialogues yet")
        await user.should_not_see("No dialogues in this period")

    async def test_of_a_quiet_period_shows_zeros_and_offers_a_longer_one(self, open_panel: OpenPanel) -> None:
        door = FakeDoor(kpis=[kpi("dialogues", "0", "0"), kpi("conversion", None, None)], dialogues=5)
        user = await open_panel(door, f"{PAGE}?period=7d")
        await user.should_see("No dialogues in this period")
        await user.should_see("Without dialogues there is no share.")
        await user.should_see("Last 90 days")


class TestFailure:
    async def test_says_what_happened_and_can_be_tried_again(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        door.problem = AWAY
        user = await open_panel(door, PAGE)
        await user.should_see("The database does not answer.")
        door.problem = None
        user.find("Try again").click()
        await user.should_see("1,764")
        await user.should_not_see("The database does not answer.")

    async def test_of_our_own_shows_a_number_to_report_and_no_details(
        self, open_panel: OpenPanel, caplog: pytest.LogCaptureFixture
    ) -> None:
        door = busy_door()
        door.problem = KeyError("secret")
        user = await open_panel(door, PAGE)
        await user.should_see("Something went wrong on our side.")
        await user.should_not_see("secret")
        assert any(record.exc_info for record in caplog.records)
