"""A bot that writes at a steady pace: messages in a few dialogues, of which some end and others begin."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from uuid import UUID, uuid4

import asyncpg

CHANGES_A_SECOND = 20
DIALOGUES = 8
"""Open at a time."""
CHANGES_OF_A_DIALOGUE = 50
"""After so many changes one dialogue ends, and another begins."""
MARK = "load "
"""What its texts begin with; the number and the moment of writing (Unix time) follow."""


class BusyBot:
    """Writes in one salon.

    `numbers` is how many messages there are so far, `late` the seconds that it fell behind at most.
    """

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._open: deque[tuple[UUID, UUID]] = deque()
        self._changes = 0
        self.numbers = 0
        self.late = 0.0

    async def write(self, seconds: float) -> int:
        """Go on for so long; returns how many changes were written."""
        while len(self._open) < DIALOGUES:
            await self._begin()
        began, count = time.monotonic(), 0
        while count < seconds * CHANGES_A_SECOND:
            wait = began + count / CHANGES_A_SECOND - time.monotonic()
            self.late = max(self.late, -wait)
            await asyncio.sleep(max(0.0, wait))
            await self._change()
            count += 1
        return count

    async def _change(self) -> None:
        self._changes += 1
        turn = self._changes % CHANGES_OF_A_DIALOGUE
        if turn == 0:
            await self._end(*self._open.popleft())
        elif turn == 1 and len(self._open) < DIALOGUES:
            await self._begin()
        else:
            await self._say(*self._open[self._changes % len(self._open)])

    async def _say(self, session: UUID, client: UUID) -> None:
        role = "user" if self.numbers % 2 else "assistant"
        await self._connection.execute(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, channel, message)"
            " values ($1, $2, $3, $4, 'telegram', $5 || extract(epoch from clock_timestamp()))",
            self._tenant_id, client, session, role, f"{MARK}{self.numbers} ",
        )  # fmt: skip
        self.numbers += 1

    async def _begin(self) -> None:
        session = uuid4()
        async with self._connection.transaction():
            client: UUID = await self._connection.fetchval(
                "insert into public.clients_v2 (tenant_id, full_name) values ($1, 'Load') returning id",
                self._tenant_id,
            )
            await self._connection.execute(
                "insert into public.active_sessions_v2 (session_id, tenant_id, user_id) values ($1, $2, $3)",
                session, self._tenant_id, client,
            )  # fmt: skip
        self._open.append((session, client))

    async def _end(self, session: UUID, client: UUID) -> None:
        async with self._connection.transaction():
            await self._connection.execute(
                "delete from public.active_sessions_v2 where session_id = $1", session
            )
            await self._connection.execute(
                "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel,"
                " started_at, ended_at, duration_sec, final_status, meta, created_at) values"
                " ($1, $2, $3, 'telegram', now() - interval '1 minute', now(), 60, 'booked', '{}', now())",
                session, self._tenant_id, client,
            )  # fmt: skip
