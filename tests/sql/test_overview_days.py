"""Which day a dialogue belongs to, held against sums done in Python."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.sql.overview_reading import booked, days, kpis, settle
from tests.sql.world import SALON_A, World


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
        around = await days(quiet, day - timedelta(days=1), day + timedelta(days=1))
        assert [dialogues for _, dialogues, _, _ in around] == [0, 1, 0]
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
            assert tuple(sum(row[place] for row in rows) for place in (1, 2, 3)) == expected
            before = await kpis(quiet, first - (last - first) - timedelta(days=1), first - timedelta(days=1))
            for name in set(figures) - {"active_now"}:
                assert figures[name].previous == before[name].current
