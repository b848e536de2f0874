"""A balancer for tests: two panels behind one address, with a sticky cookie and a look at `/readyz`.

It is as simple as a balancer can be: a request is sent once, to a panel that was ready when it was last
asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie

import httpx

from tests.panel_process import free_port

STICKY = "panel"
LOOK_SECONDS = 0.2
HEAD_LIMIT = 64 * 1024
HOP_BY_HOP = (b"connection:", b"keep-alive:")


class Proxy:
    """At `url`, in front of the panels whose ports it is given."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._ready: dict[int, bool] = {}
        self.failures: list[str] = []
        """What browsers were told by the proxy itself, as no panel answered."""
        self._turn = 0

    def ready(self) -> set[int]:
        """The ports of the panels that may be given new visitors."""
        return {port for port, is_ready in self._ready.items() if is_ready}

    @asynccontextmanager
    async def before(self, *ports: int) -> AsyncIterator[None]:
        """Listen until the block ends."""
        self._ready = dict.fromkeys(ports, False)
        server = await asyncio.start_server(self._visitor, "127.0.0.1", self._port, limit=HEAD_LIMIT)
        looks = [asyncio.create_task(self._look(port)) for port in self._ready]
        try:
            yield
        finally:
            server.close()
            for look in looks:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)

    async def _look(self, port: int) -> None:
        async with httpx.AsyncClient(timeout=2) as client:
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/readyz")
                    self._ready[port] = answer.status_code == 200
                except httpx.TransportError:
                    self._ready[port] = False
                await asyncio.sleep(LOOK_SECONDS)

    async def _visitor(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._exchange(reader, writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request for each connection; a socket's connection is passed on as it is."""
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in lines[1:])
            if name
        }
        is_socket = headers.get(b"upgrade", b"").lower() == b"websocket"
        kept = [line for line in lines[:-2] if is_socket or not line.lower().startswith(HOP_BY_HOP)]
        if not is_socket:
            kept.append(b"Connection: close")
        body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
        port = self._choice(headers.get(b"cookie", b"").decode())
        try:
            from_panel, to_panel = await asyncio.open_connection("127.0.0.1", port, limit=HEAD_LIMIT)
        except OSError:
            self._failed(writer, f"no panel at {port}", lines[0].decode())
            return
        to_panel.write(b"\r\n".join(kept) + b"\r\n\r\n" + body)
        await self._pass_on(reader, writer, from_panel, to_panel, port, lines[0].decode())

    def _choice(self, cookies: str) -> int:
        """The panel that the browser was at while it is ready, else another that is."""
        jar = SimpleCookie(cookies)
        known = int(jar[STICKY].value) if STICKY in jar else None
        ready = sorted(self.ready())
        if known in ready:
            return known
        self._turn += 1
        among = ready or sorted(self._ready)
        return among[self._turn % len(among)]

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_panel: asyncio.StreamReader,
        to_panel: asyncio.StreamWriter,
        port: int,
        request: str,
    ) -> None:
        try:
            head = await from_panel.readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            self._failed(writer, f"panel at {port} hung up", request)
            to_panel.close()
            return
        cookie = f"Set-Cookie: {STICKY}={port}; Path=/; HttpOnly; SameSite=Lax\r\n\r\n"
        writer.write(head[:-2] + cookie.encode())
        directions = [
            asyncio.create_task(_copy(from_panel, writer)),
            asyncio.create_task(_copy(reader, to_panel)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in directions:
                one.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            to_panel.close()

    def _failed(self, writer: asyncio.StreamWriter, why: str, request: str) -> None:
        self.failures.append(f"{why}: {request}")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(HEAD_LIMIT):
        target.write(data)
        await target.drain()
