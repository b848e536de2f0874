"""The overview's figures, held against sums done by hand and against sums done in Python."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from tests.sql.overview_reading import MARCH, at, booked, days, kpis, overview, settle
from tests.sql.world import SALON_A, SALON_B, World, refused


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
        assert figures["dialogues"][:2] == (4, 1)
        assert figures["bookings"][:2] == (2, 1)
        assert figures["conversion"][:2] == (Decimal("0.5"), 1)
        assert figures["revenue"][:2] == (Decimal("1250.50"), 700)
        assert figures["average_ticket"][:2] == (Decimal("625.25"), 700)

    async def test_nothing_at_all(self, quiet: World) -> None:
        """No dialogues is zero; a share of none of them is not known."""
        figures = await kpis(quiet, *MARCH)
        assert {name: (figure.current, figure.previous) for name, figure in figures.items()} == {
            "dialogues": (0, 0), "bookings": (0, 0), "conversion": (None, None), "revenue": (0, 0),
            "average_ticket": (None, None), "new_clients": (0, 0), "returning_clients": (0, 0),
            "first_reply_ms": (None, None), "escalated": (0, 0), "active_now": (0, None),
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
            "amount_without_currency": 42, "other_currencies": {"EUR": Decimal("70.5"), "USD": 7},
            "more_currencies": 0,
        }  # fmt: skip
        about = ("dialogues", "bookings", "conversion", "revenue")
        assert {name: figures[name].detail for name in about} == dict.fromkeys(about, detail)
        assert figures["average_ticket"].detail == detail | {"bookings": 1}

    async def test_revenue_is_in_the_salons_currency(self, quiet: World) -> None:
        await settle(quiet, "UTC", "EUR")
        await quiet.archive(SALON_A, at(10), **booked("1000"))
        await quiet.archive(SALON_A, at(10), **booked("50", "EUR"))
        document = await overview(quiet, *MARCH)
        figure = document["kpis"]["revenue"]
        assert (document["currency"], document["time_zone"]) == ("EUR", "UTC")
        assert (figure["current"], figure["detail"]["other_currencies"]) == (50, {"RUB": 1000})

    async def test_a_session_counts_once(self, quiet: World) -> None:
        twice = await quiet.archive(SALON_A, at(10), **booked("1000", status="cancelled"))
        await quiet.archive(SALON_A, at(10), session_id=twice, **booked("300"))
        await quiet.begin(SALON_A, at(10), twice)
        figures = await kpis(quiet, *MARCH)
        counted = ("dialogues", "bookings", "conversion", "revenue")
        assert [figures[name].current for name in counted] == [1, 1, 1, 300]

    async def test_every_day_has_a_row(self, quiet: World) -> None:
        await quiet.archive(SALON_A, at(2), **booked("10"))
        await quiet.archive(SALON_A, at(2))
        await quiet.archive(SALON_A, at(4), **booked("5", "EUR"))
        assert await days(quiet, date(2026, 3, 1), date(2026, 3, 4)) == [
            ("2026-03-01", 0, 0, 0), ("2026-03-02", 2, 1, 10), ("2026-03-03", 0, 0, 0),
            ("2026-03-04", 1, 1, 0),
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


class TestParts:
    """What the oracle of test_metrics_oracle.py checks in bulk, in small."""

    async def test_a_way_to_a_visit(self, quiet: World) -> None:
        client = await quiet.add_client(SALON_A)
        await quiet.connection.execute(
            "insert into public.user_ltm_v2 (tenant_id, user_id, ltm_data) values ($1, $2, $3)",
            SALON_A, client, '{"last_visit_date": "2026-03-12"}',
        )  # fmt: skip
        come = booked() | {"user_id": client, "booking_datetime": at(12)}
        await quiet.archive(SALON_A, at(10), **come)
        await quiet.archive(SALON_A, at(10), **come | {"booking_datetime": at(13)})  # has not come since
        await quiet.archive(SALON_A, at(10), **booked(), booking_datetime=at(12))  # nothing known
        await quiet.archive(SALON_A, at(10), **booked(status="cancelled"))
        await quiet.archive(SALON_A, at(10), meta='{"services_selected": ["Cut"]}')
        await quiet.archive(SALON_A, at(10), final_intent="booking", meta='{"drop_off_stage": "on_mars"}')
        await quiet.archive(SALON_A, at(10), final_intent="price", final_status="on_mars")
        funnel = (await overview(quiet, *MARCH))["funnel"]
        assert [(stage["stage"], stage["count"]) for stage in funnel["stages"]] == [
            ("dialogue", 7), ("intent", 6), ("service", 5), ("slot", 4), ("booked", 3), ("visited", 1),
        ]  # fmt: skip
        assert funnel["visited_known"] == 2
        assert (funnel["unrecognised_status"], funnel["unrecognised_drop_off"]) == (1, 1)

    async def test_services_and_staff_have_one_name_each(self, quiet: World) -> None:
        for services in ('["Cut", "CUT"]', '["cut", "Spa"]', '["Cut"]', "[]"):
            await quiet.archive(
                SALON_A, at(10), meta=f'{{"services_selected": {services}, "staff_id": 7}}', **booked()
            )
        client = await quiet.add_client(SALON_A)
        for name in ('"Older"', '"Newer"', "null"):
            await quiet.connection.execute(
                "insert into public.wishlist_v2 (tenant_id, user_id, item_type, item_id, meta)"
                " values ($1, $2, 'slot', 'x', $3)",
                SALON_A, client, f'{{"staff_id": "7", "staff_name": {name}}}',
            )  # fmt: skip
        document = await overview(quiet, *MARCH)
        assert document["services"] == {
            "rows": [
                {"key": "Cut", "name": "Cut", "dialogues": 3, "bookings": 3, "revenue": 300},
                {"key": "Spa", "name": "Spa", "dialogues": 1, "bookings": 1, "revenue": 100},
            ],
            "others": 0,
            "without": 1,
        }
        assert document["staff"]["rows"] == [
            {"key": "7", "name": "Newer", "dialogues": 4, "bookings": 4, "revenue": 400}
        ]

    async def test_one_day_has_hours(self, quiet: World) -> None:
        await settle(quiet, "Asia/Kathmandu")  # +05:45
        await quiet.archive(SALON_A, at(10, 12), **booked())
        document = await overview(quiet, date(2026, 3, 10), date(2026, 3, 10))
        assert len(document["points"]) == 24
        assert document["points"][17] == {
            "at": "2026-03-10T17:00", "dialogues": 1, "bookings": 1, "revenue": 100,
        }  # fmt: skip
        assert document["heat"][1][17] == 1  # a Tuesday
        assert sum(map(sum, document["heat"])) == 1

    async def test_clients_are_new_once(self, quiet: World) -> None:
        client = await quiet.add_client(SALON_A)
        for day, month in ((5, 3), (20, 3), (2, 4)):
            await quiet.archive(SALON_A, at(day, month=month), user_id=client)
        march = await kpis(quiet, *MARCH)
        assert (march["new_clients"].current, march["returning_clients"].current) == (1, 0)
        april = await kpis(quiet, date(2026, 4, 1), date(2026, 4, 30))
        assert (april["new_clients"].current, april["returning_clients"].current) == (0, 1)
        assert (april["new_clients"].previous, april["returning_clients"].previous) == (1, 0)

    @pytest.mark.parametrize(
        ("opens", "closes", "outside"), [(10, 20, 2), (20, 8, 3), (8, 8, 0)], ids=["day", "night", "always"]
    )
    async def test_bookings_outside_working_hours(
        self, quiet: World, opens: int, closes: int, outside: int
    ) -> None:
        await quiet.write("owner_a", "save_tenant_settings", "UTC", "RUB", time(opens), time(closes))
        for hour in (9, 10, 19, 20):
            await quiet.archive(SALON_A, at(10, hour), **booked())
        saved = (await overview(quiet, *MARCH))["saved"]
        assert saved["outside_bookings"] == outside
        assert (saved["opens_at"], saved["closes_at"]) == (f"{opens:02}:00", f"{closes:02}:00")

    async def test_bookings_that_stayed_are_seven_days_old(self, quiet: World) -> None:
        now = datetime.now(UTC)
        for days_ago, status in ((8, "confirmed"), (8, "cancelled"), (6, "confirmed")):
            await quiet.archive(SALON_A, now - timedelta(days=days_ago), **booked(status=status))
        saved = (await overview(quiet, now.date() - timedelta(days=20), now.date()))["saved"]
        assert (saved["stayed"], saved["stayed_of"]) == (1, 2)

    async def test_active_now_is_the_last_half_hour(self, quiet: World) -> None:
        now = datetime.now(UTC)
        for minutes in (5, 29, 31):
            await quiet.begin(SALON_A, at(1), last_activity_at=now - timedelta(minutes=minutes))
        over = await quiet.begin(SALON_A, at(1), last_activity_at=now)
        await quiet.archive(SALON_A, at(1), session_id=over)
        assert (await kpis(quiet, *MARCH))["active_now"].current == 2

    async def test_whether_there_was_ever_a_dialogue(self, quiet: World) -> None:
        assert not (await overview(quiet, *MARCH))["has_dialogues"]
        await quiet.begin(SALON_A, at(1, month=1))
        assert (await overview(quiet, *MARCH))["has_dialogues"]


class TestSalons:
    """Side by side: those that the person may look into, each by its own calendar."""

    async def names(self, world: World, person: str) -> list[str]:
        async with world.acting(person) as connection:
            rows = await connection.fetch("select name from dashboard.salons_overview($1, $2)", *MARCH)
        return [row["name"] for row in rows]

    async def test_who_sees_which(self, quiet: World) -> None:
        both = ["Salon marked-a", "Salon marked-b"]
        assert await self.names(quiet, "platform") == both
        for person in ("owner_a", "admin_a", "operator_a"):
            assert await self.names(quiet, person) == both[:1]
        assert await self.names(quiet, "owner_b") == both[1:]
        assert await self.names(quiet, "outsider") == []
        await quiet.join(quiet.people["owner_b"], "operator", SALON_A)
        assert await self.names(quiet, "owner_b") == both

    async def test_each_by_its_own_calendar_and_currency(self, quiet: World) -> None:
        await settle(quiet, "Asia/Kathmandu", "EUR")
        for salon in (SALON_A, SALON_B):
            await quiet.archive(salon, at(31, 20), **booked("10", "EUR"))  # April already in Kathmandu
            await quiet.archive(salon, at(5), **booked("7", "EUR"))
            await quiet.archive(salon, at(5, month=2))
        async with quiet.acting("platform") as connection:
            a, b = await connection.fetch("select * from dashboard.salons_overview($1, $2)", *MARCH)
        assert (a["time_zone"], a["currency"], b["time_zone"], b["currency"]) == (
            "Asia/Kathmandu", "EUR", "UTC", "RUB",
        )  # fmt: skip
        assert (a["dialogues"], a["bookings"], a["conversion"], a["revenue"]) == (1, 1, 1, 7)
        assert (b["dialogues"], b["bookings"], b["conversion"], b["revenue"]) == (2, 2, 1, 0)
        assert (a["previous_dialogues"], a["previous_bookings"], a["previous_conversion"]) == (1, 0, 0)


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
        for function in ("overview", "salons_overview"):
            async with refused(quiet, "PT422", code):
                await quiet.call("owner_a", function, first, last)

    async def test_an_endless_one(self, quiet: World) -> None:
        for endless in ("infinity", "-infinity"):
            async with refused(quiet, "PT422", "period_invalid"), quiet.acting("owner_a") as connection:
                await connection.execute(f"select dashboard.overview('{endless}', '{endless}')")

    async def test_without_a_salon(self, quiet: World) -> None:
        async with refused(quiet, "PT422", "tenant_missing"):
            await quiet.call("platform", "overview", *MARCH)

    async def test_an_outsider(self, quiet: World) -> None:
        async with refused(quiet, "PT403", "not_allowed"):
            await quiet.call("outsider", "overview", *MARCH)
