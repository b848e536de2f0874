"""Dialogues with their messages in the bot's tables, and the index brought up to them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.sql.world import SALON_A, Caller, World

WORKER = Caller("dashboard_worker")


async def sync(world: World) -> None:
    """Let the index take in everything that the bot has written."""
    while (await world.call(WORKER, "sync_index", 5000, True))["behind"]:
        pass


async def say(
    world: World, salon: UUID, client: UUID, sent_at: datetime, message: str = "hello", **columns: Any
) -> int:
    """A message of the history; `columns` are those of recent_history_v2. Gives its id."""
    row = {
        "tenant_id": salon, "user_id": client, "role": "user", "channel": "telegram", "message": message,
        "created_at": sent_at,
    } | columns  # fmt: skip
    names = ", ".join(row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    number: int = await world.connection.fetchval(
        f"insert into public.recent_history_v2 ({names}) values ({places}) returning id", *row.values()
    )
    return number


async def client_of(world: World, session: UUID) -> UUID:
    """Whom the bot talks to in a session."""
    client: UUID = await world.connection.fetchval(
        "select user_id from public.conversation_sessions_v2 where session_id = $1"
        " union all select user_id from public.active_sessions_v2 where session_id = $1",
        session,
    )
    return client


SESSION = UUID("cccccccc-0000-4000-8000-000000000001")
NOTE = UUID("cccccccc-0000-4000-8000-000000000002")


async def tell_of_one(world: World) -> None:
    """The dialogue `SESSION` of salon A, with the note `NOTE` of its operator on it."""
    await world.archive(SALON_A, datetime(2026, 3, 1, tzinfo=UTC), session_id=SESSION)
    await sync(world)
    await world.connection.execute(
        "insert into dashboard.dialogue_notes (note_id, tenant_id, session_id, author_id, author_name, body)"
        " values ($1, $2, $3, $4, 'operator', 'tea')",
        NOTE, SALON_A, SESSION, world.people["operator_a"],
    )  # fmt: skip
