"""The live layer of a panel, as `panel.py` wires it, over a Supabase in other processes; and who writes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID, uuid4

import asyncpg

from background import beside
from data import Supabase
from identity.tokens import TokenMinter
from jobs.indexing import Indexing, Step
from live.bell import Told
from live.condition import Condition, Mode
from live.connection import Endpoint
from live.live import Live
from models import Identity, Membership, Role, SessionTimes
from observability.metrics import Metrics
from queries import dialogue
from queries.changes import Change
from tests.database import DashboardDatabase
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess
from tests.live.chaos import Chaos
from tests.waiting import until

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
AUTHOR = UUID("eeeeeeee-0000-4000-8000-00000000000e")


@dataclass(frozen=True)
class Project:
    """A database with two processes over it: one is asked, the other only tells, and can be killed alone."""

    database: DashboardDatabase
    rest: SupabaseProcess
    realtime: SupabaseProcess


@contextmanager
def project_over(database: DashboardDatabase, folder: Path) -> Iterator[Project]:
    """Both processes, as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        SupabaseProcess(database, folder / "rest.log") as rest,
        SupabaseProcess(database, folder / "realtime.log") as realtime,
    ):
        yield Project(database, rest, realtime)


class Listener:
    """An open page's ear: writes down what it is told, and when."""

    def __init__(self) -> None:
        self.told: list[tuple[float, Told]] = []
        self.conditions: list[tuple[float, Condition]] = []

    def hear(self, told: Told) -> None:
        self.told.append((time.monotonic(), told))

    def hear_condition(self, condition: Condition) -> None:
        self.conditions.append((time.monotonic(), condition))

    @property
    def mode(self) -> Mode | None:
        return self.conditions[-1][1].mode if self.conditions else None

    @property
    def settled(self) -> list[int]:
        """The log as it was told, in that order."""
        return [one.id for _, told in self.told for one in told.settled]

    @property
    def changes(self) -> list[Change]:
        """What was told as soon as it could be."""
        return [one for _, told in self.told for one in told.changes]

    @property
    def times_everything(self) -> int:
        return sum(told.is_everything for _, told in self.told)

    def told_at(self, is_it: Callable[[Change], bool]) -> float | None:
        """When a change was first told."""
        return next((at for at, told in self.told if any(map(is_it, told.changes))), None)

    def told_of(self, message_id: int) -> float | None:
        """When a message was first told."""
        return self.told_at(lambda one: one.message_id == message_id)

    def modes_since(self, moment: float) -> list[Mode]:
        return [condition.mode for at, condition in self.conditions if at >= moment]


@dataclass
class Salon:
    """One salon, its bot with one client and one dialogue, and a member of its staff."""

    database: DashboardDatabase
    connection: Connection
    supabase: Supabase
    minter: TokenMinter
    id: UUID = field(default_factory=uuid4)
    session_id: UUID = field(default_factory=uuid4)
    client_id: UUID = field(default_factory=uuid4)

    async def open(self) -> None:
        """Write the salon and its dialogue."""
        await self.connection.execute(
            "insert into public.tenants_v2 (id, name) values ($1, 'Salon')", self.id
        )
        await self.connection.execute(
            "insert into public.clients_v2 (id, tenant_id, full_name) values ($1, $2, 'Client')",
            self.client_id, self.id,
        )  # fmt: skip
        await self.connection.execute(
            "insert into public.active_sessions_v2 (session_id, tenant_id, user_id) values ($1, $2, $3)",
            self.session_id, self.id, self.client_id,
        )  # fmt: skip
        await self.connection.execute(
            "insert into dashboard.users (user_id, email, full_name)"
            " values ($1, 'author@salon.test', 'Author') on conflict do nothing",
            AUTHOR,
        )
        await self.connection.execute(
            "insert into dashboard.memberships (user_id, tenant_id, role) values ($1, $2, 'owner')",
            AUTHOR, self.id,
        )  # fmt: skip
        while json.loads(await self.connection.fetchval("select dashboard.sync_index()"))["busy"]:
            await asyncio.sleep(0.01)

    async def say(self, text: str = "hello") -> int:
        """The bot writes a message; gives its id."""
        number: int = await self.connection.fetchval(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, channel, message)"
            " values ($1, $2, $3, 'user', 'telegram', $4) returning id",
            self.id, self.client_id, self.session_id, text,
        )  # fmt: skip
        return number

    async def note(self, text: str = "a note") -> None:
        """The member of staff writes a note, through the panel's door."""
        now = datetime.now(UTC)
        soon = now + timedelta(hours=1)
        author = Identity(
            user_id=AUTHOR,
            email="author@salon.test",
            full_name="Author",
            session=SessionTimes(created_at=now, last_seen_at=now, idle_expires_at=soon, expires_at=soon),
            memberships=(Membership(tenant_id=self.id, role=Role.OWNER),),
        )
        door = self.supabase.door(self.minter.token_source(author, self.id))
        await dialogue.add_note(door, uuid4(), self.session_id, text)

    async def log(self, connection: Connection | None = None, stream: str = "jobs") -> int:
        """A row of the log itself, as any of the panel's functions writes it; gives its number."""
        number: int = await (connection or self.connection).fetchval(
            "insert into dashboard.changes (tenant_id, stream) values ($1, $2) returning change_id",
            self.id, stream,
        )  # fmt: skip
        return number

    async def log_after(self, place: int) -> list[int]:
        """The numbers of the log's rows with one above `place`, in the order in which they are to be told."""
        rows = await self.connection.fetch(
            "select change_id from dashboard.changes where tenant_id = $1 and change_id > $2"
            " order by xid, change_id",
            self.id, place,
        )  # fmt: skip
        return [row["change_id"] for row in rows]

    async def log_end(self) -> int:
        """The highest number in the log."""
        return int(
            await self.connection.fetchval("select coalesce(max(change_id), 0) from dashboard.changes")
        )


@dataclass
class World:
    """A running live layer, and one salon that a page listens to."""

    live: Live
    indexing: Indexing
    salon: Salon
    listener: Listener
    place: int
    """The end of the log when the page began to listen."""

    async def until_live(self, seconds: float = 5) -> float:
        return await until(
            lambda: self.listener.mode is Mode.LIVE, seconds, f"live: {self.listener.conditions}"
        )

    async def until_not_live(self, seconds: float = 9) -> float:
        return await until(lambda: self.listener.mode is not Mode.LIVE, seconds, "noticed")

    async def until_told(self, message_id: int, seconds: float) -> float:
        return await until(lambda: self.listener.told_of(message_id), seconds, "told of a message")

    async def until_caught_up(self, seconds: float = 5) -> float:
        """Until all of the log was told; then checks that it was in order, and once."""
        expected: list[int] = []
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            expected = await self.salon.log_after(self.place)
            if self.listener.settled == expected:
                return time.monotonic() - began
            await asyncio.sleep(0.05)
        told = self.listener.settled
        raise AssertionError(
            f"told {len(told)} of {len(expected)}: missed {sorted({*expected} - {*told})[:9]}, "
            f"strange {sorted({*told} - {*expected})[:9]}, twice {len(told) - len({*told})}"
        )


@asynccontextmanager
async def world_over(
    database: DashboardDatabase, rest_url: str, realtime_port: int, *, minter: TokenMinter | None = None
) -> AsyncIterator[World]:
    """The live layer with one listener."""
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(database.superuser_uri)
        stack.push_async_callback(connection.close)
        supabase = Supabase(rest_url, PUBLISHABLE_KEY)
        stack.push_async_callback(supabase.aclose)
        minter = minter or TokenMinter.from_secret(SECRET)
        salon = Salon(database, connection, supabase, minter)
        await salon.open()
        place = await salon.log_end()
        endpoint = Endpoint(f"ws://127.0.0.1:{realtime_port}/realtime/v1", PUBLISHABLE_KEY)
        worker = supabase.door(minter.machine_source("dashboard_worker"))

        def note_step(step: Step) -> None:
            live.note_step(step)

        indexing = Indexing(worker, note_step)
        live = Live(supabase, minter, indexing, lambda: endpoint, Metrics().live)
        await stack.enter_async_context(live.running())
        await stack.enter_async_context(beside(indexing.run(), "indexing"))
        listener = Listener()
        watch = await live.watch(salon.id, listener.hear, listener.hear_condition)
        stack.callback(watch.end)
        yield World(live, indexing, salon, listener, place)


@asynccontextmanager
async def world_behind_chaos(
    project: Project, *, minter: TokenMinter | None = None
) -> AsyncIterator[tuple[World, Chaos]]:
    """A world that hears Realtime through a network that can fail, and is live."""
    async with (
        Chaos(project.realtime.port) as chaos,
        world_over(project.database, project.rest.url, chaos.port, minter=minter) as world,
    ):
        await world.until_live()
        yield world, chaos
