"""One browser's socket: counts what the person does, and closes when the session ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRACE_SECONDS = 1.0
"""How long an ended session's socket stays open, for the page to say why; nothing is heard on it by then."""
SESSION_ENDED = 4401
"""Close code (RFC 6455, 7.4.2: 4000 and up are the application's)."""

_HUMAN_EVENT = re.compile(rb'(?:^|\x1e)4(?:2|5\d+-)(?:/[^,"\[]*,)?\d*\["event"')
"""A Socket.IO EVENT or BINARY_EVENT packet named `event`, which is what NiceGUI sends when somebody clicks or
types; its pings, acknowledgements and log lines come by themselves. Polling joins packets by 0x1E."""


def is_human_event(payload: bytes) -> bool:
    """Whether a message to the server holds something that a person did (Socket.IO protocol 5)."""
    return _HUMAN_EVENT.search(payload) is not None


class GuardedSocket:
    """Stands between a server and an application's WebSocket, from `websocket.connect` on."""

    def __init__(self, receive: Receive, send: Send, on_activity: Callable[[], None]) -> None:
        self._receive = receive
        self._send = send
        self._on_activity = on_activity
        self._ended = asyncio.Event()
        self._incoming: asyncio.Task[Message] | None = None

    def end(self, _reason: str) -> None:
        """Stop listening at once, and close after a moment."""
        self._ended.set()

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Run the application on this socket until either side or the session's end closes it."""
        ended = asyncio.create_task(self._ended.wait(), name="session end of a socket")

        async def receive() -> Message:
            await asyncio.wait({self._next(), ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return await self._close()
            message = self._take()
            if message["type"] == "websocket.receive" and is_human_event(_beginning(message)):
                self._on_activity()
            return message

        try:
            await app(scope, receive, self._send)
        finally:
            unfinished = [task for task in (ended, self._incoming) if task is not None]
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _close(self) -> Message:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + GRACE_SECONDS
        while (left := deadline - loop.time()) > 0:
            done, _ = await asyncio.wait({self._next()}, timeout=left)
            if done and (message := self._take())["type"] == "websocket.disconnect":
                return message
        await self._send(
            {"type": "websocket.close", "code": SESSION_ENDED, "reason": "The session has ended"}
        )
        return {"type": "websocket.disconnect", "code": SESSION_ENDED}

    def _next(self) -> asyncio.Task[Message]:
        # Kept until it is taken: an application that gives up waiting must not lose the message.
        if self._incoming is None:
            self._incoming = asyncio.ensure_future(_as_coroutine(self._receive))
        return self._incoming

    def _take(self) -> Message:
        message = self._next().result()
        self._incoming = None
        return message


async def _as_coroutine(receive: Receive) -> Message:
    return await receive()


def _beginning(message: Message) -> bytes:
    text = message.get("text")
    return text[:100].encode() if text is not None else (message.get("bytes") or b"")[:100]
