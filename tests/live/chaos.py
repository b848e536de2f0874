"""A network that fails: a TCP proxy in this process, before a port of this machine."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType

from tests.panel_process import free_port

CHUNK = 64 * 1024
FLUSH_SECONDS = 0.005
"""How often late bytes are looked at."""


class Chaos:
    """Passes bytes to `target` and back, and breaks down as it is told. Its port stays the same.

    `heard` is called with what clients send, before it is passed on; by an OSError it has the socket cut.
    """

    def __init__(self, target: int, heard: Callable[[bytes], None] = lambda _: None) -> None:
        self.port = free_port()
        self.delay = 0.0
        """Seconds that every byte takes, in both directions."""
        self.dropped = 0
        """Sockets that were cut."""
        self._target = target
        self._heard = heard
        self._swallows = False
        self._links: dict[_Link, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def refuse(self) -> None:
        """Cut all sockets, and refuse new ones until `come_back`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Cut all sockets."""
        for link in list(self._links):
            if not link.is_cut:
                self.dropped += 1
                link.cut()

    def go_half_open(self) -> None:
        """Accept and keep sockets, and pass on nothing; those of this time stay dead after `come_back`."""
        self._swallows = True
        for link in self._links:
            link.swallows = True

    def say(self, text: str) -> None:
        """Have the server of each socket send a WebSocket frame that it never meant."""
        body = text.encode()
        assert 126 <= len(body) < 1 << 16, "the length that the head has room for"
        for link in self._links:
            link.to_client.write(b"\x81\x7e" + len(body).to_bytes(2, "big") + body)

    async def come_back(self) -> None:
        """Be a good network."""
        self.delay, self._swallows = 0.0, False
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def __aenter__(self) -> Chaos:
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse()
        serving = list(self._links.values())
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        link.swallows = self._swallows
        self._links[link] = task = asyncio.create_task(self._serve(link, reader), name="chaos")
        task.add_done_callback(lambda _: self._links.pop(link))

    async def _serve(self, link: _Link, from_client: asyncio.StreamReader) -> None:
        try:
            from_server, link.to_server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            link.cut()
            return
        ways = [
            asyncio.create_task(self._pass(link, from_client, link.to_server, self._heard)),
            asyncio.create_task(self._pass(link, from_server, link.to_client, lambda _: None)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            link.cut()

    async def _pass(
        self,
        link: _Link,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[bytes], None],
    ) -> None:
        """Until the one side has ended or the other is gone. A half-open socket does not even end."""
        loop = asyncio.get_running_loop()
        late: deque[tuple[float, bytes]] = deque()
        reading = asyncio.create_task(reader.read(CHUNK))
        try:
            while True:
                await asyncio.wait([reading], timeout=FLUSH_SECONDS if late else None)
                if reading.done():
                    chunk = reading.result()
                    if not chunk and not link.swallows:
                        return
                    if not chunk:
                        await asyncio.Event().wait()  # until the proxy ends
                    heard(chunk)
                    late.append((loop.time() + self.delay, chunk))
                    reading = asyncio.create_task(reader.read(CHUNK))
                while late and late[0][0] <= loop.time():
                    _, chunk = late.popleft()
                    if not link.swallows:
                        writer.write(chunk)
                        await writer.drain()
        except OSError:
            return  # the other side was cut
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


class _Link:
    """One socket, and the one behind it."""

    def __init__(self, to_client: asyncio.StreamWriter) -> None:
        self.to_client = to_client
        self.to_server: asyncio.StreamWriter | None = None
        self.swallows = False
        self.is_cut = False

    def cut(self) -> None:
        """Reset both."""
        self.is_cut = True
        for writer in (self.to_client, self.to_server):
            if writer is not None:
                writer.transport.abort()
