"""Filters between an address, the database and back."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import pytest

from components.period import Period
from errors import Invalid
from queries.dialogue_filters import LONGEST_VALUE, MOST_VALUES, Filters, join_values, split_values
from queries.dialogues import SORTS, Place

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
CLIENT = UUID("10000000-0000-4000-8000-000000000001")
FULL = Filters(
    MARCH, status=("done", "active"), intent=("booking",), channel=("telegram",), sentiment=(None,
    "positive"), drop_off=("time_selection",), tag=("vip",), service="Стрижка, мужская", staff="7",
    client=CLIENT, booked=False, currency="own", stage=4, clients="new", active="now", outside="yes",
    stayed=True, weekday=7, hour=0, q="маникюр -завтра",
)  # fmt: skip
HOSTILE = (
    "a,b", "a\\,b", "\\", "\\\\", "-", "--", "\\-", "", "0", "\\0", ",", "'; drop table x; --", "<b>",
    "=1+1", " ", "a\nb", "%2C", "&status=x", "\u202e", "🎄",
)  # fmt: skip


class TestLists:
    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("done", ("done",)),
            ("done,no_slots", ("done", "no_slots")),
            ("-", (None,)),
            ("-,done", (None, "done")),
            (r"\-", ("-",)),
            (r"a\,b,c", ("a,b", "c")),
            (r"a\\,b", ("a\\", "b")),
            (r"\0", ("",)),
            (",done,,", ("done",)),
            ("a\\", ("a",)),
            (",", ()),
        ],
    )
    def test_are_read(self, text: str, values: tuple[str | None, ...]) -> None:
        assert split_values(text) == values

    def test_come_back_as_they_were_whatever_is_in_them(self) -> None:
        random = Random(3)
        for _ in range(300):
            values = tuple(random.choices((*HOSTILE, None, "done"), k=random.randint(1, 5)))
            assert split_values(join_values(values)) == values

    @pytest.mark.parametrize(
        "text", [",".join("a" * (MOST_VALUES + 1)), "a" * (LONGEST_VALUE + 1), "a\0b", "\ud800"],
        ids=["too many", "too long", "a nul", "half a character"],
    )  # fmt: skip
    def test_that_no_label_can_be_are_refused(self, text: str) -> None:
        with pytest.raises(Invalid) as refused:
            Filters.from_query({"status": text}, MARCH)
        assert (refused.value.code, refused.value.params) == ("filter_invalid", {"name": "status"})


class TestFromQuery:
    def test_without_any_asks_for_the_period(self) -> None:
        assert Filters.from_query({}, MARCH) == Filters(MARCH)

    def test_takes_everything_that_an_address_can_say(self) -> None:
        query = {
            "from": "2026-03-01", "to": "2026-03-31", "status": "done,active", "intent": "booking",
            "channel": "telegram", "sentiment": "positive,-", "drop_off": "time_selection", "tag": "vip",
            "service": "Стрижка, мужская", "staff": "7", "client": str(CLIENT), "booked": "no",
            "currency": "own", "stage": "4", "clients": "new", "active": "now", "outside": "yes",
            "stayed": "yes", "weekday": "7", "hour": "0", "q": "маникюр -завтра",
        }  # fmt: skip
        assert Filters.from_query(query, MARCH) == FULL

    def test_takes_all_time_for_a_period(self) -> None:
        assert Filters.from_query({"period": "all"}, MARCH).period is None

    def test_leaves_to_others_what_is_no_filter(self) -> None:
        others = {"sort": "-amount", "after": "x", "before": "y", "id": "z", "utm_source": "mail"}
        assert Filters.from_query(others, MARCH) == Filters(MARCH)

    def test_takes_an_empty_value_for_none(self) -> None:
        assert Filters.from_query({"q": "", "status": "", "booked": "", "client": ""}, MARCH) == Filters(
            MARCH
        )

    def test_puts_the_spaces_of_a_search_straight(self) -> None:
        assert Filters.from_query({"q": "  маникюр \n завтра "}, MARCH).q == "маникюр завтра"
        assert Filters.from_query({"q": "  "}, MARCH).q is None

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("client", "7"), ("client", "{10000000}"), ("booked", "maybe"), ("booked", "YES"), ("currency",
            "EUR"), ("stage", "1"), ("stage", "7"), ("stage", "٣"), ("stage", "1e0"), ("clients", "old"),
            ("active", "no"), ("outside", "no"), ("stayed", "1"), ("weekday", "0"), ("weekday", "8"),
            ("hour", "24"), ("hour", "-1"), ("hour", "999999999999"), ("q", "a" * 201), ("service", "a\0"),
            ("staff", "a" * 201),
        ],
        ids=lambda value: value[:12].replace("\0", "NUL"),
    )  # fmt: skip
    def test_refuses_nonsense_and_says_where(self, name: str, value: str) -> None:
        with pytest.raises(Invalid) as refused:
            Filters.from_query({name: value}, MARCH)
        assert (refused.value.code, refused.value.params) == ("filter_invalid", {"name": name})
        assert refused.value.advice


class TestAsQuery:
    def test_says_nothing_of_what_is_not_set(self) -> None:
        assert Filters(Period(MARCH.first, MARCH.last, "30d")).as_query() == {}
        assert Filters(None).as_query() == {"period": "all"}

    def test_is_the_same_for_filters_that_ask_for_the_same(self) -> None:
        one = Filters.from_query({"status": "b,-,a,b", "q": " x "}, MARCH)
        other = Filters.from_query({"q": "x", "status": "-,a,b"}, MARCH)
        assert one == other
        assert list(one.as_query().items()) == list(other.as_query().items())

    def test_comes_back_through_an_address(self) -> None:
        address = urlencode(FULL.as_query())
        assert Filters.from_query(dict(parse_qsl(address)), MARCH) == FULL

    def test_comes_back_through_an_address_whatever_is_in_it(self) -> None:
        random = Random(5)
        for _ in range(200):
            filters = Filters(
                random.choice((MARCH, None)),
                status=tuple(random.choices((*HOSTILE, None), k=3)),
                tag=tuple(random.choices((*HOSTILE, None), k=2)),
                service=random.choice(HOSTILE) or None,
                booked=random.choice((True, False, None)),
                weekday=random.choice((1, 7, None)),
            )
            query = dict(parse_qsl(urlencode(filters.as_query()), keep_blank_values=True))
            assert Filters.from_query(query, MARCH) == filters
            assert Filters.from_query(query, MARCH).as_query() == filters.as_query()


class TestAsJson:
    def test_names_the_filters_as_the_database_does(self) -> None:
        assert FULL.as_json() == {
            "from_day": "2026-03-01", "to_day": "2026-03-31", "status": ["active", "done"],
            "intent": ["booking"], "channel": ["telegram"], "sentiment": [None, "positive"],
            "drop_off": ["time_selection"], "tag": ["vip"], "service": "Стрижка, мужская", "staff": "7",
            "client": str(CLIENT), "booked": False, "currency": "own", "stage": 4, "clients": "new",
            "active_now": True, "outside": True, "stayed": True, "weekday": 7, "hour": 0,
            "q": "маникюр -завтра",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("filters", "sent"), [(Filters(None), {}), (Filters(None, active="yes"), {"active": True})]
    )
    def test_says_nothing_of_what_is_not_set(self, filters: Filters, sent: dict[str, Any]) -> None:
        assert filters.as_json() == sent


class TestPlace:
    def test_is_the_first_page_in_the_usual_order_when_nothing_is_said(self) -> None:
        assert Place.from_query({}) == Place("-started", None, None)
        assert Place().as_query() == {}

    @pytest.mark.parametrize("sort", SORTS)
    def test_comes_back_through_an_address(self, sort: str) -> None:
        query = {"sort": sort, "before": "end"}
        place = Place.from_query(query)
        assert Place.from_query(place.as_query()) == place
        assert (place.sort, place.before) == (sort, "end")

    def test_refuses_an_order_that_does_not_exist(self) -> None:
        with pytest.raises(Invalid) as refused:
            Place.from_query({"sort": "name; drop table"})
        assert refused.value.code == "sort_unknown"
