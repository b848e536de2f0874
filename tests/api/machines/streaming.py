"""A salon's stream in memory, told as the database tells it, and clients of the sockets that follow it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from starlette.routing import Router
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

from api.machines.stream import PATH, EventStream
from errors import AppError, SignInRequired
from ingest.stream_hub import Listener, StreamHub
from tests.api.machines.answering import RUN, Database, event_row, refusal

SALON = UUID("aaaaaaaa-0000-4000-8000-000000000001")


class SalonStream:
    """What `events_after` is answered from: stretches of events, the first of them at position 1."""

    def __init__(self) -> None:
        self.stretches: list[list[dict[str, Any]]] = []
        self.forgotten = 0
        """So many stretches, the oldest, are no longer kept."""
        self.is_away = False
        self.is_refused = False
        self.sees_contacts = False
        self.database = Database({"events_after": self._answer})
        self._told = 0

    @property
    def reads(self) -> int:
        return len(self.database.asked)

    def append(self, *sizes: int, run_id: UUID = RUN) -> None:
        """Stretches of so many events; they are numbered through by their `event_id`."""
        for size in sizes:
            stretch = [
                event_row(seq, event_id=str(self._told + seq), run_id=str(run_id))
                for seq in range(1, size + 1)
            ]
            self._told += size
            self.stretches.append(stretch)

    def _answer(self, asked: dict[str, str]) -> Any:
        if self.is_away:
            return refusal(503, "away")
        if self.is_refused:
            return refusal(401, "key_invalid")
        newest, most = len(self.stretches), int(asked["at_most"])
        answer: dict[str, Any] = {
            "cursor": str(newest), "events": [], "more": False, "lost": False,
            "sees_contacts": self.sees_contacts,
        }  # fmt: skip
        if "after" not in asked:
            return answer
        position, _, seq = asked["after"].partition(":")
        whole = int(position) - bool(seq)
        if whole == newest:
            return answer
        if whole > newest or whole < self.forgotten:
            return answer | {"lost": True}
        events: list[dict[str, Any]] = []
        for number, stretch in enumerate(self.stretches[whole:], whole + 1):
            if events and len(events) + len(stretch) > most:
                break
            events += [
                {"cursor": f"{number}:{event['seq']}", "event": event}
                for event in stretch
                if number > whole + 1 or event["seq"] > int(seq or 0)
            ]
            answer["cursor"] = str(number)
        return answer | {"events": events, "more": int(answer["cursor"]) < newest}


class Listeners:
    """The key `living` may listen until it is revoked; so may a client with a cookie."""

    def __init__(self, salon: SalonStream) -> None:
        self.salon = salon
        self.problem: AppError | None = None

    async def of_request(self, socket: WebSocket) -> Listener | None:
        key = socket.headers.get("x-api-key")
        return await self.of_key(key) if key else None

    async def of_key(self, key: str) -> Listener:
        if key != "living":
            raise SignInRequired("This key is unknown.", code="key_invalid", advice="Use another.")
        await self.check()
        return Listener(SALON, self.salon.sees_contacts, self.salon.database.door(), self.check)

    async def check(self) -> None:
        if self.problem is not None:
            raise self.problem


class Client:
    """One socket. Without `reads` it takes nothing, as a client that has fallen asleep."""

    def __init__(self, app: ASGIApp, query: str, headers: dict[str, str]) -> None:
        self.received: list[Any] = []
        self.closed: Message | None = None
        self.takes = asyncio.Event()
        self.takes.set()
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._to_server.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket", "path": PATH, "query_string": query.encode(), "scheme": "ws",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "root_path": "", "subprotocols": [], "state": {}, "client": ("127.0.0.1", 5),
        }  # fmt: skip
        self.running = asyncio.ensure_future(app(scope, self._to_server.get, self._send))

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            self.closed = message
            return
        await self.takes.wait()
        if message["type"] == "websocket.send":
            self.received.append(json.loads(message["text"]))

    @property
    def event_ids(self) -> list[str]:
        return [one["event"]["event_id"] for one in self.received if "event" in one]

    @property
    def events(self) -> list[int]:
        """The same, where they are numbers."""
        return [int(one) for one in self.event_ids]

    @property
    def has_begun(self) -> bool:
        return bool(self.received)

    @property
    def cursor(self) -> str:
        return str(self.received[-1]["cursor"])

    def say(self, text: str) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def leave(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.running


class World:
    """A salon and the sockets of one process."""

    def __init__(self) -> None:
        self.salon = SalonStream()
        self.listeners = Listeners(self.salon)
        self.hub = StreamHub()
        self.app = Router([EventStream(self.hub, self.listeners).route()])
        self.clients: list[Client] = []

    def append(self, *sizes: int, run_id: UUID = RUN) -> None:
        """Append, and ring as the recorder does."""
        self.salon.append(*sizes, run_id=run_id)
        self.hub.ring(SALON)

    def connect(self, cursor: str = "", **headers: str) -> Client:
        client = Client(self.app, f"cursor={cursor}", headers or {"x-api-key": "living"})
        self.clients.append(client)
        return client


@asynccontextmanager
async def streaming() -> AsyncIterator[World]:
    """In the end every client has left."""
    world = World()
    async with world.hub.running():
        try:
            yield world
        finally:
            for client in world.clients:
                client.takes.set()
                await client.leave()
