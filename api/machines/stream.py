"""`/api/v1/stream`: a salon's events over a WebSocket, as they come, from a place on.

With `run=<id>` these are of one run. Every message is a JSON object with a `cursor`, which the address takes
to go on after it:
`{"cursor": "17:3", "event": {...}}` in order, once each; `{"cursor": "17", "lost": true}` when events before
it can no longer be had; `{"cursor": "17", "ping": true}` at first, and every 20 seconds.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from errors import AppError, Invalid, NotAllowed, SignInRequired, TooMany, Unavailable
from ingest.stream_hub import Follower, Listener, Lost, StreamHub, TooSlowError
from ingest.stream_log import Place

logger = logging.getLogger(__name__)

PATH = "/api/v1/stream"
KEY_SECONDS = 5.0
"""How long a client that cannot set headers has for its first message, `{"key": "..."}`."""
PING_SECONDS = 20.0
RIGHTS_SECONDS = 2.0
"""Between two looks at the right to listen. Keys are remembered for 3 s: 5 s in all."""
LAG_SECONDS = 5.0
"""How long one message may take to someone who is too slow already, before the connection is given up."""
FAIR_SHARE = 50
"""After so many messages to one client, others have their turn."""
MOST_SOCKETS = 1_000
MOST_OF_A_SALON = 100
MOST_UNKNOWN = 100
"""Who may be connected without having said who they are."""

REFUSED = 4401
TRY_AGAIN_LATER = 1013
NOT_UNDERSTOOD = 1008
"""Close codes (RFC 6455, 7.4): 4401 for who may not listen, or no longer."""


class Listeners(Protocol):
    """`api.machines.listeners.Listeners`."""

    async def of_request(self, socket: WebSocket) -> Listener | None:
        """Who connects, by a header or a session; None for who has brought neither.

        Raises `SignInRequired`, `NotAllowed`, `TooMany` or `Unavailable`.
        """

    async def of_key(self, key: str) -> Listener:
        """Who has this key. Raises the same."""


class EventStream:
    """The sockets of one process."""

    def __init__(self, hub: StreamHub, listeners: Listeners) -> None:
        self._hub = hub
        self._listeners = listeners
        self._unknown = 0

    def route(self) -> WebSocketRoute:
        """To be mounted at the root of the application, behind the gate."""
        return WebSocketRoute(PATH, self.serve)

    async def serve(self, socket: WebSocket) -> None:
        """Tell one client, until it leaves or has to."""
        await socket.accept()
        try:
            place = _asked_place(socket)
            run_id = _asked_run(socket)
            listener = await self._who(socket)
        except WebSocketDisconnect:
            return
        except Invalid as problem:
            await _close(socket, NOT_UNDERSTOOD, problem.code)
        except (Unavailable, TooMany) as problem:
            await _close(socket, TRY_AGAIN_LATER, problem.code)
        except AppError as problem:
            await _close(socket, REFUSED, problem.code)
        else:
            if self._is_full(listener.tenant_id):
                await _close(socket, TRY_AGAIN_LATER, "too_many_sockets")
                return
            with self._hub.follow(listener, place, run_id) as follower:
                await _Conversation(socket, follower).run()

    async def _who(self, socket: WebSocket) -> Listener:
        listener = await self._listeners.of_request(socket)
        if listener is not None:
            return listener
        if self._unknown >= MOST_UNKNOWN:
            raise Unavailable("Too many have not said who they are.", code="too_many_sockets")
        self._unknown += 1
        try:
            async with asyncio.timeout(KEY_SECONDS):
                return await self._listeners.of_key(_key_in(await socket.receive()))
        except TimeoutError:
            raise _no_key() from None
        finally:
            self._unknown -= 1

    def _is_full(self, tenant_id: UUID) -> bool:
        return self._hub.count() >= MOST_SOCKETS or self._hub.count(tenant_id) >= MOST_OF_A_SALON


class _Conversation:
    """What is said to one client: one message at a time, by whoever has something to say."""

    def __init__(self, socket: WebSocket, follower: Follower) -> None:
        self._socket = socket
        self._follower = follower
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Until one of both ends it."""
        parts = (self._tell(), self._ping(), self._watch_rights(), self._watch_pace(), self._hear())
        tasks = [asyncio.create_task(part, name="event stream of a client") for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self._end([one for one in ended if isinstance(one, Exception)])

    async def _end(self, errors: list[Exception]) -> None:
        """Close as the first reason says. A client that has left needs no reason."""
        for error in errors:
            if isinstance(error, WebSocketDisconnect | RuntimeError | OSError):
                return
        for error in errors:
            if isinstance(error, TooSlowError):
                await _close(self._socket, TRY_AGAIN_LATER, str(error.place))
            elif isinstance(error, SignInRequired | NotAllowed):
                await _close(self._socket, REFUSED, error.code)
            elif isinstance(error, AppError):
                await _close(self._socket, TRY_AGAIN_LATER, str(self._follower.place or ""))
            else:
                logger.error("A client's event stream has ended", exc_info=error)
                await _close(self._socket, 1011, "unexpected")
            return

    async def _tell(self) -> None:
        await self._say(place=await self._follower.begin(), ping=True)
        told = 0
        async for one in self._follower.entries():
            if isinstance(one, Lost):
                await self._say(place=one.place, lost=True)
            else:
                async with self._turn:
                    await self._socket.send_text(one.text)
            told += 1
            if told % FAIR_SHARE == 0:
                await asyncio.sleep(0)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            if self._follower.place is not None:
                await self._say(place=self._follower.place, ping=True)

    async def _watch_rights(self) -> None:
        """Raise when the right to listen has gone, whoever noticed."""
        while True:
            done, _ = await asyncio.wait({self._follower.refusal}, timeout=RIGHTS_SECONDS)
            if done:
                raise self._follower.refusal.result()
            with suppress(Unavailable, TooMany):
                await self._follower.listener.check()

    async def _watch_pace(self) -> None:
        """Raise for a client that takes nothing any more; who takes something is told by `_tell`."""
        await self._follower.lags.wait()
        await asyncio.sleep(LAG_SECONDS)
        raise TooSlowError(self._follower.place or Place(0))

    async def _hear(self) -> None:
        """What a client says is of no interest, but that it leaves."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))

    async def _say(self, *, place: Place, **more: Any) -> None:
        async with self._turn:
            await self._socket.send_text(json.dumps({"cursor": str(place), **more}))


def _asked_place(socket: WebSocket) -> Place | None:
    """Where the client wants to begin; None: at the end."""
    cursor = socket.query_params.get("cursor", "")
    return None if cursor in {"", "now"} else Place.parse(cursor)


def _asked_run(socket: WebSocket) -> UUID | None:
    """The only run whose events are wanted, if there is one."""
    asked = socket.query_params.get("run")
    try:
        return UUID(asked) if asked else None
    except ValueError:
        raise Invalid(
            "This is no run's id.", code="run_invalid", advice="Take one from /api/v1/runs."
        ) from None


def _key_in(message: Any) -> str:
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text") or ""
    try:
        told = json.loads(text) if len(text) <= 1_000 else None
    except ValueError:
        told = None
    key = told.get("key") if isinstance(told, dict) else None
    if not isinstance(key, str):
        raise _no_key()
    return key


def _no_key() -> SignInRequired:
    return SignInRequired(
        "Nobody has said who they are.", code="key_missing", advice='Send {"key": "..."} first.'
    )


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError, OSError):  # it has left already
        await socket.close(code, reason[:120])
