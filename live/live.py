"""The bells of one panel, and the pages that listen to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from background import beside, tell_of_failure
from data import Supabase
from identity.tokens import TokenMinter
from jobs.indexing import Indexing, Step
from live.bell import Bell, Told
from live.bot_bell import BotBell
from live.condition import Condition, Mode, worse
from live.connection import Connection, Endpoint, Hint
from live.turns import Turns
from observability.metrics import LiveMetrics
from queries import changes
from queries.changes import Change, Stream

READY_SECONDS = 1.0
"""How long a page waits for its salon's bell before it reads all the same; it is told to read again later."""
LINGER_SECONDS = 60.0
"""A salon's bell goes on for so long after its last page has gone: people come back."""
CLOCK_SECONDS = 300.0
"""How often figures are read again that time alone changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """A page that listens; `end` it once."""

    told: Callable[[Told], None]
    on_condition: Callable[[Condition], None]
    end: Callable[[], None]


class _Salon:
    """A bell, who listens to it, and the task that it runs in."""

    def __init__(self) -> None:
        self.bell: Bell
        self.task: asyncio.Task[None]
        self.watches: dict[Watch, None] = {}
        self.lingering: asyncio.TimerHandle | None = None


class Live:
    """Bells for the salons of the open pages, one for each, and one for the bot's tables."""

    def __init__(
        self,
        supabase: Supabase,
        minter: TokenMinter,
        indexing: Indexing,
        endpoint: Callable[[], Endpoint],
        metrics: LiveMetrics,
    ) -> None:
        self._metrics = metrics
        self._supabase = supabase
        self._minter = minter
        self._indexing = indexing
        self._endpoint = endpoint
        self.turns = Turns()
        """Of the pages that read again what has changed."""
        self._salons: dict[UUID, _Salon] = {}
        self._bot: BotBell | None = None
        self._has_pages, self._has_no_pages = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen meanwhile while pages are open; in the end all bells are silent."""
        try:
            async with (
                beside(self._listen_to_bot(), "listening to the bot's tables"),
                beside(self._clock(), "bell of the clock"),
            ):
                yield
        finally:
            salons, self._salons = list(self._salons.values()), {}
            for salon in salons:
                if salon.lingering is not None:
                    salon.lingering.cancel()
                salon.task.cancel()
            await asyncio.gather(*(salon.task for salon in salons), return_exceptions=True)

    async def _listen_to_bot(self) -> None:
        """Have a bell for the bot's tables while pages are open: nobody else needs to know at once."""
        source = self._minter.machine_source("dashboard_live")
        while True:
            await self._has_pages.wait()
            self._bot = BotBell(
                self._supabase.door(source),
                source,
                self._endpoint(),
                self._indexing,
                now=_now,
                tell=self._tell_of_row,
                on_condition=lambda _: self._tell_conditions(),
            )
            try:
                async with beside(self._bot.run(), "bell of the bot's tables"):
                    await self._has_no_pages.wait()
            finally:
                self._bot = None
                self._indexing.is_rung_for = False

    def note_step(self, step: Step) -> None:
        """Hear of each look of the indexing; bells that are not rung otherwise are rung by it."""
        if self._bot is not None:
            self._bot.note_step(step)
        for salon in self._salons.values():
            if step.has_found or salon.bell.condition.mode is not Mode.LIVE:
                salon.bell.ring()

    def condition(self, tenant_id: UUID) -> Condition | None:
        """How fresh a salon's pages are; None while no page of it is open."""
        salon = self._salons.get(tenant_id)
        return self._joint(salon.bell.condition) if salon else None

    def note_shown(self, since: datetime) -> None:
        """A page has read again what changed at that time."""
        self._metrics.delay.observe(max(0.0, (_now() - since).total_seconds()))

    async def watch(
        self, tenant_id: UUID, told: Callable[[Told], None], on_condition: Callable[[Condition], None]
    ) -> Watch:
        """Have a page told of what changes in a salon from now on, until its `end` is called.

        What is read after this returns misses nothing that is told. Neither callback may block or raise.
        """
        salon = self._salons.get(tenant_id) or self._open(tenant_id)
        if salon.lingering is not None:
            salon.lingering.cancel()
            salon.lingering = None
        watch = Watch(told, on_condition, lambda: self._end(tenant_id, salon, watch))
        salon.watches[watch] = None
        try:
            async with asyncio.timeout(READY_SECONDS):
                await salon.bell.ready.wait()
        except TimeoutError:
            # The page reads, or fails, without us; once there is a place to read on from, it reads anew.
            salon.bell.owes_everything = True
        on_condition(self._joint(salon.bell.condition))
        return watch

    def _open(self, tenant_id: UUID) -> _Salon:
        source = self._minter.machine_source("dashboard_live", tenant_id)
        door = self._supabase.door(source)
        endpoint = self._endpoint()
        salon = _Salon()

        def connect(on_hint: Callable[[Hint | None], None]) -> Connection:
            topic = f"tenant:{tenant_id}:changes"
            canary = partial(changes.ring_canary, door)
            return Connection(endpoint, source, topic, on_hint=on_hint, canary=canary)

        salon.bell = Bell(
            "a salon",
            door,
            connect,
            metrics=self._metrics,
            now=_now,
            tell=lambda told: _tell(salon, told),
            on_condition=lambda _: self._tell_condition(salon),
        )
        # in a context of its own: it is no part of the request that opened the salon's first page
        salon.task = asyncio.create_task(salon.bell.run(), name="bell of a salon", context=Context())
        salon.task.add_done_callback(tell_of_failure)
        self._salons[tenant_id] = salon
        self._has_no_pages.clear()
        self._has_pages.set()
        self._count()
        return salon

    def _end(self, tenant_id: UUID, salon: _Salon, watch: Watch) -> None:
        salon.watches.pop(watch, None)
        if not salon.watches and salon.lingering is None and self._salons.get(tenant_id) is salon:
            loop = asyncio.get_running_loop()
            salon.lingering = loop.call_later(LINGER_SECONDS, self._close, tenant_id, salon)

    def _close(self, tenant_id: UUID, salon: _Salon) -> None:
        del self._salons[tenant_id]
        salon.task.cancel()
        if not self._salons:
            self._has_pages.clear()
            self._has_no_pages.set()
        self._count()

    def _count(self) -> None:
        modes = [salon.bell.condition.mode for salon in self._salons.values()]
        for mode in Mode:
            self._metrics.bells.labels(mode.name.lower()).set(modes.count(mode))

    def _joint(self, condition: Condition) -> Condition:
        return worse(condition, self._bot.condition) if self._bot is not None else condition

    def _tell_condition(self, salon: _Salon) -> None:
        self._count()
        condition = self._joint(salon.bell.condition)
        for watch in list(salon.watches):
            watch.on_condition(condition)

    def _tell_conditions(self) -> None:
        for salon in self._salons.values():
            self._tell_condition(salon)

    def _tell_of_row(self, tenant_id: UUID, stream: Stream) -> None:
        if salon := self._salons.get(tenant_id):
            _tell(salon, Told((Change(stream=stream),)))

    async def _clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            for salon in self._salons.values():
                _tell(salon, Told((Change(stream=Stream.CLOCK),)))


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(salon: _Salon, told: Told) -> None:
    for watch in list(salon.watches):
        watch.told(told)
