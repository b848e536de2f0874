"""Each filter of the list of dialogues against the same in Python, and filters that were never meant."""

import json
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from tests.sql.listing import NOW, ZONE, Listing, Predicate, Row, listing
from tests.sql.world import refused

__all__ = ["listing"]

FROM, TO, LATER = date(2026, 1, 3), date(2026, 2, 10), date(2026, 1, 12)


def value_in(column: str, *values: str | None) -> Predicate:
    return lambda row: row[column] in values


def is_booked(row: Row) -> bool:
    return bool(row["booking_status"] == "confirmed")


def is_outside(row: Row) -> bool:
    return is_booked(row) and row["local"] is not None and not time(10) <= row["local"].time() < time(20)


def is_old_enough(row: Row) -> bool:
    return row["started_at"] is not None and row["started_at"] <= NOW - timedelta(days=7)


def began_on(first: date, last: date) -> Predicate:
    return lambda row: row["local"] is not None and first <= row["local"].date() <= last


CASES: dict[str, tuple[dict[str, Any], Predicate]] = {
    "nothing": ({}, lambda row: True),
    "period": ({"from_day": str(FROM), "to_day": str(TO)}, began_on(FROM, TO)),
    "one day": ({"from_day": str(FROM), "to_day": str(FROM)}, began_on(FROM, FROM)),
    "from a day": ({"from_day": str(FROM)}, began_on(FROM, date.max)),
    "to a day": ({"to_day": str(FROM)}, began_on(date.min, FROM)),
    "status": ({"status": ["done", "on_mars"]}, value_in("status", "done", "on_mars")),
    "status active": ({"status": ["active"]}, lambda row: row["is_active"]),
    "status empty": ({"status": [""]}, value_in("status", "")),
    "intent": ({"intent": ["booking"]}, value_in("intent", "booking")),
    "intent none": ({"intent": [None]}, value_in("intent", None)),
    "intent some or none": ({"intent": [None, "price"]}, value_in("intent", None, "price")),
    "channel": ({"channel": ["whatsapp"]}, value_in("channel", "whatsapp")),
    "sentiment": ({"sentiment": ["negative", None]}, value_in("sentiment", "negative", None)),
    "drop off": ({"drop_off": ["time_selection"]}, value_in("drop_off_stage", "time_selection")),
    "tag": ({"tag": ["vip"]}, lambda row: "vip" in row["tags"]),
    "tags": ({"tag": ["жалоба", "a,b"]}, lambda row: bool({"жалоба", "a,b"} & set(row["tags"]))),
    "tag none": ({"tag": [None]}, lambda row: not row["tags"]),
    "tag some or none": ({"tag": [None, "vip"]}, lambda row: not row["tags"] or "vip" in row["tags"]),
    "service": ({"service": "Борода, усы"}, lambda row: "Борода, усы" in row["services"]),
    "service in other letters": (
        {"service": "СТРИЖКА"},
        lambda row: "стрижка" in [service.lower() for service in row["services"]],
    ),
    "staff": ({"staff": "7"}, value_in("staff_id", "7")),
    "booked": ({"booked": True}, is_booked),
    "not booked": ({"booked": False}, lambda row: not is_booked(row)),
    "own currency": (
        {"currency": "own"},
        lambda row: is_booked(row) and row["booking_amount"] is not None and row["booking_currency"] == "RUB",
    ),
    "stage 2": ({"stage": 2}, lambda row: row["stage"] >= 2),
    "stage 5": ({"stage": 5}, lambda row: row["stage"] >= 5),
    "visited": (
        {"stage": 6},
        lambda row: is_booked(row)
        and row["booking_at"] is not None
        and row["booking_at"].astimezone(ZONE).date() < NOW.astimezone(ZONE).date()
        and row["last_visit"] is not None
        and row["booking_at"].astimezone(ZONE).date() <= row["last_visit"],
    ),
    "new clients": (
        {"clients": "new", "from_day": str(LATER)},
        lambda row: began_on(LATER, date.max)(row) and row["first_day"] >= LATER,
    ),
    "returning clients": (
        {"clients": "returning", "from_day": str(FROM)},
        lambda row: began_on(FROM, date.max)(row) and row["first_day"] < FROM,
    ),
    "new clients of all time": ({"clients": "new"}, lambda row: True),
    "outside": ({"outside": True}, is_outside),
    "not outside": ({"outside": False}, lambda row: not is_outside(row)),
    "stayed": ({"stayed": True}, lambda row: is_old_enough(row) and is_booked(row)),
    "stayed not": ({"stayed": False},
    lambda row: is_old_enough(row) and row["booking_status"] == "cancelled"), "active": ({"active": True},
    lambda row: row["is_active"]), "ended": ({"active": False}, lambda row: not row["is_active"]),
    "active now": (
        {"active_now": True},
        lambda row: row["is_active"] and row["last_activity_at"] > datetime.now(UTC) - timedelta(minutes=30),
    ),
    "weekday": ({"weekday": 7}, lambda row: row["local"] is not None and row["local"].isoweekday() == 7),
    "hour": ({"hour": 0}, lambda row: row["local"] is not None and row["local"].hour == 0),
}  # fmt: skip


class TestFilters:
    @pytest.mark.parametrize("case", CASES)
    async def test_alone(self, listing: Listing, case: str) -> None:
        filters, predicate = CASES[case]
        expected = listing.expected(predicate)
        assert expected, "a case that nothing fits proves nothing"
        assert await listing.ids(filters=filters, page_size=1000) == expected
        assert await listing.count(**filters) == len(expected)

    async def test_together(self, listing: Listing) -> None:
        random = Random(11)
        sizes = []
        for _ in range(80):
            cases = random.sample(sorted(CASES), random.choice((2, 2, 3)))
            filters: dict[str, Any] = {}
            for case in cases:
                filters |= CASES[case][0]
            if len(filters) < sum(len(CASES[case][0]) for case in cases):
                continue  # two of the same name: the later one would win
            expected = listing.expected(*(CASES[case][1] for case in cases))
            assert await listing.ids(filters=filters, page_size=1000) == expected, cases
            assert await listing.count(**filters) == len(expected), cases
            sizes.append(len(expected))
        assert sum(size > 0 for size in sizes) > 30

    async def test_of_one_client(self, listing: Listing) -> None:
        client = listing.rows[0]["client_id"]
        found = await listing.ask(filters={"client": str(client)})
        assert [row["session_id"] for row in found] == listing.expected(
            lambda row: row["client_id"] == client
        )

    @pytest.mark.parametrize(
        "filters",
        [
            {"status": "done"}, {"status": []}, {"status": [1]}, {"status": [["done"]]},
            {"status": ["x"] * 51}, {"status": ["x" * 201]}, {"status": None}, {"booked": "yes"},
            {"booked": None}, {"currency": "EUR"}, {"stage": 0}, {"stage": 7}, {"stage": 2.5},
            {"stage": "2"}, {"stage": 1e300}, {"client": "x"}, {"client": 5}, {"weekday": 0},
            {"weekday": 8}, {"hour": 24}, {"hour": True}, {"active": 1}, {"from_day": "2026-02-30"},
            {"from_day": "tomorrow"}, {"from_day": "infinity"}, {"to_day": 20260101},
            {"to_day": "9999-12-31"}, {"service": ["x"]}, {"q": 5}, {"q": "x" * 201},
        ],
        ids=lambda filters: json.dumps(filters)[:30],
    )  # fmt: skip
    async def test_of_nonsense_are_refused(self, listing: Listing, filters: dict[str, Any]) -> None:
        async with refused(listing.world, "PT422", "filter_invalid"):
            await listing.ask(filters=filters)
        async with refused(listing.world, "PT422", "filter_invalid"):
            await listing.count(**filters)

    @pytest.mark.parametrize("filters", [[], "x", 5, None], ids=repr)
    async def test_that_are_no_object_are_refused(self, listing: Listing, filters: Any) -> None:
        async with refused(listing.world, "PT422", "filter_invalid"):
            await listing.ask(filters=filters)

    @pytest.mark.parametrize("name", ["tenant_id", "Status", "", "1=1", "'"])
    async def test_of_other_names_are_refused(self, listing: Listing, name: str) -> None:
        async with refused(listing.world, "PT422", "filter_unknown"):
            await listing.count(**{name: True})

    @pytest.mark.parametrize(
        "text",
        [
            "' or true --", "') or (true", "\\' or true --", "\\", "%", "_", "$$; drop table x $$", "%1$s",
            "%L", "{}", "{vip}", '","', "NULL", "null", "1=1", "\ue000", "; reset role; select 1",
            "E'\\x27'", "x' || 'y",
        ],
    )  # fmt: skip
    async def test_compare_with_hostile_text_and_nothing_else(self, listing: Listing, text: str) -> None:
        for name in ("status", "intent", "channel", "sentiment", "drop_off", "tag"):
            assert await listing.ids(filters={name: [text]}) == []
            assert await listing.count(**{name: [text]}) == 0
        for name in ("service", "staff"):
            assert await listing.ids(filters={name: text}) == []


FIGURES: dict[str, dict[str, Any]] = {
    "dialogues": {},
    "bookings": {"booked": True},
    "escalated": {"status": ["escalated", "transferred"]},
    "outside_bookings": {"outside": True},
    "stayed": {"stayed": True},
    "intent": {"stage": 2},
    "service": {"stage": 3},
    "slot": {"stage": 4},
    "booked": {"stage": 5},
    "visited": {"stage": 6},
    "channels": {"channel": ["telegram"]},
    "staff": {"staff": "7"},
    "services": {"service": "Стрижка"},
    "heat": {"weekday": 7, "hour": 0},
}


@pytest.mark.parametrize("figure", FIGURES)
async def test_a_figure_opens_to_as_many_dialogues_as_it_says(listing: Listing, figure: str) -> None:
    first, last = date(2026, 1, 1), date(2026, 11, 30)
    document = await listing.world.call("owner_a", "overview", first, last)
    figures = {name: kpi["current"] for name, kpi in document["kpis"].items()} | document["saved"]
    figures |= {
        stage["stage"]: stage["count"]
        for stage in document["funnel"]["stages"]
        if stage["stage"] != "dialogue"
    }
    for part, key in (("channels", "telegram"), ("staff", "7"), ("services", "стрижка")):
        figures[part] = next(row["dialogues"] for row in document[part]["rows"] if row["key"].lower() == key)
    figures["heat"] = document["heat"][6][0]  # Sunday, the first hour
    counted = await listing.count(from_day=str(first), to_day=str(last), **FIGURES[figure])
    assert counted == figures[figure]
    assert counted > 0
