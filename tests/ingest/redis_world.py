"""A Redis over real sockets behind a line that can be cut, and an intake that keeps what was recorded."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fakeredis import TcpFakeServer
from redis.asyncio import Redis

from background import beside
from errors import NotAllowed, SignInRequired
from ingest.redis_source import RedisPlace, RedisSource
from telemetry.event_schema import events_from_json
from telemetry.events import Event
from tests.outages.redis_server import Handler
from tests.panel_process import free_port
from tests.waiting import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER_KEY, READER_KEY = "agp_first", "agp_other", "agp_reader"
STREAM, GROUP = "agentp:events", "agentp-panel"


class Line:
    """The way to a port of this machine, by a port that stays the same however often it is cut."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Nobody listens, and every connection has ended."""
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, there_writer}
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer), return_exceptions=True)
        self._open -= {writer, there_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@dataclass
class FakeKeys:
    """Two keys of salons, and one that may not write. `failure` is raised in place of an answer."""

    failure: Exception | None = None

    async def claims(self, key: str) -> str:
        if self.failure is not None:
            raise self.failure
        if key not in {KEY, OTHER_KEY, READER_KEY}:
            raise SignInRequired("This key is unknown.", code="key_invalid")
        return key


@dataclass
class FakeIntake:
    """Records once by the event's id, as the database does. `meet` is called before, and may raise."""

    meet: Callable[[list[Event]], None] | None = None
    after: Callable[[], None] | None = None
    gate: asyncio.Event | None = None
    """Waited for before anything is recorded."""
    recorded: dict[str, list[Event]] = field(default_factory=dict)
    repeated: int = 0
    calls: int = 0
    failed: int = 0

    async def events_json(self, claims: str, body: bytes) -> None:
        if claims == READER_KEY:
            raise NotAllowed("This key may not do this.", code="key_scope")
        events = list(events_from_json(body, NOW).events)
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        try:
            if self.meet is not None:
                self.meet(events)
        except Exception:
            self.failed += 1
            raise
        known = self.recorded.setdefault(claims, [])
        ids = {event.event_id for event in known}
        fresh = [event for event in events if event.event_id not in ids]
        self.repeated += len(events) - len(fresh)
        known += fresh
        await asyncio.sleep(0)
        if self.after is not None:
            self.after()

    def names(self, key: str = KEY) -> list[str]:
        return [event.name for event in self.recorded.get(key, [])]


@dataclass
class World:
    """`redis` speaks to it directly, panels by the `line`."""

    redis: Redis
    line: Line
    keys: FakeKeys = field(default_factory=FakeKeys)
    intake: FakeIntake = field(default_factory=FakeIntake)

    def source(self, **place: Any) -> RedisSource[str]:
        url = f"redis://127.0.0.1:{self.line.port}/0"
        given = {"url": url, "stream": STREAM, "group": GROUP, "key": KEY} | place
        return RedisSource(RedisPlace(**given), self.keys, self.intake)

    @asynccontextmanager
    async def running(self, **place: Any) -> AsyncIterator[RedisSource[str]]:
        source = self.source(**place)
        async with beside(source.run(), "events from Redis"):
            yield source

    async def add(self, *names: str, **fields: Any) -> None:
        for name in names:
            await self.put(told(name), **fields)

    async def put(self, event: Any, **fields: Any) -> Any:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return await self.redis.xadd(STREAM, {"event": body} | fields)

    async def unacknowledged(self) -> int:
        return int((await self.redis.xpending(STREAM, GROUP))["pending"])

    async def is_done(self) -> bool:
        """Whether all that is in the stream was read and acknowledged."""
        groups = await self.redis.xinfo_groups(STREAM)
        if not groups:
            return False
        (group,) = groups
        last = (await self.redis.xinfo_stream(STREAM))["last-generated-id"]
        return bool(group["last-delivered-id"] == last and group["pending"] == 0)

    async def refused(self) -> list[dict[str, str]]:
        entries: Any = await self.redis.xrange(f"{STREAM}:refused")
        return [
            {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
            for _, fields in entries
        ]

    async def has_recorded(self, *names: str) -> None:
        await until(lambda: self.intake.names() == list(names), what=f"{names}, in this order")


def told(name: str) -> dict[str, str]:
    return {"run_id": "r", "kind": "tool_call", "name": name}


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    server = TcpFakeServer(("127.0.0.1", 0))
    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    line = Line(server.server_address[1])
    await line.mend()
    redis = Redis(port=server.server_address[1], protocol=2)
    try:
        yield World(redis, line)
    finally:
        await redis.aclose()
        await line.cut()
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join(5)
