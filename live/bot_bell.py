"""The panel's ear at the bot's tables: what Realtime tells of them sets the indexing to work at once.

The project's operator decides whether Realtime tells of these tables. Where it does not, or where it says
nothing of rows that the indexing then finds by the clock, the panel does not believe that it is live.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from background import beside
from data import Door, TokenSource
from errors import AppError
from jobs.indexing import Indexing, Step
from live.condition import Condition, Mode
from live.connection import Connection, DoubtError, Endpoint, Hint
from live.supervisor import Supervisor
from queries import changes
from queries.changes import Stream

logger = logging.getLogger(__name__)

TOPIC = "panel:bot"
CANARIES = "canaries"
INDEXED = frozenset({"active_sessions_v2", "conversation_sessions_v2", "recent_history_v2"})
OTHERS = {
    "clients_v2": Stream.CLIENTS,
    "user_ltm_v2": Stream.CLIENTS,
    "wishlist_v2": Stream.WISHLIST,
    "tenants_v2": Stream.TENANT,
}
"""Tables without an index of ours: who shows them is told at once."""
LATE_SECONDS = 2.0
"""How much later than the clock Realtime may tell of a row and still be believed."""


class BotBell:
    """`tell` is called for a change of a salon's row in a table that is not indexed."""

    def __init__(
        self,
        door: Door,
        token: TokenSource,
        endpoint: Endpoint,
        indexing: Indexing,
        *,
        now: Callable[[], datetime],
        tell: Callable[[UUID, Stream], None],
        on_condition: Callable[[Condition], None],
    ) -> None:
        self._door = door
        self._token = token
        self._endpoint = endpoint
        self._indexing = indexing
        self._now = now
        self._tell = tell
        self._on_condition = on_condition
        self._canary = uuid4()
        self._hears = False
        self._is_believed = True
        self._hinted_at = time.monotonic()
        self._unexpected = asyncio.Event()
        self._supervisor = Supervisor("the bot's tables", self._connect, self._heard)
        self.condition = Condition(Mode.POLLING, now())

    async def run(self) -> None:
        """Listen until cancelled."""
        async with beside(self._supervisor.run(), "Realtime supervision of the bot's tables"):
            while True:
                await self._unexpected.wait()
                await asyncio.sleep(LATE_SECONDS)
                self._unexpected.clear()
                if self._hears and time.monotonic() - self._hinted_at > 2 * LATE_SECONDS:
                    logger.warning("Realtime has not told of a row that the bot wrote: looking by the clock")
                    self._is_believed = False
                    self._update()

    def note_step(self, step: Step) -> None:
        """Hear what the indexing found: news of which Realtime had not told are a reason to doubt it."""
        if step.is_unexpected:
            self._unexpected.set()

    async def _connect(self) -> Connection:
        try:
            published = set(await changes.published_tables(self._door))
        except AppError as error:
            raise DoubtError(f"the database does not answer ({error.code})") from error
        if not published >= INDEXED:
            raise DoubtError("the tables are not in the publication supabase_realtime")
        tables = [f"public.{name}" for name in sorted(published & {*INDEXED, *OTHERS})]
        return Connection(
            self._endpoint,
            self._token,
            TOPIC,
            tables=[*tables, f"dashboard.{CANARIES}"],
            on_hint=self._hear,
            canary=lambda beat: changes.touch_canary(self._door, self._canary, beat),
            canary_of=self._beat,
        )

    def _beat(self, hint: Hint) -> int | None:
        if hint.table != CANARIES:
            return None
        row = hint.row or {}
        is_ours = row.get("canary_id") == str(self._canary)
        return int(row.get("beat") or 0) if is_ours else 0

    def _hear(self, hint: Hint | None) -> None:
        self._hinted_at = time.monotonic()
        if not self._is_believed:
            self._is_believed = True
            self._update()
        if hint is None or hint.table in INDEXED:
            self._indexing.ring()
        elif stream := OTHERS.get(hint.table):
            # of a row that was removed only the key is told, which names no salon
            tenant = (hint.row or {}).get("id" if stream is Stream.TENANT else "tenant_id")
            if tenant is not None:
                self._tell(UUID(str(tenant)), stream)

    def _heard(self, hears: bool) -> None:
        self._hears = hears
        self._indexing.ring()
        self._update()

    def _update(self) -> None:
        mode = Mode.LIVE if self._hears and self._is_believed else Mode.POLLING
        self._indexing.is_rung_for = mode is Mode.LIVE
        if mode is not self.condition.mode:
            self.condition = Condition(mode, self._now())
            self._on_condition(self.condition)
