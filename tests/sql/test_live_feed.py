"""The live feed: every row once and in order, to whom it belongs, whenever it was committed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql import told as bot
from tests.sql.world import MARKS, SALON_A, SALON_B, Connection, World, refused
from tests.waiting import until

NOW = datetime.now(UTC)


def texts(feed: dict[str, Any]) -> list[str | None]:
    return [row["text"] for row in feed["rows"]]


def places(feed: dict[str, Any]) -> list[tuple[int, int]]:
    parts = [row["place"].split(":") for row in feed["rows"]]
    return [(int(transaction), int(number)) for transaction, number in parts]


class TestWhoSeesWhat:
    """In one transaction; its own lines of the log stand there as if it had ended long since."""

    @pytest.fixture
    async def busy(self, world: World) -> World:
        for salon in (SALON_A, SALON_B):
            client = await world.add_client(salon)
            await bot.say(world, salon, client, NOW, f"said in {salon}")
        await bot.sync(world)
        await world.connection.execute("update dashboard.changes set xid = '700'")
        return world

    @pytest.mark.parametrize("person", ["platform", "owner_a", "admin_a", "operator_a"])
    async def test_a_member_sees_what_is_said_in_their_salon(self, busy: World, person: str) -> None:
        feed = await busy.call(person, "live_feed", tenant=SALON_A)
        assert f"said in {SALON_A}" in texts(feed)
        assert str(SALON_B) not in json.dumps(feed)
        assert MARKS[SALON_B] not in json.dumps(feed)

    async def test_another_salon_has_its_own(self, busy: World) -> None:
        feed = await busy.call("owner_b", "live_feed")
        assert f"said in {SALON_B}" in texts(feed)
        assert str(SALON_A) not in json.dumps(feed)

    @pytest.mark.parametrize("person", ["outsider", "owner_b"])
    async def test_nobody_else_sees_anything(self, busy: World, person: str) -> None:
        async with refused(busy, "PT403", "not_allowed"):
            await busy.call(person, "live_feed", tenant=SALON_A)

    @pytest.mark.parametrize("place", ["", "1", "1:2:3", "-1:0", "1:1; drop", "9" * 30 + ":1"])
    async def test_a_place_that_is_none_is_refused(self, busy: World, place: str) -> None:
        async with refused(busy, "PT422", "cursor_invalid"):
            await busy.call("owner_a", "live_feed", place)


_IS_QUIET = "select pg_snapshot_xmin(now) = pg_snapshot_xmax(now) from pg_current_snapshot() as now"


@dataclass
class Committed:
    """A salon whose bot commits every statement at once."""

    world: World
    client: UUID

    async def read(self, after: str | None = None, at_most: int = 100) -> dict[str, Any]:
        found: dict[str, Any] = await self.world.call("member", "live_feed", after, at_most, tenant=SALON_A)
        return found

    async def read_all(self) -> dict[str, Any]:
        """Once nothing else is at work: the server's own housekeeping is older than what was said, too."""
        await until(lambda: self.world.connection.fetchval(_IS_QUIET))
        return await self.read()

    async def say(self, *messages: str) -> None:
        for message in messages:
            await bot.say(self.world, SALON_A, self.client, datetime.now(UTC), message)
        await bot.sync(self.world)


@pytest.fixture
async def salon(dashboard_database: DashboardDatabase) -> AsyncIterator[Committed]:
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    world = World(connection, {})
    await world.add_salon(SALON_A, "Salon")
    await world.add_person("member", "operator", SALON_A)
    yield Committed(world, await world.add_client(SALON_A))
    await connection.close()


@pytest.fixture
async def other(dashboard_database: DashboardDatabase, salon: Committed) -> AsyncIterator[Connection]:
    """Another writer, whose transactions take longer."""
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    yield connection
    await connection.close()


async def note(connection: Connection, message_id: int) -> None:
    """A line of the log for a message that is known."""
    await connection.execute(
        "insert into dashboard.changes (tenant_id, stream, kind, message_id) values ($1, 'messages',"
        " 'message', $2)",
        SALON_A, message_id,
    )  # fmt: skip


class TestReadingOn:
    async def test_gives_each_row_once_and_in_order(self, salon: Committed) -> None:
        await salon.say("one")
        first = await salon.read_all()
        await salon.say("two", "three")
        await salon.say("four")
        second = await salon.read(first["cursor"])
        assert texts(first) == ["one"]
        assert sorted(map(str, texts(second))) == ["four", "three", "two"]
        assert texts(second)[-1] == "four"
        assert places(second) == sorted(places(second))
        assert (await salon.read(second["cursor"]))["rows"] == []

    async def test_goes_on_after_any_row(self, salon: Committed) -> None:
        for number in range(5):
            await salon.say(f"{number}")
        everything = await salon.read_all()
        after_second = await salon.read(everything["rows"][1]["place"])
        assert texts(after_second) == ["2", "3", "4"]

    async def test_comes_in_pieces(self, salon: Committed) -> None:
        start = (await salon.read())["cursor"]
        for number in range(5):
            await salon.say(f"{number}")
        one = await salon.read(start, 2)
        two = await salon.read(one["cursor"], 2)
        three = await salon.read(two["cursor"], 2)
        assert [texts(piece) for piece in (one, two, three)] == [["0", "1"], ["2", "3"], ["4"]]
        assert [piece["more"] for piece in (one, two, three)] == [True, True, False]

    async def test_without_a_place_gives_the_last_rows(self, salon: Committed) -> None:
        for number in range(5):
            await salon.say(f"{number}")
        assert texts(await salon.read(None, 2)) == ["3", "4"]

    async def test_misses_nothing_that_an_older_transaction_commits_late(
        self, salon: Committed, other: Connection
    ) -> None:
        await salon.say("seen")
        message = await other.fetchval("select max(message_id) from dashboard.message_index")
        start = (await salon.read())["cursor"]
        slow = other.transaction()
        await slow.start()
        await note(other, message)
        await note(salon.world.connection, message)
        while_open = await salon.read(start)
        assert while_open["rows"] == []
        await slow.commit()
        afterwards = await salon.read(while_open["cursor"])
        assert len(afterwards["rows"]) == 2
        assert places(afterwards) == sorted(places(afterwards))

    async def test_a_place_of_another_database_is_lost(self, salon: Committed) -> None:
        await salon.say("one")
        feed = await salon.read("999999999999:1")
        assert feed["lost"]
        assert texts(feed) == ["one"]
        assert (await salon.read(feed["cursor"]))["lost"] is False


class TestRows:
    async def test_a_dialogue_begins_books_and_ends(self, salon: Committed) -> None:
        began = NOW - timedelta(minutes=5)
        world = salon.world
        session = await world.begin(SALON_A, began)
        await bot.sync(world)
        client = await bot.client_of(world, session)
        await bot.say(world, SALON_A, client, NOW, "x" * 900, role="assistant", session_id=session)
        await bot.sync(world)
        await world.connection.execute("delete from public.active_sessions_v2")
        await world.archive(
            SALON_A, began, session_id=session, user_id=client, ended_at=NOW, final_status="done",
            booking_id="9", booking_status="confirmed", booking_amount=1500, booking_currency="RUB",
        )  # fmt: skip
        await bot.sync(world)
        rows = (await salon.read_all())["rows"]
        assert sorted(row["kind"] for row in rows) == ["booked", "ended", "message", "started"]
        by_kind = {row["kind"]: row for row in rows}
        assert {row["session_id"] for row in rows} == {str(session)}
        message = by_kind["message"]
        assert (message["role"], len(message["text"]), message["is_cut"]) == ("assistant", 500, True)
        assert (by_kind["booked"]["booking_amount"], by_kind["booked"]["booking_currency"]) == (1500, "RUB")
        assert by_kind["ended"]["status"] == "done"
        assert datetime.fromisoformat(by_kind["started"]["at"]) == began
        assert {row["status"] for row in rows if row["kind"] != "ended"} == {None}

    async def test_a_message_that_the_bot_removed_has_no_text(self, salon: Committed) -> None:
        await salon.say("private")
        await salon.world.connection.execute("delete from public.recent_history_v2")
        (row,) = (await salon.read_all())["rows"]
        assert (row["kind"], row["role"], row["text"]) == ("message", "user", None)
        assert "private" not in json.dumps(row)

    async def test_what_is_hostile_is_cut_and_kept_as_it_is(self, salon: Committed) -> None:
        hostile = "<img src=x onerror=alert(1)>" * 50
        await salon.world.connection.execute(
            "update public.clients_v2 set full_name = $1 where id = $2", hostile, salon.client
        )
        await bot.say(salon.world, SALON_A, salon.client, NOW, hostile, role=hostile, channel=hostile)
        await bot.sync(salon.world)
        (row,) = (await salon.read_all())["rows"]
        assert [len(row[name]) for name in ("client_name", "channel", "role", "text")] == [200, 200, 200, 500]
        assert hostile.startswith(row["text"])
