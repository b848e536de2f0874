"""Agents' figures: cards, charts and the table, what they leave out, and each of their states."""

from __future__ import annotations

from typing import Any

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from components.chart import ChartCard
from components.kpi_card import KpiCard
from components.pulse import Pulse
from components.records import Records
from components.viewer import Route
from errors import Unavailable
from models import Permission, Role
from pages import agents_metrics
from tests.pages import agents_figures as figures
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import HOSTILE, LAVENDER, FakeDoor

PAGE = f"/s/{LAVENDER}/agents"
ROUTES = (
    Route("agents", agents_metrics.build, Permission.RUNS_READ, "Console", "smart_toy", has_period=True),
)
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


def door_of(document: dict[str, Any] | None = None) -> FakeDoor:
    return FakeDoor(overview=figures.document() if document is None else document)


async def opened(open_panel: OpenPanel, door: FakeDoor, query: str = "", **options: Any) -> User:
    return await open_panel(door, PAGE + query, routes=ROUTES, **options)


def cards(user: User) -> dict[str, KpiCard]:
    """The figures' cards by their titles."""
    with user:
        return {card.props["heading"]: card for card in ElementFilter(kind=KpiCard)}


def charts(user: User) -> dict[str, ChartCard]:
    """The charts by their headings."""
    with user:
        return {card.props["heading"]: card for card in ElementFilter(kind=ChartCard)}


def table(user: User) -> list[list[str]]:
    """The texts of the table's cells."""
    with user:
        (records,) = ElementFilter(kind=Records)
    return [
        [" ".join(part["text"] for line in cell for part in line["parts"]) for cell in row["cells"]]
        for row in records.rows
    ]


class TestFigures:
    async def test_are_told_with_what_is_not_in_them(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of())
        await user.should_see(kind=KpiCard)
        shown = {title: card.props["value"] for title, card in cards(user).items()}
        assert shown == {
            "Runs": "400",
            "Failed runs": "5.0%",
            "Model calls": "1,003",
            "Tool calls": "512",
            "Failures": "31",
            "Tokens": "≥\xa01,348,000",
            "Cost": "≥\xa0$12.50",
            "Typical model call": "850 ms",
            "Slow model call": "12 sec",
            "Approvals": "16",
        }
        notes = {
            title: list(card.props["notes"]) for title, card in cards(user).items() if card.props["notes"]
        }
        assert notes == {
            "Runs": ["2 are running.", "1 waits for a person."],
            "Tokens": [
                "In: 1,250,000, of which cached: 400,000. Out: 98,000, of which reasoning: 12,000.",
                "100 calls do not tell their tokens.",
            ],
            "Cost": [
                "Besides, in other currencies: 0.0042\xa0EUR.",
                "The prices of 101 calls are not known.",
            ],
            "Typical model call": ["Of 3 calls it is not known how long they took."],
            "Approvals": [
                "9 were approved.", "3 were rejected.", "1 was answered otherwise.",
                "2 were never answered.", "1 has no answer yet.",
            ],
        }  # fmt: skip
        assert cards(user)["Approvals"].props["before"] == "answered in 1 min"

    async def test_say_how_each_is_counted(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of())
        await user.should_see("Of the runs that began in the period, by the salon's calendar.")
        assert all(card.props["meaning"] and card.props["rule"] for card in cards(user).values())

    async def test_that_are_not_known_are_no_zeros(self, open_panel: OpenPanel) -> None:
        unknown = figures.totals(
            costs=[], unpriced_calls=1003, unmetered_calls=1003, p50_ms=None, p95_ms=None, timed_calls=0
        )
        user = await opened(open_panel, door_of(figures.document(totals=unknown)))
        await user.should_see("The prices of 1,003 calls are not known.")
        shown = {title: card.props["value"] for title, card in cards(user).items()}
        names = ("Tokens", "Cost", "Typical model call", "Slow model call")
        assert [shown[name] for name in names] == ["—"] * 4

    async def test_ask_for_the_salons_own_days(self, open_panel: OpenPanel) -> None:
        door = door_of()
        user = await opened(open_panel, door, "?period=7d&by=tool")
        await user.should_see(kind=KpiCard)
        assert door.asked[0] == (
            "agent_metrics",
            {"from_at": "2026-03-09T00:00:00+03:00", "until_at": "2026-03-16T00:00:00+03:00", "by": "tool"},
        )


class TestCharts:
    async def test_have_a_point_for_each_day(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of())
        await user.should_see(kind=ChartCard)
        found = charts(user)
        assert list(found) == [
            "Runs and failures", "How long a model call took, seconds", "Tokens", "Cost, $",
        ]  # fmt: skip
        runs = found["Runs and failures"].props["chart"]
        assert (len(runs.titles), runs.titles[0], runs.labels[0]) == (30, "Sat, Feb 14", "Feb 14")
        assert [list(one.values)[-2:] for one in runs.series] == [[28, 29], [2, 2]]
        slow, typical = found["How long a model call took, seconds"].props["chart"].series
        assert (slow.values[0], slow.texts[0]) == (None, "—"), "no call, no time"
        assert (slow.values[1], typical.texts[1]) == (9.0, "800 ms")

    async def test_leave_out_what_is_not_known(self, open_panel: OpenPanel) -> None:
        points = [figures.point(1), figures.point(2, costs=[], unpriced_calls=4, unmetered_calls=4)]
        user = await opened(open_panel, door_of(figures.document(points=points)))
        await user.should_see(kind=ChartCard)
        found = charts(user)
        assert list(found["Cost, $"].props["chart"].series[0].values) == [0.1, None]
        assert list(found["Tokens"].props["chart"].series[0].values) == [1100, None]

    async def test_name_the_hour_that_comes_twice_by_its_offset(self, open_panel: OpenPanel) -> None:
        hours = [figures.point(1) | {"begins_at": f"2025-10-26T0{hour}:00:00+00:00"} for hour in range(2)]
        user = await opened(
            open_panel, door_of(figures.document(unit="hour", time_zone="Europe/Berlin", points=hours))
        )
        await user.should_see(kind=ChartCard)
        titles = charts(user)["Tokens"].props["chart"].titles
        assert len(set(titles)) == 2
        assert [title[-12:] for title in titles] == [" (UTC+02:00)", " (UTC+01:00)"]

    async def test_have_nothing_where_time_has_not_come(self, open_panel: OpenPanel) -> None:
        hours = [figures.point(1) | {"begins_at": f"2026-03-15T{hour}:00:00+00:00"} for hour in (20, 21)]
        user = await opened(open_panel, door_of(figures.document(unit="hour", points=hours)))
        await user.should_see(kind=ChartCard)
        assert list(charts(user)["Runs and failures"].props["chart"].series[0].values) == [1, None]


class TestTable:
    async def test_has_the_busiest_with_foreign_names_as_text(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of())
        await user.should_see(HOSTILE)
        assert table(user) == [
            ["gpt-5", "900", "12", "850 ms", "12 sec", "1 min", "1,000", "50", "$1.50"],
            [HOSTILE, "100", "0", "—", "—", "—", "—", "—", "—"],
            ["without a name", "3", "0", "—", "—", "—", "1,000", "50", "≥\xa0$1.50"],
        ]

    async def test_is_by_what_the_address_says_and_a_press_changes(self, open_panel: OpenPanel) -> None:
        door = door_of(figures.document(by="tool", rows=[figures.row(name="book", calls=5)]))
        user = await opened(open_panel, door, "?by=tool&tab=metrics")
        await user.should_see("book")
        assert table(user) == [["book", "5", "0", "—", "—", "—"]]
        door.overview = figures.document(
            by="agent", rows=[figures.row(name="booker", runs=4, calls=5, tool_calls=6)]
        )
        user.find("Agents").click()
        await user.should_see("booker")
        assert door.asked[-1][1]["by"] == "agent"
        assert table(user)[0][:4] == ["booker", "4", "5", "6"]

    async def test_says_of_agents_what_became_of_what_they_asked(self, open_panel: OpenPanel) -> None:
        asked = {
            "asked": 16, "approved": 9, "rejected": 3, "unclear": 1, "unanswered": 2, "open": 1,
            "p50_ms": 4200,
        }  # fmt: skip
        unsure = asked | {"asked": 1, "approved": 0, "rejected": 0, "open": 0, "unanswered": 1}
        del unsure["p50_ms"]
        rows = [figures.row(name="booker", approvals=asked), figures.row(name="router", approvals=unsure)]
        rows.append(figures.row(name="silent"))
        user = await opened(
            open_panel, door_of(figures.document(by="agent", rows=rows, rows_in_all=3)), "?by=agent"
        )
        await user.should_see("booker")
        assert [row[-5:] for row in table(user)] == [
            ["16", "9", "3", "2", "4.2 s"],
            ["1", "0", "0", "1", "—"],
            ["0", "—", "—", "—", "—"],
        ]

    async def test_says_how_many_it_does_not_show(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of(figures.document(rows_in_all=140)))
        await user.should_see("137 more are not shown.")

    async def test_without_rows_says_so(self, open_panel: OpenPanel) -> None:
        user = await opened(
            open_panel, door_of(figures.document(by="tool", rows=[], rows_in_all=0)), "?by=tool"
        )
        await user.should_see("There were none in this period.")


class TestStates:
    async def test_of_a_new_salon_says_what_to_do(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of(figures.quiet(has_runs=False)))
        await user.should_see("No runs yet")
        assert cards(user) == {}

    async def test_of_a_quiet_period_shows_zeros_and_offers_a_longer_one(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of(figures.quiet()), "?period=7d")
        await user.should_see("No runs in this period")
        await user.should_see("Last 90 days")
        shown = {title: card.props["value"] for title, card in cards(user).items()}
        assert (shown["Runs"], shown["Cost"], shown["Failed runs"]) == ("0", "0", "—")

    async def test_of_a_failure_says_what_happened_and_can_be_tried_again(
        self, open_panel: OpenPanel
    ) -> None:
        door = door_of()
        door.problem = AWAY
        user = await opened(open_panel, door)
        await user.should_see("The database does not answer.")
        door.problem = None
        user.find("Try again").click()
        await user.should_see("1,003")

    async def test_newer_figures_come_into_the_same_cards(
        self, open_panel: OpenPanel, pulses: list[Pulse]
    ) -> None:
        door = door_of()
        user = await opened(open_panel, door)
        await user.should_see("1,003")
        before = cards(user)
        door.overview = figures.document(
            totals=figures.totals(runs=401), rows=[figures.row(name="new", calls=1)]
        )
        await pulses[-1].ring()
        await user.should_see("401")
        assert {card.id for card in cards(user).values()} == {card.id for card in before.values()}
        assert table(user)[0][0] == "new"

    async def test_speaks_the_readers_language(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, door_of(), locale="ru", role=Role.OPERATOR)
        await user.should_see(kind=KpiCard)
        assert "400" in {card.props["value"] for card in cards(user).values()}
