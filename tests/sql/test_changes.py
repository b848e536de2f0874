"""The log of changes: told once, in order, to its own salon, whoever commits late."""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from queries.changes import Stream
from tests.database import DashboardDatabase
from tests.sql.told import client_of, say, sync, tell_of_one
from tests.sql.world import SALON_A, SALON_B, Caller, Connection, World, refused

MANY = 501
"""More dialogues of a salon in one look than are told of one by one."""


def live(tenant: UUID | str | None) -> Caller:
    return Caller("dashboard_live", {"app_metadata": {"tenant_id": str(tenant)}})


async def put(connection: Connection, *streams: str, tenant: UUID = SALON_A) -> None:
    await connection.executemany(
        "insert into dashboard.changes (tenant_id, stream) values ($1, $2)",
        [(tenant, one) for one in streams],
    )


class Reader:
    """Reads on with a token of the panel; keeps what it was told."""

    def __init__(self, connection: Connection, tenant: UUID = SALON_A) -> None:
        self._connection = connection
        self._claims = json.dumps({"role": "dashboard_live", "app_metadata": {"tenant_id": str(tenant)}})
        self.cursor: str | None = None
        self.told: list[dict[str, Any]] = []
        self.early: list[dict[str, Any]] = []

    async def look(self, at_most: int = 1000) -> dict[str, Any]:
        async with self._connection.transaction():
            await self._connection.execute(
                "select set_config('request.jwt.claims', $1, true),"
                " set_config('role', 'dashboard_live', true)",
                self._claims,
            )
            news: dict[str, Any] = json.loads(
                await self._connection.fetchval(
                    "select dashboard.changes_after($1, $2)", self.cursor, at_most
                )
            )
        self.cursor = news["cursor"]
        self.told += news["changes"]
        self.early = news["early"]
        return news

    @property
    def streams(self) -> list[str]:
        return [change["stream"] for change in self.told]


@pytest.fixture
async def connections(dashboard_database: DashboardDatabase) -> AsyncIterator[Sequence[Connection]]:
    """Connections that commit, as the bot's and the panel's do."""
    opened = [await asyncpg.connect(dashboard_database.superuser_uri) for _ in range(6)]
    yield opened
    for connection in opened:
        await connection.close()


async def test_a_reader_begins_at_the_end_and_is_told_what_comes(connections: Sequence[Connection]) -> None:
    writer, *_, reading = connections
    await put(writer, "tenant")
    reader = Reader(reading)
    assert (await reader.look())["changes"] == []
    await put(writer, "members", "audit")
    await put(writer, "jobs", tenant=SALON_B)
    await reader.look()
    await reader.look()
    assert reader.streams == ["members", "audit"]


async def test_what_is_committed_late_is_told_and_in_its_place(connections: Sequence[Connection]) -> None:
    slow, quick, *_, reading = connections
    reader = Reader(reading)
    await reader.look()
    transaction = slow.transaction()
    await transaction.start()
    await put(slow, "tenant")
    await put(quick, "members")
    await put(quick, "audit")
    news = await reader.look()
    assert (news["changes"], [one["stream"] for one in news["early"]]) == ([], ["members", "audit"])
    await transaction.commit()
    await reader.look()
    assert (reader.streams, reader.early) == (["tenant", "members", "audit"], [])


async def test_what_is_rolled_back_is_never_told(connections: Sequence[Connection]) -> None:
    slow, quick, *_, reading = connections
    reader = Reader(reading)
    await reader.look()
    transaction = slow.transaction()
    await transaction.start()
    await put(slow, "tenant")
    await put(quick, "members")
    await transaction.rollback()
    await reader.look()
    assert reader.streams == ["members"]


async def test_a_long_answer_is_read_on(connections: Sequence[Connection]) -> None:
    writer, *_, reading = connections
    reader = Reader(reading)
    await reader.look()
    async with writer.transaction():
        await put(writer, *["members", "audit"] * 5)
    mores = [(await reader.look(4))["more"] for _ in range(3)]
    assert (mores, reader.streams) == ([True, True, False], ["members", "audit"] * 5)


@pytest.mark.parametrize("seed", range(3))
async def test_random_writers_are_told_of_once_and_in_order(
    connections: Sequence[Connection], seed: int
) -> None:
    """Transactions of any length, some of them rolled back, looked at at any moment."""
    *writers, reading = connections
    chance, reader = random.Random(seed), Reader(reading)
    await reader.look()
    open_ones: dict[Connection, Any] = {}
    for _ in range(300):
        writer = chance.choice(writers)
        if writer not in open_ones:
            open_ones[writer] = writer.transaction()
            await open_ones[writer].start()
        elif chance.random() < 0.6:
            await put(writer, chance.choice(["members", "audit", "jobs"]))
        elif chance.random() < 0.8:
            await open_ones.pop(writer).commit()
        else:
            await open_ones.pop(writer).rollback()
        if chance.random() < 0.4:
            await reader.look(chance.choice([1, 3, 1000]))
    for transaction in open_ones.values():
        await transaction.commit()
    while (await reader.look())["more"]:
        pass
    rows = await reading.fetch("select change_id from dashboard.changes order by xid, change_id")
    assert [change["id"] for change in reader.told] == [row["change_id"] for row in rows]
    assert len(rows) > 30


async def test_a_place_in_the_future_is_lost(connections: Sequence[Connection]) -> None:
    """As after a backup was restored: the log does not reach to where the reader was."""
    writer, *_, reading = connections
    reader = Reader(reading)
    reader.cursor = "999999999:0"
    assert (await reader.look())["lost"]
    await put(writer, "members")
    assert not (await reader.look())["lost"]
    assert reader.streams == ["members"]


@pytest.mark.parametrize(
    "place", ["", "1", "1:", "a:b", "1:1:1", "-1:0", "1:0; drop table x", "9" * 40 + ":0"]
)
async def test_a_place_that_is_none_is_refused(world: World, place: str) -> None:
    async with refused(world, "PT422", "cursor_invalid"):
        await world.call(live(SALON_A), "changes_after", place)


async def test_nobody_reads_without_a_token_of_the_panel(world: World) -> None:
    for caller in (live(None), live("%"), Caller("dashboard_live", {})):
        async with refused(world, "PT403", "not_allowed"):
            await world.call(caller, "changes_after")
        async with refused(world, "PT403", "not_allowed"):
            await world.call(caller, "ring_canary", 1)
    for caller in (world.caller("owner_a"), Caller("anon"), Caller("dashboard_worker")):
        for function in ("changes_after", "published_tables"):
            async with refused(world, "42501"):
                await world.call(caller, function)


async def changes(world: World, tenant: UUID = SALON_A) -> list[tuple[str, str, UUID | None, int | None]]:
    rows = await world.connection.fetch(
        "select stream, kind, session_id, message_id from dashboard.changes where tenant_id = $1"
        " order by change_id",
        tenant,
    )
    return [tuple(row) for row in rows]


async def forget(world: World) -> None:
    await sync(world)
    await world.connection.execute("delete from dashboard.changes; delete from realtime.messages")


async def rung(world: World) -> list[tuple[str, str, bool]]:
    rows = await world.connection.fetch(
        "select distinct topic, event, private from realtime.messages where topic like 'tenant:%'"
    )
    return sorted((row["topic"], row["event"], row["private"]) for row in rows)


async def test_what_people_do_is_told_and_rung(world: World) -> None:
    await tell_of_one(world)
    await forget(world)
    (session,) = await world.connection.fetchrow(
        "select session_id from dashboard.dialogue_notes where tenant_id = $1", SALON_A
    ) or (None,)
    await world.write("operator_a", "add_tag", session, "vip")
    assert await changes(world) == [
        ("audit", "changed", None, None), ("annotations", "changed", session, None),
    ]  # fmt: skip
    await world.write("owner_a", "save_tenant_settings", "Europe/Moscow", "EUR")
    await world.write("owner_a", "change_role", world.people["admin_a"], "operator")
    assert {stream for stream, *_ in (await changes(world))[2:]} == {"audit", "tenant", "members"}
    assert await rung(world) == [(f"tenant:{SALON_A}:changes", "changed", True)]
    assert await changes(world, SALON_B) == []


async def test_a_dialogue_is_told_from_its_beginning_to_its_end(world: World) -> None:
    await forget(world)
    now = datetime.now(UTC)
    session = await world.begin(SALON_A, now)
    client = await client_of(world, session)
    message = await say(world, SALON_A, client, now)
    await sync(world)
    told = await changes(world)
    assert {change[1:3] for change in told if change[0] == "dialogues"} == {
        ("changed", session), ("started", session),
    }  # fmt: skip
    assert [change for change in told if change[0] == "messages"] == [
        ("messages", "message", session, message)
    ]
    await world.connection.execute("delete from public.active_sessions_v2 where session_id = $1", session)
    await world.archive(
        SALON_A,
        now,
        session_id=session,
        user_id=client,
        ended_at=now,
        booking_id="b",
        booking_status="confirmed",
    )
    await sync(world)
    later = (await changes(world))[len(told) :]
    assert {change[1] for change in later if change[2] == session} >= {"changed", "booked", "ended"}
    await world.connection.execute("update public.conversation_sessions_v2 set summary = 'x'")
    await sync(world)
    kinds = [change[1] for change in await changes(world) if change[2] == session]
    assert [kinds.count(kind) for kind in ("started", "booked", "ended")] == [1, 1, 1]


async def test_what_happened_between_two_looks_is_told_in_its_order(world: World) -> None:
    await forget(world)
    began, ended = datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC)
    client = await world.add_client(SALON_A)
    await world.archive(
        SALON_A, began, user_id=client, ended_at=ended, booking_id="b", booking_status="confirmed"
    )
    for sent_at in (ended, began):
        await say(world, SALON_A, client, sent_at)
    await sync(world)
    kinds = [kind for _, kind, *_ in await changes(world) if kind != "changed"]
    assert kinds == ["started", "message", "message", "booked", "ended"]


async def test_the_first_filling_of_the_index_is_told_in_one(world: World) -> None:
    await forget(world)
    long_ago = datetime(2026, 1, 5, tzinfo=UTC)
    client = await world.add_client(SALON_A)
    for _ in range(MANY):
        await world.archive(SALON_A, long_ago, user_id=client, session_id=uuid4())
    await say(world, SALON_A, client, long_ago)
    await sync(world)
    told = await changes(world)
    assert told.count(("dialogues", "changed", None, None)) == 1
    assert ("messages", "changed", None, None) in told
    assert len(told) < 10


async def test_a_removed_message_is_told(world: World) -> None:
    now = datetime.now(UTC)
    session = await world.begin(SALON_A, now)
    message = await say(world, SALON_A, await client_of(world, session), now)
    await forget(world)
    await world.connection.execute("delete from public.recent_history_v2 where id = $1", message)
    await sync(world)
    assert ("dialogues", "changed", session, None) in await changes(world)


async def test_a_sign_of_life_goes_to_the_salon_of_the_token(world: World) -> None:
    await forget(world)
    await world.call(live(SALON_A), "ring_canary", 7)
    assert await rung(world) == [(f"tenant:{SALON_A}:changes", "canary", True)]
    assert await changes(world) == []


async def test_a_panel_touches_its_own_row_and_old_ones_go(world: World) -> None:
    await world.connection.execute(
        "insert into dashboard.canaries (canary_id, beat, touched_at)"
        " values ($1, 1, now() - interval '2 days')",
        uuid4(),
    )
    mine = uuid4()
    for beat in (1, 2):
        await world.call(Caller("dashboard_live"), "touch_canary", mine, beat)
    async with world.acting(Caller("dashboard_live")) as connection:
        rows = await connection.fetch("select canary_id, beat from dashboard.canaries")
    assert [tuple(row) for row in rows] == [(mine, 2)]


async def test_it_is_known_which_tables_realtime_tells_of(world: World) -> None:
    async def told() -> set[str]:
        async with world.acting(Caller("dashboard_live")) as connection:
            rows = await connection.fetch("select dashboard.published_tables() as name")
        return {row["name"] for row in rows}

    assert {"recent_history_v2", "active_sessions_v2", "conversation_sessions_v2"} <= await told()
    await world.connection.execute("alter publication supabase_realtime drop table public.recent_history_v2")
    assert "recent_history_v2" not in await told()


async def test_a_write_is_done_all_the_same_where_nothing_can_be_sent(world: World) -> None:
    await forget(world)
    await world.connection.execute("drop function realtime.send(jsonb, text, text, boolean) cascade")
    await world.write("owner_a", "save_tenant_settings", "Europe/Moscow", "EUR")
    assert {stream for stream, *_ in await changes(world)} == {"audit", "tenant"}


async def test_every_stream_that_is_written_can_be_read(world: World) -> None:
    """A bell that does not know a stream would stop at its first row."""
    written = await world.connection.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'changes_stream_check'"
    )
    streams = set(re.findall(r"'([a-z]+)'", written))
    assert {"runs", "commands"} <= streams
    assert streams <= set(Stream)
