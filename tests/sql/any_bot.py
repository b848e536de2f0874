"""A bot that does to its tables whatever they may meet, and what the index has to say then."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.sql.world import SALON_A, SALON_B, Connection

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
