"""The indexes of dialogues and messages: at the bot's heels, and exact at every moment where it counts."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql.world import SALON_A, SALON_B, Connection, World, refused

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIRST, LAST = NOW - timedelta(days=40), NOW + timedelta(days=1)
COLUMNS = (
    "session_id, client_id, channel, started_at, ended_at, last_activity_at, is_active, status, intent,"
    " booking_status, booking_amount, drop_off_stage, sentiment, messages_count"
)
# What figures read: the index but for what it has not seen, and that as it is now.
CURRENT = """
    with reading as materialized (select dashboard.begin_reading($1, $2, $3, false) as one)
    select dialogue.*
    from (
      select known.* from reading inner join dashboard.dialogue_index as known
        on known.tenant_id = $1 and known.session_id <> all((reading.one).removed)
      union all
      select fresh.* from reading cross join unnest((reading.one).fresh) as fresh
    ) as dialogue
    where dialogue.started_at >= $4 and dialogue.started_at < $5
"""


def within(salon: UUID) -> tuple[object, ...]:
    """The arguments of CURRENT: all of the tests' days, in the salon's zone, which is UTC."""
    return salon, FIRST.date(), LAST.date(), FIRST, LAST


@pytest.fixture
async def bot(dashboard_database: DashboardDatabase) -> AsyncIterator[Connection]:
    """The bot's own connection, every statement committed at once: a row's version is its transaction."""
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    for salon in (SALON_A, SALON_B):
        await connection.execute("insert into public.tenants_v2 (id, name) values ($1, 'Salon')", salon)
    yield connection
    await connection.close()


async def sync(bot: Connection, *, whole: bool = False, batch: int = 2000) -> int:
    """Work until nothing is left; how much there was."""
    done = 0
    while True:
        step = json.loads(await bot.fetchval("select dashboard.sync_index($1, $2)", batch, whole))
        done += int(step["dialogues"] + step["messages"])
        if not step["behind"]:
            return done


async def add_client(bot: Connection, salon: UUID = SALON_A) -> UUID:
    client: UUID = await bot.fetchval(
        "insert into public.clients_v2 (tenant_id) values ($1) returning id", salon
    )
    return client


async def insert(bot: Connection, table: str, **row: Any) -> Any:
    names, places = ", ".join(row), ", ".join(f"${number}" for number in range(1, len(row) + 1))
    statement = f"insert into public.{table} ({names}) values ({places}) returning *"
    return await bot.fetchval(statement, *row.values())


async def archive(
    bot: Connection, client: UUID, started_at: datetime, salon: UUID = SALON_A, **row: Any
) -> int:
    row = {"session_id": uuid4(), "channel": "telegram", "final_status": "done", "ended_at": started_at} | row
    return int(
        await insert(
            bot, "conversation_sessions_v2", tenant_id=salon, user_id=client, started_at=started_at, **row
        )
    )


async def say(
    bot: Connection, client: UUID, sent_at: datetime, role: str = "user", message: str = "hello", **row: Any
) -> int:
    return int(
        await insert(
            bot,
            "recent_history_v2",
            tenant_id=SALON_A,
            user_id=client,
            role=role,
            message=message,
            created_at=sent_at,
            **row,
        )
    )


async def shown(bot: Connection, source: str, salon: UUID) -> list[tuple[object, ...]]:
    rows = await bot.fetch(
        f"select {COLUMNS} from {source} where tenant_id = $1 and started_at >= $2 and started_at < $3"
        " order by session_id",
        salon, FIRST, LAST,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def assert_exact(bot: Connection) -> None:
    """What figures are made of is what the bot's tables say now, told by a query that knows no index."""
    for salon in (SALON_A, SALON_B):
        current = await bot.fetch(
            f"select {COLUMNS} from ({CURRENT}) as one order by session_id", *within(salon)
        )
        assert [tuple(row) for row in current] == await shown(bot, "dashboard.all_dialogues", salon)


async def attached(bot: Connection) -> dict[int, tuple[UUID | None, bool]]:
    rows = await bot.fetch("select message_id, session_id, is_inferred from dashboard.message_index")
    return {row["message_id"]: (row["session_id"], row["is_inferred"]) for row in rows}


class Bot:
    """Does to the bot's tables whatever they may meet, by a seed."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.connection, self.random = connection, random.Random(seed)

    async def act(self) -> None:
        acts = (
            self.begin, self.begin, self.go_on, self.finish, self.finish, self.late, self.twice, self.cancel,
            self.move, self.remove, self.remove_row, self.forget_active, self.leave_behind, self.talk,
        )  # fmt: skip
        act = self.random.choice(acts)
        await act()

    def moment(self) -> datetime:
        return FIRST + timedelta(minutes=self.random.randrange(40 * 24 * 60))

    def salon(self) -> UUID:
        return self.random.choice([SALON_A, SALON_B])

    async def one_of(self, table: str) -> asyncpg.Record | None:
        rows = await self.connection.fetch(f"select * from public.{table} order by created_at, session_id")
        return self.random.choice(rows) if rows else None

    async def begin(self) -> None:
        salon, moment = self.salon(), self.moment()
        client = await add_client(self.connection, salon)
        await insert(
            self.connection, "active_sessions_v2", session_id=uuid4(), tenant_id=salon, user_id=client,
            created_at=moment, last_activity_at=moment,
        )  # fmt: skip

    async def go_on(self) -> None:
        if session := await self.one_of("active_sessions_v2"):
            await self.connection.execute(
                "update public.active_sessions_v2 set intent = 'booking', current_step = 'time_selection',"
                " last_activity_at = last_activity_at + interval '1 min' where session_id = $1",
                session["session_id"],
            )

    async def finish(self) -> None:
        if session := await self.one_of("active_sessions_v2"):
            async with self.connection.transaction():
                await self._archive(session, session["created_at"])
                await self.connection.execute(
                    "delete from public.active_sessions_v2 where session_id = $1", session["session_id"]
                )

    async def leave_behind(self) -> None:
        if session := await self.one_of("active_sessions_v2"):
            await self._archive(session, session["created_at"])

    async def late(self) -> None:
        salon = self.salon()
        earlier = await self.one_of("conversation_sessions_v2")
        if earlier and self.random.random() < 0.6:
            await archive(self.connection, earlier["user_id"], self.moment(), earlier["tenant_id"])
        else:
            await archive(self.connection, await add_client(self.connection, salon), self.moment(), salon)

    async def twice(self) -> None:
        if session := await self.one_of("conversation_sessions_v2"):
            await self._archive(session, self.moment())

    async def cancel(self) -> None:
        if session := await self.one_of("conversation_sessions_v2"):
            await self.connection.execute(
                "update public.conversation_sessions_v2 set booking_status = 'cancelled' where id = $1",
                session["id"],
            )

    async def move(self) -> None:
        if session := await self.one_of("conversation_sessions_v2"):
            await self.connection.execute(
                "update public.conversation_sessions_v2 set started_at = $2 where id = $1",
                session["id"], self.moment(),
            )  # fmt: skip

    async def remove(self) -> None:
        if session := await self.one_of("conversation_sessions_v2"):
            await self.connection.execute(
                "delete from public.conversation_sessions_v2 where session_id = $1", session["session_id"]
            )

    async def remove_row(self) -> None:
        if session := await self.one_of("conversation_sessions_v2"):
            await self.connection.execute(
                "delete from public.conversation_sessions_v2 where id = $1", session["id"]
            )

    async def forget_active(self) -> None:
        if session := await self.one_of("active_sessions_v2"):
            await self.connection.execute(
                "delete from public.active_sessions_v2 where session_id = $1", session["session_id"]
            )

    async def talk(self) -> None:
        if session := await self.one_of("active_sessions_v2"):
            await insert(
                self.connection, "recent_history_v2", tenant_id=session["tenant_id"],
                user_id=session["user_id"], role="user", message="hi", created_at=session["created_at"],
            )  # fmt: skip

    async def _archive(self, session: asyncpg.Record, started_at: datetime) -> None:
        await archive(
            self.connection, session["user_id"], started_at, session["tenant_id"],
            session_id=session["session_id"], booking_status=self.random.choice([None, "confirmed"]),
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_what_figures_read_is_exact_at_every_moment(bot: Connection, seed: int) -> None:
    acting = Bot(bot, seed)
    for step in range(90):
        await acting.act()
        if step % 7 == 3:
            await sync(bot, whole=acting.random.random() < 0.3, batch=acting.random.choice([1, 3, 2000]))
        if step % 3 == 0:
            await assert_exact(bot)
    await sync(bot, whole=True)
    await assert_exact(bot)
    for salon in (SALON_A, SALON_B):
        assert await shown(bot, "dashboard.dialogue_index", salon) == await shown(
            bot, "dashboard.all_dialogues", salon
        )
    assert await sync(bot, whole=True) == 0
    marked = await bot.fetch("select session_id from dashboard.dialogue_index where is_first order by 1")
    firsts = await bot.fetch(
        "select session_id from (select distinct on (tenant_id, client_id) session_id"
        " from dashboard.dialogue_index order by tenant_id, client_id, started_at, session_id) as one"
        " order by 1"
    )
    assert marked == firsts


async def test_an_end_that_is_told_elsewhere_ends_the_dialogue_here(bot: Connection) -> None:
    client, session = await add_client(bot), uuid4()
    await insert(
        bot, "active_sessions_v2", session_id=session, tenant_id=SALON_A, user_id=client, created_at=NOW
    )  # fmt: skip
    await sync(bot)
    await archive(bot, client, FIRST - timedelta(days=90), session_id=session)
    await assert_exact(bot)
    await sync(bot)
    await assert_exact(bot)


async def test_what_commits_late_is_found_later(
    bot: Connection, dashboard_database: DashboardDatabase
) -> None:
    client = await add_client(bot)
    late = await asyncpg.connect(dashboard_database.superuser_uri)
    slow = late.transaction()
    await slow.start()
    first = await archive(late, client, NOW - timedelta(days=1))
    said = await say(late, client, NOW - timedelta(days=1))
    await archive(bot, client, NOW - timedelta(days=2))
    await say(bot, client, NOW - timedelta(days=2))
    assert await sync(bot) == 2
    await slow.commit()
    await late.close()
    assert await sync(bot) == 2
    assert (
        await bot.fetchval("select count(*) from dashboard.dialogue_index where archive_id = $1", first) == 1
    )
    assert said in await attached(bot)


async def test_messages_find_their_dialogue_by_client_channel_and_time(bot: Connection) -> None:
    client, other = await add_client(bot), await add_client(bot)
    end = NOW + timedelta(minutes=10)
    morning, evening, chat = uuid4(), uuid4(), uuid4()
    await archive(bot, client, NOW, session_id=morning, ended_at=end)
    await archive(
        bot, client, NOW + timedelta(minutes=30), session_id=evening, ended_at=NOW + timedelta(minutes=40)
    )
    await archive(bot, client, NOW, session_id=chat, channel="whatsapp", ended_at=end)
    expected = {
        await say(bot, client, NOW - timedelta(seconds=90), channel="telegram"): morning,
        await say(bot, client, NOW + timedelta(minutes=5), channel="telegram"): morning,
        await say(bot, client, NOW + timedelta(minutes=5), channel="whatsapp"): chat,
        await say(bot, client, end + timedelta(minutes=2), channel="telegram"): morning,
        await say(bot, client, NOW + timedelta(minutes=35), channel="telegram"): evening,
        await say(bot, client, NOW + timedelta(hours=5), channel="telegram"): None,
        await say(bot, other, NOW + timedelta(minutes=5), channel="telegram"): None,
    }
    await sync(bot)
    assert await attached(bot) == {message: (session, True) for message, session in expected.items()}


async def test_a_message_that_names_its_dialogue_is_not_guessed_at(bot: Connection) -> None:
    client, session = await add_client(bot), uuid4()
    await archive(bot, client, NOW)
    message = await say(bot, client, NOW, session_id=session)
    await sync(bot)
    assert await attached(bot) == {message: (session, False)}


async def test_messages_move_to_a_dialogue_that_comes_later(bot: Connection) -> None:
    client = await add_client(bot)
    message = await say(bot, client, NOW)
    await sync(bot)
    assert await attached(bot) == {message: (None, True)}
    session = uuid4()
    await archive(bot, client, NOW, session_id=session)
    await sync(bot)
    assert await attached(bot) == {message: (session, True)}
    await bot.execute("delete from public.conversation_sessions_v2")
    await sync(bot, whole=True)
    assert await attached(bot) == {message: (None, True)}


async def test_the_first_reply_is_measured_and_stays_current(bot: Connection) -> None:
    client = await add_client(bot)
    await archive(bot, client, NOW, ended_at=NOW + timedelta(minutes=5))

    async def reply() -> object:
        return await bot.fetchval(f"select first_reply_ms from ({CURRENT}) as one", *within(SALON_A))

    await say(bot, client, NOW - timedelta(seconds=1), "assistant")
    await say(bot, client, NOW)
    assert await reply() is None
    await sync(bot)
    assert await reply() is None
    await say(bot, client, NOW + timedelta(seconds=2.5), "assistant")
    assert await reply() == 2500
    await sync(bot)
    assert await reply() == 2500
    assert await bot.fetchval("select first_reply_ms from dashboard.dialogue_index") == 2500


@pytest.mark.parametrize(
    ("row", "meta", "stage"),
    [
        ({}, {}, 1),
        ({"final_intent": "price"}, {"services_mentioned": ["Haircut"]}, 1),
        ({"final_intent": " Booking"}, {}, 2),
        ({"final_intent": "Запись"}, {}, 2),
        ({}, {"drop_off_stage": "service_selection"}, 2),
        ({}, {"drop_off_stage": "staff_selection"}, 3),
        ({"final_intent": "price"}, {"services_selected": ["Haircut"]}, 3),
        ({}, {"drop_off_stage": "time_selection"}, 4),
        ({}, {"staff_id": 7}, 4),
        ({"booking_status": "cancelled"}, {}, 4),
        ({"booking_status": "confirmed"}, {}, 5),
        ({"booking_status": "confirmed"}, {"drop_off_stage": "service_selection"}, 5),
        ({"final_intent": "book"}, {"drop_off_stage": 5, "services_selected": "x", "staff_id": {}}, 2),
    ],
    ids=str,
)
async def test_how_far_a_dialogue_came(
    world: World, row: dict[str, Any], meta: dict[str, Any], stage: int
) -> None:
    session = await world.archive(SALON_A, NOW, meta=json.dumps(meta), **row)
    await sync(world.connection)
    assert stage == await world.connection.fetchval(
        "select stage from dashboard.dialogue_index where session_id = $1", session
    )


@pytest.mark.parametrize(
    ("meta", "services"),
    [
        ({"services_selected": ["A"], "services_mentioned": ["B"]}, ["A"]),
        (
            {"services_selected": [], "services_mentioned": ["B", {"title": "C"}, 5, None, {}, [1]]},
            ["B", "C", "5"],
        ),
        ({"services_mentioned": {"not": "a list"}}, []),
        (
            {"services_mentioned": [str(number) for number in range(30)]},
            [str(number) for number in range(20)],
        ),
    ],
    ids=["selected", "odd", "no-list", "many"],
)
async def test_services_are_read_from_what_bots_wrote(
    world: World, meta: dict[str, Any], services: list[str]
) -> None:
    session = await world.archive(SALON_A, NOW, meta=json.dumps(meta))
    await sync(world.connection)
    assert services == await world.connection.fetchval(
        "select services from dashboard.dialogue_index where session_id = $1", session
    )


async def test_words_are_stems_of_both_languages_and_no_text_is_kept(bot: Connection) -> None:
    client = await add_client(bot)
    await say(bot, client, NOW, message="Хочу записаться на стрижку to the hairdressers tomorrow")
    await sync(bot)
    for query in ("стрижка", "стрижки", "hairdresser", "записать"):
        assert await bot.fetchval(
            "select count(*) from dashboard.message_index"
            " where words @@ (('''t:' || $1::text || '''')::tsquery && websearch_to_tsquery('russian', $2))",
            str(SALON_A)[:8], query,
        ), query  # fmt: skip
    kept = await bot.fetchval("select row_to_json(i)::text from dashboard.message_index as i")
    assert "Хочу" not in kept


async def test_a_message_that_the_bot_erased_is_forgotten(bot: Connection) -> None:
    client = await add_client(bot)
    await say(bot, client, NOW)
    await sync(bot)
    await bot.execute("delete from public.recent_history_v2")
    await sync(bot, whole=True)
    assert await attached(bot) == {}


async def test_only_the_worker_may_sync(world: World) -> None:
    for person in ("owner_a", "platform"):
        async with refused(world, "42501"):
            await world.call(person, "sync_index", 10, False)
