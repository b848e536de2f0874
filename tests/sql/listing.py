"""Two salons with a few hundred dialogues, full of ties and gaps, and the list as it ought to be."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.database import DashboardDatabase, copy_of
from tests.sql.syncing import synced
from tests.sql.world import MARKS, PEOPLE, SALON_A, SALON_B, World

ZONE = ZoneInfo("Asia/Kolkata")  # half an hour off, so that a day of UTC is never a day of the salon
NOW = datetime.now(UTC).replace(microsecond=0)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
CLIENTS = 40
ARCHIVED, ACTIVE, FOREIGN = 240, 30, 60

Row = Mapping[str, Any]
Predicate = Callable[[Row], bool]


@dataclass(frozen=True)
class Listing:
    """The salon's dialogues as the index has them.

    Each with its `tags`, its `local` start, and the `first_day` and `last_visit` of its client.
    """

    world: World
    rows: list[dict[str, Any]]

    async def ask(self, person: str = "owner_a", /, **arguments: Any) -> list[asyncpg.Record]:
        """One page of the list; `filters` is {} unless given."""
        arguments = {"filters": {}} | arguments
        arguments["filters"] = json.dumps(arguments["filters"])
        named = ", ".join(f"{name} => ${place}" for place, name in enumerate(arguments, 1))
        async with self.world.acting(person) as connection:
            return await connection.fetch(
                f"select * from dashboard.list_dialogues({named})", *arguments.values()
            )

    async def ids(self, **arguments: Any) -> list[UUID]:
        """The ids of one page."""
        return [row["session_id"] for row in await self.ask(**arguments)]

    async def count(self, person: str = "owner_a", /, **filters: Any) -> int:
        """The length of the list."""
        counted = await self.world.call(person, "count_dialogues", json.dumps(filters))
        assert isinstance(counted, int)
        return counted

    def expected(self, *predicates: Predicate, sort: str = "-started") -> list[UUID]:
        """The ids of all rows that are all of this, in the order of the list."""
        found = [row for row in self.rows if all(predicate(row) for predicate in predicates)]
        return [row["session_id"] for row in ordered(found, sort)]


COLUMNS = {
    "started": "started_at",
    "activity": "last_activity_at",
    "messages": "messages_count",
    "amount": "booking_amount",
    "reply": "first_reply_ms",
}


def ordered(rows: Iterable[Row], sort: str) -> list[Row]:
    """By the sort's column, then by id; rows without a value last."""
    column, is_descending = COLUMNS[sort.removeprefix("-")], sort.startswith("-")
    by_id = sorted(rows, key=lambda row: row["session_id"].int, reverse=is_descending)
    known = [row for row in by_id if row[column] is not None]
    known.sort(key=lambda row: row[column], reverse=is_descending)  # stable also when reversed
    return known + [row for row in by_id if row[column] is None]


@pytest.fixture(scope="module")
async def listing(migrated_template: DashboardDatabase) -> AsyncIterator[Listing]:
    """Read only: the tests of a module share it."""
    database = copy_of(migrated_template)
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        world = World(connection, {})
        for salon, mark in MARKS.items():
            await world.add_salon(salon, f"Salon {mark}", timezone=ZONE.key, currency="RUB")
        for name, (role, tenant) in PEOPLE.items():
            await world.add_person(name, role, tenant)
        await _fill(connection, SALON_A, ARCHIVED, ACTIVE)
        await _fill(connection, SALON_B, FOREIGN, FOREIGN)
        await synced(connection)
        yield Listing(world, await _indexed(connection, SALON_A))
    finally:
        await connection.close()
        database.cluster.drop_database(database.name)


async def _indexed(connection: "asyncpg.Connection[asyncpg.Record]", salon: UUID) -> list[dict[str, Any]]:
    rows = await connection.fetch(
        """
        select dialogue.*, array(
          select tag from dashboard.dialogue_tags as label
          where label.tenant_id = dialogue.tenant_id and label.session_id = dialogue.session_id
        ) as tags, (
          select (ltm_data ->> 'last_visit_date')::date from public.user_ltm_v2
          where user_id = dialogue.client_id
        ) as last_visit
        from dashboard.dialogue_index as dialogue
        where tenant_id = $1
        """,
        salon,
    )
    found = [dict(row) for row in rows]
    for row in found:
        row["local"] = row["started_at"] and row["started_at"].astimezone(ZONE)
    for row in found:
        days = [other["local"].date() for other in found
                if other["client_id"] == row["client_id"] and other["local"]]  # fmt: skip
        row["first_day"] = min(days, default=None)
    return found


async def _fill(
    connection: "asyncpg.Connection[asyncpg.Record]", salon: UUID, archived: int, active: int
) -> None:
    random = Random(7)
    clients = [uuid5(salon, f"client {number}") for number in range(CLIENTS)]
    await connection.executemany(
        "insert into public.clients_v2 (id, tenant_id, full_name) values ($1, $2, $3)",
        [(client, salon, random.choice(("Анна", "Борис", "", None))) for client in clients],
    )
    await connection.executemany(
        "insert into public.user_ltm_v2 (tenant_id, user_id, ltm_data)"
        " values ($1, $2, jsonb_build_object('last_visit_date', $3::text))",
        [
            (salon, client, str((FIRST + timedelta(days=random.randrange(100))).date()))
            for client in clients[5:]
        ],
    )
    # A few moments for many dialogues, some of them minutes from a local midnight.
    moments = [FIRST + timedelta(minutes=random.randrange(90 * 24 * 60)) for _ in range(50)]
    moments += [
        FIRST + timedelta(days=day, hours=18, minutes=minute) for day in range(5) for minute in (29, 30, 31)
    ]
    moments += [NOW - timedelta(days=7, hours=hours) for hours in (-1, 1)]
    sessions = [uuid5(salon, f"session {number}") for number in range(archived + active)]
    random.shuffle(sessions)
    await connection.executemany(
        """
        insert into public.conversation_sessions_v2 (
          session_id, tenant_id, user_id, channel, started_at, ended_at, created_at, final_status,
          final_intent, booking_status, booking_source, booking_datetime, booking_amount, booking_currency,
          messages_count, agent_messages_count, meta
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """,
        [
            _archived(random, salon, session, random.choice(clients), random.choice(moments))
            for session in sessions[:archived]
        ],
    )
    await connection.execute(
        "update public.conversation_sessions_v2 set started_at = 'infinity', ended_at = '-infinity'"
        " where id % 20 = 0"
    )
    await connection.executemany(
        "insert into public.active_sessions_v2 (session_id, tenant_id, user_id, created_at, last_activity_at,"
        " intent, current_step) values ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                session, salon, random.choice(clients), NOW - timedelta(hours=random.randrange(200)),
                NOW - timedelta(minutes=random.choice((1, 5, 25, 40, 400))),
                random.choice(("booking", "price", None)), random.choice(("start", "time_selection")),
            )
            for session in sessions[archived:]
        ],
    )  # fmt: skip
    await connection.executemany(
        "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, message, created_at)"
        " select $1, user_id, session_id, $3, 'text', started_at + $4 from public.conversation_sessions_v2"
        " where session_id = $2 and tenant_id = $1 and isfinite(started_at)",
        [
            (salon, session, role, timedelta(seconds=seconds))
            for session in sessions[:150]
            for role, seconds in (("user", 1), ("assistant", 1 + random.choice((2, 5, 60))))
        ],
    )
    await connection.executemany(
        "insert into dashboard.dialogue_tags (tenant_id, session_id, tag) values ($1, $2, $3)",
        [(salon, session, tag) for session in sessions for tag in ("vip", "жалоба",
        "a,b") if random.random() < 0.1],
    )  # fmt: skip


def _archived(
    random: Random, salon: UUID, session: UUID, client: UUID, started_at: datetime
) -> tuple[Any, ...]:
    booked = random.choice(("confirmed", "confirmed", "cancelled", None, None))
    meta = {
        "sentiment": random.choice(("positive", "neutral", "negative", None)),
        "drop_off_stage": random.choice(("service_selection", "time_selection", None)),
        "services_selected": random.sample(("Стрижка", "Маникюр", "Борода, усы"), random.randrange(3)),
        "staff_id": random.choice(("7", "12", None)),
    }
    return (
        session, salon, client, random.choice(("telegram", "whatsapp")), started_at,
        random.choice((None, started_at + timedelta(minutes=random.choice((1, 5, 30))))), started_at,
        random.choice(("done", "booked", "escalated", "transferred", "no_slots", "on_mars", "")),
        random.choice(("booking", "price", "", None)), booked, booked and random.choice(("bot", "manual")),
        booked and started_at + timedelta(days=random.randrange(5)),
        random.choice((None, Decimal(1500), Decimal("1500.50"), Decimal(0))) if booked else None,
        random.choice(("RUB", "rub ", "EUR", None)), random.choice((None, 0, 4, 4, 9)),
        random.choice((None, 0, 2)), json.dumps(meta),
    )  # fmt: skip
