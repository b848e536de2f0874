"""The overview: its figures, what they leave out, where they lead, and each of its states."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from components.kpi_card import KpiCard
from components.pulse import Pulse
from errors import Unavailable
from models import Role
from pages.overview_salons import seldom
from queries.overview import SalonFigures
from tests.pages import overviews
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import HOSTILE, LAVENDER, NOW, FakeDoor, busy_door

PAGE = f"/s/{LAVENDER}/overview"
LIST = f"/s/{LAVENDER}/dialogues"
AWAY = Unavailable("The database does not answer.", advice="It is tried again by itself; nothing is lost.")


@pytest.fixture
def pulses(monkeypatch: pytest.MonkeyPatch) -> list[Pulse]:
    """What keeps the pages fresh that a test opens."""
    kept: list[Pulse] = []
    start = Pulse.start

    def keep(pulse: Pulse) -> None:
        kept.append(pulse)
        start(pulse)

    monkeypatch.setattr(Pulse, "start", keep)
    return kept


def cards(user: User) -> dict[str, KpiCard]:
    """The figures' cards by their titles."""
    with user:
        return {card.props["heading"]: card for card in ElementFilter(kind=KpiCard)}


FIGURES = {
    "en": {
        "Dialogues": ("1,764", "↑ 9.9%", "good", "before: 1,605"),
        "Bookings": ("449", "↓ 3.6%", "bad", "before: 466"),
        "Conversion": ("25.4%", "↑ 2.4 pp", "good", "before: 23.1%"),
        "Revenue": ("RUB 1,234,800", "none before", "plain", ""),
        "Average ticket": ("RUB 2,762", "↑ 10.5%", "good", "before: RUB 2,500"),
        "New clients": ("812", "↑ 16.0%", "good", "before: 700"),
        "Returning clients": ("391", "↓ 2.7%", "bad", "before: 402"),
        "First reply": ("4 sec", "↓ 30.0%", "good", "before: 6 sec"),
        "Escalations": ("61", "↓ 23.8%", "good", "before: 80"),
        "Active now": ("7", "", "plain", "in the last half an hour"),
    },
    "ru": {
        "Диалоги": ("1 764", "↑ 9,9 %", "good", "было 1 605"),
        "Записи": ("449", "↓ 3,6 %", "bad", "было 466"),
        "Конверсия": ("25,4 %", "↑ 2,4 п. п.", "good", "было 23,1 %"),
        "Выручка": ("1 234 800 ₽", "раньше не было", "plain", ""),
        "Средний чек": ("2 762 ₽", "↑ 10,5 %", "good", "было 2 500 ₽"),
        "Новые клиенты": ("812", "↑ 16,0 %", "good", "было 700"),
        "Вернувшиеся клиенты": ("391", "↓ 2,7 %", "bad", "было 402"),
        "Первый ответ": ("4 с", "↓ 30,0 %", "good", "было 6 с"),
        "Передано сотрудникам": ("61", "↓ 23,8 %", "good", "было 80"),
        "Идут сейчас": ("7", "", "plain", "за последние полчаса"),
    },
}
LINKS = {
    "Dialogues": f"{LIST}?period=7d",
    "Bookings": f"{LIST}?period=7d&booked=yes",
    "Conversion": f"{LIST}?period=7d&booked=yes",
    "Revenue": f"{LIST}?period=7d&booked=yes&currency=own",
    "Average ticket": f"{LIST}?period=7d&booked=yes&currency=own",
    "New clients": f"{LIST}?period=7d&clients=new",
    "Returning clients": f"{LIST}?period=7d&clients=returning",
    "First reply": f"{LIST}?period=7d",
    "Escalations": f"{LIST}?period=7d&status=escalated%2Ctransferred",
    "Active now": f"{LIST}?period=all&active=now",
}


class TestFigures:
    @pytest.mark.parametrize("locale", ["en", "ru"])
    async def test_are_told_in_the_readers_language(self, open_panel: OpenPanel, locale: str) -> None:
        user = await open_panel(busy_door(), PAGE, locale=locale)
        await user.should_see(kind=KpiCard)
        told = {
            title: tuple(
                str(card.props[name]).replace("\xa0", " ") for name in ("value", "change", "tone", "before")
            )
            for title, card in cards(user).items()
        }
        assert told == FIGURES[locale]

    async def test_say_what_is_not_in_them(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Not included, in other currencies: €120.50, $7.")
        notes = {title: card.props["notes"] for title, card in cards(user).items() if card.props["notes"]}
        assert notes == {
            "Dialogues": ("3 dialogues ended with a status that the panel does not know.",),
            "Bookings": ("Besides, 1 was cancelled.",),
            "Revenue": (
                "Not included, in other currencies: €120.50, $7.",
                "2 bookings have no amount.",
                "Not included: 900 in 4 bookings without a currency.",
            ),
            "Average ticket": ("Of 447 bookings.",),
        }

    async def test_say_how_they_are_counted(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE, locale="ru")
        await user.should_see("Записи ÷ диалоги того же периода.")
        await user.should_see("Сумма записей периода в валюте RUB.")
        assert all(card.props["meaning"] and card.props["rule"] for card in cards(user).values())

    async def test_lead_to_their_dialogues(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{PAGE}?period=7d")
        await user.should_see("1,764")
        assert {title: card.props["href"] for title, card in cards(user).items()} == LINKS

    async def test_have_a_line_of_the_periods_points(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("1,764")
        assert cards(user)["Dialogues"].props["spark"] == tuple(float(50 + at) for at in range(30))
        assert cards(user)["Conversion"].props["spark"][:2] == (None, 0.25)
        assert cards(user)["Active now"].props["spark"] == ()

    async def test_are_of_the_salons_own_days_and_of_one_read(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, f"{PAGE}?period=today")
        await user.should_see("time zone Europe/Moscow")
        await user.should_see("1,764")
        # 20:30 in UTC is half past eleven in Moscow: still the same day
        days = {"from_day": date(2026, 3, 15), "to_day": date(2026, 3, 15)}
        assert sorted(door.asked) == [("overview", days), ("salons_overview", days)]

    async def test_are_as_new_as_the_page_says(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Updated at 11:30:00\u202fPM")


class TestUpdate:
    async def test_puts_newer_figures_into_the_same_cards(
        self, open_panel: OpenPanel, pulses: list[Pulse]
    ) -> None:
        door = busy_door()
        user = await open_panel(door, PAGE)
        await user.should_see("1,764")
        before = cards(user)
        door.overview = overviews.document(
            kpis={"dialogues": overviews.figure(1765, 1605), "bookings": overviews.figure(450, 466)}
        )
        await pulses[-1].ring()
        await user.should_see("1,765")
        after = cards(user)
        assert {title: card.id for title, card in after.items()} == {
            title: card.id for title, card in before.items()
        }
        assert after["Revenue"].props["value"] == "—", "what the database does not tell is unknown, not zero"

    async def test_begins_to_show_figures_when_the_first_client_writes(
        self, open_panel: OpenPanel, pulses: list[Pulse]
    ) -> None:
        door = FakeDoor()
        user = await open_panel(door, PAGE)
        await user.should_see("No dialogues yet")
        door.overview = overviews.document()
        await pulses[-1].ring()
        await user.should_see("1,764")
        await user.should_not_see("No dialogues yet")


class TestEmptiness:
    async def test_of_a_new_salon_says_what_to_do(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(), PAGE)
        await user.should_see("No dialogues yet")
        await user.should_not_see("No dialogues in this period")
        assert cards(user) == {}

    async def test_of_a_quiet_period_shows_zeros_and_offers_a_longer_one(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(overview=overviews.quiet()), f"{PAGE}?period=7d")
        await user.should_see("No dialogues in this period")
        await user.should_see("Without dialogues there is no share.")
        await user.should_see("Last 90 days")
        values = {title: card.props["value"] for title, card in cards(user).items()}
        assert (values["Dialogues"], values["Conversion"], values["First reply"]) == ("0", "—", "—")


class TestFailure:
    async def test_says_what_happened_and_can_be_tried_again(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        door.problem = AWAY
        user = await open_panel(door, PAGE, role=Role.OPERATOR)
        await user.should_see("The database does not answer.")
        door.problem = None
        user.find("Try again").click()
        await user.should_see("1,764")
        await user.should_not_see("The database does not answer.")

    async def test_keeps_the_last_figures_with_their_time(
        self, open_panel: OpenPanel, pulses: list[Pulse]
    ) -> None:
        door = busy_door()
        user = await open_panel(door, PAGE)
        await user.should_see("1,764")
        door.problem = AWAY
        await pulses[-1].ring()
        await user.should_see("As of 11:30:00\u202fPM.")
        await user.should_see("1,764")

    async def test_of_our_own_shows_a_number_to_report_and_no_details(
        self, open_panel: OpenPanel, caplog: pytest.LogCaptureFixture
    ) -> None:
        door = busy_door()
        door.problem = KeyError("secret")
        user = await open_panel(door, PAGE)
        await user.should_see("Something went wrong on our side.")
        await user.should_not_see("secret")
        assert any(record.exc_info for record in caplog.records)


class TestSalons:
    async def test_stand_side_by_side_each_in_its_own_currency(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        door.salons = [
            overviews.salon(LAVENDER, "Lavender"),
            overviews.salon(
                "10000000-0000-4000-8000-000000000002",
                HOSTILE,
                currency="INR",
                conversion=None,
                revenue=99200,
                previous_revenue=124000,
            ),
        ]
        user = await open_panel(door, f"{PAGE}?period=7d")
        await user.should_see("Your salons")
        await user.should_see("₹99,200")
        await user.should_see("↓ 20.0%")
        await user.should_see("/s/10000000-0000-4000-8000-000000000002/overview?period=7d")

    async def test_are_read_once_a_minute(self) -> None:
        clock, asked = [NOW], []

        async def read() -> list[SalonFigures]:
            asked.append(clock[0])
            return []

        recall = seldom(lambda: clock[0], read)
        for seconds in (0, 15, 59, 60, 75):
            clock[0] = NOW + timedelta(seconds=seconds)
            await recall()
        assert asked == [NOW, NOW + timedelta(seconds=60)]

    @pytest.mark.parametrize("count", [0, 1])
    async def test_are_not_compared_when_there_is_one(self, open_panel: OpenPanel, count: int) -> None:
        door = busy_door()
        door.salons = [overviews.salon(LAVENDER, "Lavender")][:count]
        user = await open_panel(door, PAGE)
        await user.should_see("1,764")
        await user.should_not_see("Your salons")
