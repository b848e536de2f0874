"""The overview's figures, held against sums done by hand and against sums done in Python."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.sql.world import SALON_A, SALON_B, World, refused


class Figure(NamedTuple):
    """One row of overview_kpis; the two values are Decimal or None."""

    current: Any
    previous: Any
    unit: str
    detail: dict[str, Any]


@pytest.fixture
async def quiet(world: World) -> World:
    """Without any dialogue; salon A in UTC and roubles."""
    await world.connection.execute(
        "delete from public.conversation_sessions_v2; delete from public.active_sessions_v2"
    )
    return world


async def settle(world: World, zone: str, currency: str = "RUB") -> None:
    await world.connection.execute(
        "update dashboard.tenant_settings set time_zone = $1, currency = $2 where tenant_id = $3",
        zone,
        currency,
        SALON_A,
    )


async def kpis(world: World, first: date, last: date, person: str = "owner_a") -> dict[str, Figure]:
    async with world.acting(person) as connection:
        rows = await connection.fetch("select * from dashboard.overview_kpis($1, $2)", first, last)
    return {
        row["metric"]: Figure(
            row["current_value"], row["previous_value"], row["unit"], json.loads(row["detail"])
        )
        for row in rows
    }


async def days(world: World, first: date, last: date, person: str = "owner_a") -> list[asyncpg.Record]:
    async with world.acting(person) as connection:
        return await connection.fetch("select * from dashboard.dialogues_by_day($1, $2)", first, last)


def booked(
    amount: str | None = "100", currency: str | None = "RUB", status: str = "confirmed"
) -> dict[str, Any]:
    return {
        "booking_status": status,
        "booking_amount": Decimal(amount) if amount is not None else None,
        "booking_currency": currency,
    }


MARCH = date(2026, 3, 1), date(2026, 3, 31)


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


class TestByHand:
    async def test_a_month_against_the_one_before(self, quiet: World) -> None:
        await quiet.archive(SALON_A, at(1), **booked("1000"))
        await quiet.archive(SALON_A, at(5), **booked("250.50"))
        await quiet.archive(SALON_A, at(31, 23))
        await quiet.begin(SALON_A, at(20))
        await quiet.archive(SALON_A, at(20, month=2), **booked("700"))
        await quiet.archive(SALON_A, at(1, month=4), **booked("9999"))
        await quiet.archive(
            SALON_A, datetime(2026, 1, 28, tzinfo=UTC), **booked("9999")
        )  # 32 days before March
        await quiet.archive(SALON_B, at(5), **booked("9999"))
        figures = await kpis(quiet, *MARCH)
        assert list(figures) == ["dialogues", "bookings", "conversion", "revenue"]
        assert figures["dialogues"][:3] == (4, 1, "count")
        assert figures["bookings"][:3] == (2, 1, "count")
        assert figures["conversion"][:3] == (Decimal("0.5"), 1, "ratio")
        assert figures["revenue"][:3] == (Decimal("1250.50"), 700, "RUB")

    async def test_nothing_at_all(self, quiet: World) -> None:
        """No dialogues is zero; a share of none of them is not known."""
        figures = await kpis(quiet, *MARCH)
        assert {name: (figure.current, figure.previous) for name, figure in figures.items()} == {
            "dialogues": (0, 0), "bookings": (0, 0), "conversion": (None, None), "revenue": (0, 0),
        }  # fmt: skip
        assert figures["revenue"].detail == {
            "cancelled": 0, "unrecognised_status": 0, "without_amount": 0, "without_currency": 0,
            "amount_without_currency": 0, "other_currencies": {}, "more_currencies": 0,
        }  # fmt: skip

    async def test_what_is_left_out_is_told(self, quiet: World) -> None:
        for columns in (
            booked("1000"), booked("50", "EUR"), booked("20.5", "eur "), booked("7", "USD"),
            booked(None), booked(None, None),
            booked("NaN"), booked("30", None), booked("12", " "), booked("400", status="cancelled"),
            booked("400", status="maybe"), {"final_status": "on_mars"}, {"final_status": ""},
        ):  # fmt: skip
            await quiet.archive(SALON_A, at(10), **columns)
        figures = await kpis(quiet, *MARCH)
        assert figures["dialogues"].current == 13
        assert figures["bookings"].current == 9
        assert figures["revenue"].current == 1000
        detail = {
            "cancelled": 1, "unrecognised_status": 2, "without_amount": 3, "without_currency": 2,
            "amount_without_currency": 42, "other_currencies": {"EUR": 70.5, "USD": 7}, "more_currencies": 0,
        }  # fmt: skip
        assert {name: figure.detail for name, figure in figures.items()} == dict.fromkeys(figures, detail)

    async def test_revenue_is_in_the_salons_currency(self, quiet: World) -> None:
        await settle(quiet, "UTC", "EUR")
        await quiet.archive(SALON_A, at(10), **booked("1000"))
        await quiet.archive(SALON_A, at(10), **booked("50", "EUR"))
        figure = (await kpis(quiet, *MARCH))["revenue"]
        assert (figure.current, figure.unit, figure.detail["other_currencies"]) == (50, "EUR", {"RUB": 1000})

    async def test_a_session_counts_once(self, quiet: World) -> None:
        twice = await quiet.archive(SALON_A, at(10), **booked("1000", status="cancelled"))
        await quiet.archive(SALON_A, at(10), session_id=twice, **booked("300"))
        await quiet.begin(SALON_A, at(10), twice)
        figures = await kpis(quiet, *MARCH)
        assert [figure.current for figure in figures.values()] == [1, 1, 1, 300]

    async def test_every_day_has_a_row(self, quiet: World) -> None:
        await quiet.archive(SALON_A, at(2), **booked("10"))
        await quiet.archive(SALON_A, at(2))
        await quiet.archive(SALON_A, at(4), **booked("5", "EUR"))
        rows = await days(quiet, date(2026, 3, 1), date(2026, 3, 4))
        assert [tuple(row) for row in rows] == [
            (date(2026, 3, 1), 0, 0, 0), (date(2026, 3, 2), 2, 1, 10), (date(2026, 3, 3), 0, 0, 0),
            (date(2026, 3, 4), 1, 1, 0),
        ]  # fmt: skip

    async def test_a_figure_opens_to_its_rows(self, quiet: World) -> None:
        await quiet.archive(SALON_A, at(2), **booked("10"))
        await quiet.archive(SALON_A, at(3), final_status="on_mars")
        async with quiet.acting("owner_a") as connection:
            rows = await connection.fetch(
                "select booking_status, is_known_status from dashboard.dialogues where started_at >="
                " $1 and started_at < $2",
                at(1, 0), at(1, 0, month=4),
            )  # fmt: skip
        figures = await kpis(quiet, *MARCH)
        assert figures["dialogues"].current == len(rows)
        assert figures["bookings"].current == sum(row["booking_status"] == "confirmed" for row in rows)
        assert figures["dialogues"].detail["unrecognised_status"] == sum(
            not row["is_known_status"] for row in rows
        )


class TestDays:
    @pytest.mark.parametrize(
        ("zone", "moment", "day"),
        [
            ("Asia/Kolkata", datetime(2026, 3, 9, 18, 29, 59, tzinfo=UTC), date(2026, 3, 9)),  # +05:30
            ("Asia/Kolkata", datetime(2026, 3, 9, 18, 30, tzinfo=UTC), date(2026, 3, 10)),
            ("Asia/Kathmandu", datetime(2026, 3, 9, 18, 15, tzinfo=UTC), date(2026, 3, 10)),  # +05:45
            ("Pacific/Kiritimati", datetime(2026, 3, 9, 10, tzinfo=UTC), date(2026, 3, 10)),  # +14
            ("Etc/GMT+12", datetime(2026, 3, 10, 11, 59, tzinfo=UTC), date(2026, 3, 9)),  # -12
            (
                "Europe/Berlin",
                datetime(2026, 3, 28, 23, tzinfo=UTC),
                date(2026, 3, 29),
            ),  # the short day begins
            ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
            (
                "Europe/Berlin",
                datetime(2026, 3, 29, 22, tzinfo=UTC),
                date(2026, 3, 30),
            ),  # and ends an hour early
            ("Europe/Berlin", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),  # the long day
            ("Europe/Berlin", datetime(2026, 10, 25, 23, tzinfo=UTC), date(2026, 10, 26)),
            ("America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC), date(2018, 11, 4)),  # has no midnight
            ("America/Sao_Paulo", datetime(2018, 11, 4, 2, 59, tzinfo=UTC), date(2018, 11, 3)),
            ("America/Havana", datetime(2026, 11, 1, 4, 30, tzinfo=UTC), date(2026, 11, 1)),  # has two
            ("America/Havana", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), date(2026, 11, 1)),
            ("America/Havana", datetime(2026, 11, 1, 3, 59, tzinfo=UTC), date(2026, 10, 31)),
            (
                "Australia/Lord_Howe",
                datetime(2026, 4, 4, 14, 59, tzinfo=UTC),
                date(2026, 4, 5),
            ),  # half an hour of DST
        ],
    )
    async def test_a_day_is_the_salons_own(
        self, quiet: World, zone: str, moment: datetime, day: date
    ) -> None:
        await settle(quiet, zone)
        await quiet.archive(SALON_A, moment, **booked("1"))
        assert (await kpis(quiet, day, day))["dialogues"].current == 1
        for other in (day - timedelta(days=1), day + timedelta(days=1)):
            assert (await kpis(quiet, other, other))["dialogues"].current == 0
        assert [
            row["dialogues"] for row in await days(quiet, day - timedelta(days=1), day + timedelta(days=1))
        ] == [0, 1, 0]
        # the day before has it as nothing, the day after as what went before
        assert (await kpis(quiet, day + timedelta(days=1), day + timedelta(days=1)))[
            "dialogues"
        ].previous == 1

    @pytest.mark.parametrize(
        "zone", ["UTC", "Asia/Kolkata", "America/Havana", "Europe/Berlin", "Pacific/Kiritimati"]
    )
    async def test_days_add_up_to_the_figures(self, quiet: World, zone: str) -> None:
        """For random dialogues around a change of clocks; and both agree with Python's calendar."""
        chance = random.Random(zone)
        await settle(quiet, zone)
        start = datetime(2026, 10, 20, tzinfo=UTC)
        made = []
        for _ in range(120):
            moment = start + timedelta(minutes=chance.randrange(0, 20 * 24 * 60))
            columns = chance.choice(
                [
                    {},
                    booked("10"),
                    booked("0.01"),
                    booked("5", "EUR"),
                    booked("1", status="cancelled"),
                    booked(None),
                ]
            )
            made.append((moment.astimezone(ZoneInfo(zone)).date(), columns))
            await quiet.archive(SALON_A, moment, **columns)
        for _ in range(12):
            first = date(2026, 10, 19) + timedelta(days=chance.randrange(0, 20))
            last = first + timedelta(days=chance.randrange(0, 12))
            figures, rows = await kpis(quiet, first, last), await days(quiet, first, last)
            inside = [columns for day, columns in made if first <= day <= last]
            bookings = [columns for columns in inside if columns.get("booking_status") == "confirmed"]
            revenue = sum(
                columns["booking_amount"] or 0 for columns in bookings if columns["booking_currency"] == "RUB"
            )
            expected = (len(inside), len(bookings), revenue)
            assert (
                figures["dialogues"].current,
                figures["bookings"].current,
                figures["revenue"].current,
            ) == expected
            assert (
                tuple(sum(row[name] for row in rows) for name in ("dialogues", "bookings", "revenue"))
                == expected
            )
            before = await kpis(quiet, first - (last - first) - timedelta(days=1), first - timedelta(days=1))
            for name in figures:
                assert figures[name].previous == before[name].current


class TestRefusals:
    @pytest.mark.parametrize(
        ("first", "last", "code"),
        [
            (None, date(2026, 1, 1), "period_invalid"),
            (date(2026, 1, 1), None, "period_invalid"),
            (date(1, 1, 1), date(1, 1, 2), "period_invalid"),
            (date(2026, 1, 1), date(9999, 12, 31), "period_invalid"),
            (date(2026, 1, 2), date(2026, 1, 1), "period_reversed"),
            (date(2020, 1, 1), date(2026, 1, 1), "period_too_long"),
        ],
    )
    async def test_a_period_that_is_none(
        self, quiet: World, first: date | None, last: date | None, code: str
    ) -> None:
        for function in ("overview_kpis", "dialogues_by_day"):
            async with refused(quiet, "PT422", code):
                await quiet.call("owner_a", function, first, last)

    async def test_an_endless_one(self, quiet: World) -> None:
        for endless in ("infinity", "-infinity"):
            async with refused(quiet, "PT422", "period_invalid"), quiet.acting("owner_a") as connection:
                await connection.execute(f"select dashboard.overview_kpis('{endless}', '{endless}')")

    async def test_without_a_salon(self, quiet: World) -> None:
        async with refused(quiet, "PT422", "tenant_missing"):
            await quiet.call("platform", "overview_kpis", *MARCH)

    async def test_an_outsider(self, quiet: World) -> None:
        async with refused(quiet, "PT403", "not_allowed"):
            await quiet.call("outsider", "overview_kpis", *MARCH)
