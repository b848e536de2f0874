"""Where the pretend bot plays: its connection to the demo database, under the role that the real bot has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from demo import ledger
from demo.dialogue import Dialogue
from demo.generate import PlannedChange
from demo.rows import COLUMNS, Row, active_row, client_row, dialogue_rows, on_conflict
from demo.salons import SALONS
from demo.steps import Closed, Step
from demo.wishes import Wished

BOT_ROLE = "service_role"


@dataclass(slots=True)
class Performance:
    """A dialogue being played: its steps with the rows they write, if any, and the place of the next."""

    dialogue: Dialogue
    cues: list[tuple[Step, str | None, Row]]
    place: int = 0

    @property
    def due_at(self) -> datetime | None:
        """Give the instant of the next step; None when all is said."""
        return self.cues[self.place][0].at if self.place < len(self.cues) else None


def perform(dialogue: Dialogue, after: datetime | None = None) -> Performance:
    """Get a dialogue ready to be played, from its beginning or from what comes `after`."""
    written = {id(step): (table, row) for step, table, row in dialogue_rows(dialogue)}
    steps = [step for step in dialogue.steps if after is None or step.at > after]
    return Performance(dialogue, [(step, *written.get(id(step), (None, ()))) for step in steps])


class Stage:
    """Writes what happens in a dialogue, each step whole or not at all."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def loaded(self) -> dict[tuple[UUID, date, str], datetime]:
        """Give the instant up to which each day of the demo is loaded."""
        return await ledger.loaded(self._connection)

    async def play_next(self, performance: Performance) -> None:
        """Write the next step, with the client and the active session as they are then."""
        dialogue = performance.dialogue
        step, table, row = performance.cues[performance.place]
        async with self._connection.transaction():
            if performance.place == 0:
                await self._insert("clients_v2", client_row(dialogue.salon, dialogue.client))
            if isinstance(step, Closed) and not step.leaves_active:
                await self._connection.execute(
                    "delete from public.active_sessions_v2 where session_id = $1", dialogue.session_id
                )
            else:
                await self._insert("active_sessions_v2", active_row(dialogue, step.at))
            if table is not None:
                row_id = await self._insert(table, row)
                if isinstance(step, Wished) and step.processed_at and row_id is not None:
                    change = PlannedChange(row_id, step.fate, step.processed_at)
                    await ledger.plan_changes(self._connection, [change])
        performance.place += 1

    async def apply_due_changes(self, now: datetime) -> None:
        """Deal with the waiting-list items whose time has come."""
        async with self._connection.transaction():
            await ledger.apply_due_changes(self._connection, now)

    async def close_orphans(self, playing: list[UUID], now: datetime) -> None:
        """Archive what an earlier bot was stopped in, as the real one closes sessions that went silent."""
        await self._connection.execute(
            """with orphan as (
                delete from public.active_sessions_v2 as session
                where tenant_id = any($1) and not session_id = any($2) and not exists (
                    select from public.conversation_sessions_v2 as archived
                    where archived.session_id = session.session_id
                )
                returning *
            )
            insert into public.conversation_sessions_v2 (
                session_id, tenant_id, user_id, channel, started_at, ended_at, duration_sec, final_status,
                final_intent, meta, created_at
            )
            select
                session_id, orphan.tenant_id, user_id,
                case when client.telegram_chat_id is null then 'whatsapp' else 'telegram' end,
                orphan.created_at, last_activity_at,
                extract(epoch from last_activity_at - orphan.created_at)::integer,
                'auto_closed', intent, '{}', $3
            from orphan join public.clients_v2 as client on client.id = user_id""",
            [salon.tenant_id for salon in SALONS],
            playing,
            now,
        )

    async def _insert(self, table: str, row: Row) -> int | None:
        """Insert a row unless it is there; give its number if it has one."""
        columns = COLUMNS[table]
        if row[0] is None:
            columns, row = columns[1:], row[1:]
        values = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        returned = await self._connection.fetchval(
            f"""insert into public.{table} ({", ".join(columns)}) values ({values})
            {on_conflict(table)} returning {COLUMNS[table][0]}""",
            *row,
        )
        return returned if isinstance(returned, int) else None


@asynccontextmanager
async def open_stage(admin_url: str) -> AsyncIterator[Stage]:
    """Connect and take the bot's role; raises what asyncpg raises when the database is not to be had."""
    connection = await asyncpg.connect(admin_url, timeout=10, command_timeout=15)
    try:
        await connection.execute(f"set role {BOT_ROLE}")
        yield Stage(connection)
    finally:
        # A lost connection cannot say goodbye; `terminate` does not wait for one.
        connection.terminate()
