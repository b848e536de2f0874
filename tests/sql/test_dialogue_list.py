"""The list of dialogues against one made in Python: orders, paging, facets, and who may see it."""

import base64
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.sql.listing import COLUMNS, Listing, listing, ordered
from tests.sql.world import PEOPLE, SALON_A, SALON_B, refused

__all__ = ["listing"]

SORTS = [f"{sign}{name}" for name in COLUMNS for sign in ("", "-")]


class TestOrders:
    @pytest.mark.parametrize("sort", SORTS)
    async def test_put_every_row_once_and_those_without_a_value_last(
        self, listing: Listing, sort: str
    ) -> None:
        expected = listing.expected(sort=sort)
        values = [row[COLUMNS[sort.removeprefix("-")]] for row in listing.rows]
        assert None in values
        assert max(Counter(values).values()) > 3
        assert await listing.ids(sort=sort, page_size=1000) == expected

    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("filters", [{}, {"channel": ["telegram"]}], ids=["all", "some"])
    async def test_page_forwards_and_backwards_alike(
        self, listing: Listing, sort: str, filters: dict[str, Any]
    ) -> None:
        channels = filters.get("channel", ["telegram", "whatsapp", None])
        expected = listing.expected(lambda row: row["channel"] in channels, sort=sort)
        asked = {"filters": filters, "sort": sort, "page_size": 23}
        forwards: list[UUID] = []
        after = None
        while page := await listing.ask(**asked, after=after):
            forwards += [row["session_id"] for row in page]
            after = page[-1]["cursor"]
            assert len(forwards) <= len(expected)
        assert forwards == expected

        backwards: list[UUID] = []
        before = "end"
        while page := await listing.ask(**asked, before=before):
            backwards = [row["session_id"] for row in page] + backwards
            before = page[0]["cursor"]
            assert len(backwards) <= len(expected)
        assert backwards == expected

    @pytest.mark.parametrize("sort", SORTS)
    async def test_can_be_left_and_entered_at_every_row(self, listing: Listing, sort: str) -> None:
        whole = await listing.ask(sort=sort, page_size=1000)
        ids = [row["session_id"] for row in whole]
        for place in range(0, len(whole), 9):
            cursor = whole[place]["cursor"]
            assert await listing.ids(sort=sort, after=cursor, page_size=3) == ids[place + 1 : place + 4]
            assert await listing.ids(sort=sort, before=cursor, page_size=3) == ids[max(place - 3, 0) : place]

    async def test_hold_when_rows_come_and_go(self, listing: Listing) -> None:
        """The row of the cursor need not be there any more."""
        whole = await listing.ask(sort="-messages", page_size=1000)
        gone = whole[100]
        connection = listing.world.connection
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(
                "delete from dashboard.dialogue_index where session_id = $1", gone["session_id"]
            )
            found = await listing.ids(sort="-messages", after=gone["cursor"], page_size=5)
        finally:
            await transaction.rollback()
        assert found == [row["session_id"] for row in whole[101:106]]

    @pytest.mark.parametrize(
        "sort", ["name", "started desc", "--started", "-", "", "session_id; drop table x"]
    )
    async def test_that_do_not_exist_are_refused(self, listing: Listing, sort: str) -> None:
        async with refused(listing.world, "PT422", "sort_unknown"):
            await listing.ask(sort=sort)

    async def test_do_without_a_say_what_the_list_is_used_to(self, listing: Listing) -> None:
        rows = await listing.ask(sort=None, page_size=None)
        assert [row["session_id"] for row in rows] == listing.expected()[:50]
        assert await listing.ids(sort=None, after=rows[9]["cursor"], page_size=1) == [rows[10]["session_id"]]


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


class TestCursors:
    @pytest.mark.parametrize(
        "cursor",
        [
            "", "x", "x" * 500, "=", "end", "a b", "%00", "ы", "bnVsbA", _cursor(), _cursor(None, None, None),
            _cursor("-started", "2026-01-01"), _cursor("-started", "2026-01-01", "x"),
            _cursor("-started", "tomorrow at noon", str(uuid4())), _cursor("-started", {"a": 1},
            str(uuid4())), _cursor("-started", "'; drop table x; --", str(uuid4())),
            base64.urlsafe_b64encode(b'["-started", "\xff"]').decode(), base64.b64encode(b"[" * 250).decode(),
        ],
        ids=range(18),
    )  # fmt: skip
    async def test_of_nonsense_are_refused(self, listing: Listing, cursor: str) -> None:
        async with refused(listing.world, "PT422", "cursor_invalid"):
            await listing.ask(after=cursor)
        if cursor != "end":
            async with refused(listing.world, "PT422", "cursor_invalid"):
                await listing.ask(before=cursor)

    @pytest.mark.parametrize("other", ["started", "-activity", "amount"])
    async def test_of_another_order_are_refused(self, listing: Listing, other: str) -> None:
        (row,) = await listing.ask(page_size=1)
        async with refused(listing.world, "PT422", "cursor_invalid"):
            await listing.ask(sort=other, after=row["cursor"])

    async def test_for_both_directions_are_refused(self, listing: Listing) -> None:
        (row,) = await listing.ask(page_size=1)
        async with refused(listing.world, "PT422", "cursor_invalid"):
            await listing.ask(after=row["cursor"], before="end")

    async def test_need_no_escape_in_an_address(self, listing: Listing) -> None:
        cursors = [row["cursor"] for sort in SORTS for row in await listing.ask(sort=sort, page_size=300)]
        assert all(set(cursor) <= set(base64.urlsafe_b64encode(bytes(range(256))).decode()) - {"="} | set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
        ) for cursor in cursors)  # fmt: skip


class TestRows:
    async def test_are_those_of_the_index(self, listing: Listing) -> None:
        of_index = {row["session_id"]: row for row in listing.rows}
        names = {
            row["id"]: row["full_name"] or None
            for row in await listing.world.connection.fetch("select id, full_name from public.clients_v2")
        }
        rows = await listing.ask(page_size=1000)
        assert len(rows) == len(of_index)
        for row in map(dict, rows):
            expected = of_index[row["session_id"]]
            assert row.pop("cursor")
            assert row.pop("hit") is None
            assert row.pop("client_name") == names[row["client_id"]]
            assert sorted(row.pop("tags")) == sorted(expected["tags"])
            assert row == {name: expected[name] for name in row}

    @pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (3, 3), (10**9, 270)])
    async def test_are_as_many_as_may_be(self, listing: Listing, asked: int, given: int) -> None:
        assert len(await listing.ids(page_size=asked)) == given


class TestFacets:
    async def test_are_the_values_in_use_by_frequency(self, listing: Listing) -> None:
        found = await listing.world.call("owner_a", "dialogue_facets")
        columns = {
            "status": "status", "intent": "intent", "channel": "channel", "sentiment": "sentiment",
            "drop_off": "drop_off_stage",
        }  # fmt: skip
        assert set(found) == {*columns, "tags"}
        for name, column in columns.items():
            counts = Counter(row[column] for row in listing.rows)
            _are_in_order(found[name], counts)
        _are_in_order(found["tags"], Counter(tag for row in listing.rows for tag in row["tags"]))

    async def test_are_fifty_at_most(self, listing: Listing) -> None:
        connection = listing.world.connection
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(
                "update dashboard.dialogue_index set intent = 'intent ' || session_id where tenant_id = $1",
                SALON_A,
            )
            found = await listing.world.call("owner_a", "dialogue_facets")
        finally:
            await transaction.rollback()
        assert len(found["intent"]) == 50

    async def test_of_a_new_salon_are_empty(self, listing: Listing) -> None:
        connection = listing.world.connection
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(
                "delete from dashboard.dialogue_index; delete from dashboard.dialogue_tags"
            )
            found = await listing.world.call("owner_a", "dialogue_facets")
            assert (await listing.ask(), await listing.ask(before="end"), await listing.count()) == (
                [],
                [],
                0,
            )
        finally:
            await transaction.rollback()
        assert set(map(len, found.values())) == {0}


def _are_in_order(found: Sequence[str | None], counts: Counter[str | None]) -> None:
    assert set(found) == set(counts)
    times = [counts[value] for value in found]
    assert times == sorted(times, reverse=True)


READS = {
    "list": "select * from dashboard.list_dialogues('{}', page_size => 1000)",
    "count": "select dashboard.count_dialogues('{}')",
    "facets": "select dashboard.dialogue_facets()",
}


class TestAccess:
    @pytest.mark.parametrize("person", [name for name, (role, _) in PEOPLE.items() if role])
    async def test_everybody_sees_their_own_salon_alone(self, listing: Listing, person: str) -> None:
        salon = PEOPLE[person][1] or SALON_A
        in_salon = await listing.world.connection.fetch(
            "select session_id from dashboard.dialogue_index where tenant_id = $1", salon
        )
        async with listing.world.acting(person, salon) as connection:
            seen = await connection.fetch(READS["list"])
            counted = await connection.fetchval(READS["count"])
        assert {row["session_id"] for row in seen} == {row["session_id"] for row in in_salon}
        assert counted == len(in_salon)

    @pytest.mark.parametrize("read", READS)
    @pytest.mark.parametrize(
        ("person", "salon"), [("outsider", SALON_A), ("owner_b", SALON_A), ("owner_a", SALON_B),
        ("outsider", None)]
    )  # fmt: skip
    async def test_strangers_see_nothing(
        self, listing: Listing, read: str, person: str, salon: UUID | None
    ) -> None:
        stranger = listing.world.acting(person, salon)
        async with refused(listing.world, "PT403", "not_allowed"), stranger as connection:
            await connection.fetch(READS[read])

    @pytest.mark.parametrize("read", READS)
    async def test_a_role_without_the_permission_sees_nothing(self, listing: Listing, read: str) -> None:
        connection = listing.world.connection
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(
                "delete from dashboard.role_permissions"
                " where role = 'operator' and permission = 'dialogues.read'"
            )
            with pytest.raises(asyncpg.PostgresError, match="not_allowed"):
                async with listing.world.acting("operator_a") as acting:
                    await acting.fetch(READS[read])
        finally:
            await transaction.rollback()

    async def test_a_cursor_of_another_salon_opens_nothing_of_it(self, listing: Listing) -> None:
        (foreign,) = await listing.ask("owner_b", page_size=1)
        mine = {row["session_id"] for row in listing.rows}
        assert set(await listing.ids(after=foreign["cursor"], page_size=1000)) <= mine

    async def test_a_client_of_another_salon_has_no_dialogues_here(self, listing: Listing) -> None:
        (foreign,) = await listing.ask("owner_b", page_size=1)
        assert await listing.count(client=str(foreign["client_id"])) == 0


def test_the_list_made_in_python_is_in_order() -> None:
    rows = [
        {"session_id": UUID(int=number), "messages_count": value}
        for number, value in enumerate((None, 2, 1, 2))
    ]
    assert [row["session_id"].int for row in ordered(rows, "messages")] == [2, 1, 3, 0]
    assert [row["session_id"].int for row in ordered(rows, "-messages")] == [3, 1, 2, 0]
