"""Leaving without a failed request: on SIGTERM the panel asks for no new visitors, and serves on for a while.

`/readyz` says `draining`, so that a balancer sends people elsewhere; everything else is answered as before,
until nobody is here any more or the time is over. Then the server ends as it does at Ctrl-C.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from background import beside

logger = logging.getLogger(__name__)

MACHINE_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
QUIET_SECONDS = 3.0
"""Nothing open for so long, and everybody has gone elsewhere. Balancers that ask for `/readyz` less often may
still send people here."""
LOOK_SECONDS = 0.1


class Draining:
    """The open pages and requests of one process, and what becomes of them at SIGTERM."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asked_to_end = asyncio.Event()
        self._open = 0
        self._last_open = 0.0

    @property
    def has_begun(self) -> bool:
        """Whether new visitors belong elsewhere."""
        return self._asked_to_end.is_set()

    @asynccontextmanager
    async def at_sigterm(self) -> AsyncIterator[None]:
        """Stand between SIGTERM and the server that is running; belongs on the main thread's loop.

        The server is told after the draining, or at once when a second SIGTERM comes. SIGINT stays its own.
        """
        if not self._seconds:
            yield
            return
        loop = asyncio.get_running_loop()
        end_server = signal.getsignal(signal.SIGTERM)

        def on_signal(number: int, frame: FrameType | None) -> None:
            if not self.has_begun:
                loop.call_soon_threadsafe(self._asked_to_end.set)
            elif callable(end_server):
                end_server(number, frame)

        async def drain() -> None:
            await self._asked_to_end.wait()
            await self._until_nobody_is_here()
            if callable(end_server):
                end_server(signal.SIGTERM, None)

        signal.signal(signal.SIGTERM, on_signal)
        try:
            async with beside(drain(), "draining"):
                yield
        finally:
            signal.signal(signal.SIGTERM, end_server)

    async def _until_nobody_is_here(self) -> None:
        loop = asyncio.get_running_loop()
        logger.warning("Draining: new visitors belong elsewhere, for at most %g s", self._seconds)
        began = self._last_open = loop.time()
        while (now := loop.time()) < began + self._seconds:
            if self._open:
                self._last_open = now
            elif now - self._last_open >= QUIET_SECONDS:
                break
            await asyncio.sleep(LOOK_SECONDS)
        logger.warning("Drained after %.1f s, with %d pages and requests open", now - began, self._open)

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """One open page or request more, while the block lasts."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._last_open = asyncio.get_running_loop().time()


class CountOpen:
    """ASGI middleware: tells `Draining` of every request and socket but those of balancers."""

    def __init__(self, app: ASGIApp, draining: Draining) -> None:
        self._app = app
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        if scope["type"] not in {"http", "websocket"} or scope["path"] in MACHINE_PATHS:
            await self._app(scope, receive, send)
            return

        async def send_last(message: Message) -> None:
            if self._draining.has_begun and message["type"] == "http.response.start":
                # Whoever keeps the connection for a next request should make that one somewhere else.
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        async with self._draining.counted():
            await self._app(scope, receive, send_last if scope["type"] == "http" else send)
