"""The listening socket: uvicorn in this event loop, without touching the process's signal handlers."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

# What PostgREST's server-host may say instead of an address: all there are, of either family or of one.
EVERY_ADDRESS = {"*": "0.0.0.0", "*4": "0.0.0.0", "!4": "0.0.0.0", "*6": "::", "!6": "::"}  # noqa: S104
LARGEST_FRAME = 3_000_000  # bytes of one WebSocket message, as hosted Realtime takes at most
STOP_SECONDS = 5


class Listener:
    """Serves an ASGI application on one address until `close`."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._socket = _listening_socket(host, port)
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                ws_max_size=LARGEST_FRAME,
                ws_per_message_deflate=False,  # over loopback it would only cost time
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._task: asyncio.Task[None] | None = None
        self.host = host
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def open(self) -> None:
        """Begin to serve; connections wait in the socket's queue until then."""
        self._task = asyncio.create_task(self._server.serve([self._socket]), name="local_supabase listener")
        ready = asyncio.create_task(self._server.ready.wait(), name="local_supabase listener ready")
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            await self._task  # raises what went wrong

    async def close(self) -> None:
        """Take no more connections, let running requests end, then end the rest."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()


def address_of(host: str, *, any_host: bool) -> str:
    """The address to listen on for a host as PostgREST takes it.

    A wish for every address, PostgREST's own default, is granted only with `any_host`: else it is this
    machine's own address of that family.
    """
    if host not in EVERY_ADDRESS:
        return host
    if any_host:
        return EVERY_ADDRESS[host]
    return "::1" if host.endswith("6") else "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening_socket(host: str, port: int) -> socket.socket:
    # Bound here and not by uvicorn, which ends the whole process when the port is taken.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when connections are taken."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process that we are a guest in."""
        yield
