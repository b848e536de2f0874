"""A webhook on this machine that answers as a test says, and remembers what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.panel_process import free_port


@dataclass
class Sent:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hook:
    """`answer` makes the response to each request."""

    port: int
    answer: Callable[[], web.StreamResponse] = web.Response
    seconds: float = 0
    sent: list[Sent] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.sent.append(Sent(request.path, dict(request.headers), await request.read()))
        await asyncio.sleep(self.seconds)
        return self.answer()


@asynccontextmanager
async def hook() -> AsyncIterator[Hook]:
    """It listens while the block runs."""
    made = Hook(free_port())
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    try:
        yield made
    finally:
        await runner.cleanup()
