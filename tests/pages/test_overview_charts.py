"""The charts of the overview: what they show, and the dialogues behind each of their parts."""

from __future__ import annotations

from typing import Any

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from components.chart import ChartCard
from components.highlights import Highlights
from tests.pages import overviews
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, FakeDoor, busy_door

PAGE = f"/s/{LAVENDER}/overview"
LIST = f"/s/{LAVENDER}/dialogues"


def chart(user: User, title: str) -> Any:
    """The data of the chart with this heading."""
    with user:
        (found,) = [card for card in ElementFilter(kind=ChartCard) if card.props["heading"] == title]
    return found.props["chart"]


class TestFunnel:
    async def test_tells_how_many_came_how_far(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Funnel")
        rows = [(row.label, *row.texts) for row in chart(user, "Funnel").rows]
        assert rows == [
            ("Dialogue", "1,764", "100.0%", "", "1,605"),
            ("Booking intent", "1,310", "74.3%", "74.3%", "1,200"),
            ("Service chosen", "905", "51.3%", "69.1%", "866"),
            ("Specialist or time chosen", "610", "34.6%", "67.4%", "640"),
            ("Booking made", "449", "25.5%", "73.6%", "466"),
            # of the 260 bookings whose day is past and of which anything is known
            ("Visit", "210", "11.9%", "80.8%", "0"),
        ]

    async def test_leads_from_each_stage_to_its_dialogues(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{PAGE}?from=2026-03-01&to=2026-03-07")
        await user.should_see("Funnel")
        days = "from=2026-03-01&to=2026-03-07"
        links = [row.href for row in chart(user, "Funnel").rows]
        assert links == [f"{LIST}?{days}", *(f"{LIST}?{days}&stage={stage}" for stage in range(2, 7))]

    async def test_says_what_it_cannot_know(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Funnel")
        assert chart(user, "Funnel").notes == [
            "Whether the client came is known of 260 bookings whose day is past.",
            "3 dialogues ended with a status that the panel does not know.",
            "2 dialogues broke off at a stage that the panel does not know.",
        ]

    async def test_does_not_take_an_unknown_visit_for_none(self, open_panel: OpenPanel) -> None:
        door = FakeDoor(overview=overviews.document(funnel=overviews.funnel(visited=0, known=0)))
        user = await open_panel(door, PAGE)
        await user.should_see("Funnel")
        visit = chart(user, "Funnel").rows[-1]
        assert visit.texts == ("—", "—", "—", "—")
        assert visit.href == ""
        await user.should_see("Whether clients came is not known: nothing in the bot's records tells.")


class TestDays:
    async def test_have_the_figures_of_each_day(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Dialogues by day")
        data = chart(user, "Dialogues by day")
        assert (data.titles[0], data.labels[-1]) == ("Sat, Feb 14", "Mar 15")
        assert [series.values[-1] for series in data.series] == [79, 29]
        assert data.links[-1] == f"{LIST}?from=2026-03-15&to=2026-03-15"
        assert "1,935" in data.summary

    async def test_have_the_revenue_of_each_day(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE, locale="ru")
        await user.should_see("Выручка по дням, ₽")
        data = chart(user, "Выручка по дням, ₽")
        assert data.series[0].values[1] == 1000.5
        assert data.series[0].texts[1] == "1\xa0000,50\xa0₽"
        assert [tick.text for tick in data.ticks] == ["0", "10\xa0тыс.", "20\xa0тыс.", "30\xa0тыс."]

    async def test_are_hours_when_there_is_one_and_none_of_them_is_to_come(
        self, open_panel: OpenPanel
    ) -> None:
        points = [point | {"at": point["at"].replace("03-15", "03-16")} for point in overviews.hours()]
        door = FakeDoor(overview=overviews.document(points=[*overviews.hours()[20:], *points[:2]]))
        user = await open_panel(door, f"{PAGE}?period=today")
        await user.should_see("Revenue by hour, RUB")
        data = chart(user, "Revenue by hour, RUB")
        # it is half past eleven in the evening of the 15th
        assert data.series[0].values == [100, 100, 100, 100, None, None]
        assert data.titles[0] == "8\xa0PM – 9\xa0PM"
        assert data.links[0] == f"{LIST}?period=today&hour=20"


class TestSlices:
    async def test_have_names_that_are_text_and_lead_to_their_dialogues(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Top services")
        gel, hostile, _ = chart(user, "Top services").rows
        assert (gel.label, gel.texts) == (
            "Маникюр с покрытием",
            ("620", "210", "33.9%", "RUB\xa0525,000"),
        )
        assert gel.href == f"{LIST}?service=manicure%2C+gel"
        assert (hostile.label, hostile.is_foreign) == ("<img src=x onerror=alert(1)>", True)
        assert hostile.href == f"{LIST}?service=%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E"

    async def test_say_what_they_leave_out(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE, locale="ru")
        await user.should_see("Ещё 14 услуг не показано.")
        await user.should_see("В 120 диалогах услуга не названа.")
        await user.should_see("В 900 диалогах мастер не назван.")

    async def test_tell_our_channels_from_others(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Channels")
        rows = chart(user, "Channels").rows
        assert [(row.label, row.is_foreign, row.href) for row in rows] == [
            ("Telegram", False, f"{LIST}?channel=telegram"),
            ("<b>pigeon</b>", True, f"{LIST}?channel=%3Cb%3Epigeon%3C%2Fb%3E"),
        ]

    async def test_say_so_when_there_is_nothing(self, open_panel: OpenPanel) -> None:
        nothing = {"rows": [], "others": 0, "without": 1764}
        user = await open_panel(FakeDoor(overview=overviews.document(staff=nothing)), PAGE)
        await user.should_see("Top specialists")
        data = chart(user, "Top specialists")
        assert (data.rows, data.empty) == ([], "None of the period's dialogues says.")
        assert data.notes == ["1,764 dialogues name no specialist."]


class TestWeek:
    @pytest.mark.parametrize(
        ("locale", "days", "hours"),
        [
            ("en", ["Mon", "Sun"], ["12\xa0AM", "11\xa0PM"]),
            ("ru", ["пн", "вс"], ["0:00", "23:00"]),
        ],
    )
    async def test_is_told_in_the_readers_language(
        self, open_panel: OpenPanel, locale: str, days: list[str], hours: list[str]
    ) -> None:
        user = await open_panel(busy_door(), PAGE, locale=locale)
        title = "When clients write" if locale == "en" else "Когда пишут клиенты"
        await user.should_see(title)
        data = chart(user, title)
        assert [data.weekdays[0], data.weekdays[-1]] == days
        assert [data.hours[0], data.hours[-1]] == hours

    async def test_leads_from_each_cell_to_its_dialogues(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{PAGE}?period=7d")
        await user.should_see("When clients write")
        link = chart(user, "When clients write").link
        assert link == LIST + "?period=7d&weekday={weekday}&hour={hour}"


class TestSaved:
    async def test_tells_hours_and_bookings_and_their_dialogues(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{PAGE}?period=7d")
        await user.should_see("What the bot saved")
        with user:
            (card,) = ElementFilter(kind=Highlights)
        hours, outside, stayed = card.props["highlights"]
        assert (hours.value, hours.rule) == ("152 h", "9,120 replies of the bot × 60 seconds each.")
        assert (outside.value, outside.href) == ("87", f"{LIST}?period=7d&outside=yes")
        assert "10:00" in outside.rule
        assert (stayed.value, stayed.href) == ("86%", f"{LIST}?period=7d&stayed=yes")

    async def test_does_not_judge_bookings_that_are_too_young(self, open_panel: OpenPanel) -> None:
        saved = overviews.document()["saved"] | {"stayed": 0, "stayed_of": 0, "hours": 0.4}
        user = await open_panel(FakeDoor(overview=overviews.document(saved=saved)), PAGE)
        await user.should_see("No booking of the period is 7 days old yet.")
        await user.should_see("0.4 h")


class TestPictures:
    async def test_are_named_after_what_is_in_them(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        await user.should_see("Funnel")
        with user:
            pictures = [card.props["picture"] for card in ElementFilter(kind=ChartCard)]
        assert [one.file_name.split("_")[0] for one in pictures] == [
            "funnel",
            "dialogues",
            "revenue",
            "services",
            "staff",
            "channels",
            "week",
        ]
        assert {one.caption for one in pictures} == {"Lavender · Feb 14 – Mar 15, 2026"}
        assert pictures[0].file_name == "funnel_2026-02-14_2026-03-15"
