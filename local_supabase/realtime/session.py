"""One socket: reads its frames, acts on them, and answers. The channel protocol is in `conversation`."""

import asyncio
import logging
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from local_supabase.realtime.access import Access
from local_supabase.realtime.conversation import Conversation
from local_supabase.realtime.frames import FrameError, Version, decode
from local_supabase.realtime.outbox import Outbox
from local_supabase.realtime.service import Service

logger = logging.getLogger(__name__)

MAX_FRAME_CHARACTERS = 512 * 1024
SILENCE_SECONDS = 90.0  # clients send a heartbeat every 25 s
CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a socket is closed: a code of RFC 6455 and what the client is told; None when it closed itself."""

    code: int
    reason: str


class Session:
    """A socket from its acceptance to its end."""

    def __init__(self, websocket: WebSocket, service: Service, access: Access, version: Version) -> None:
        self._websocket = websocket
        self._version = version
        self._outbox = Outbox(self._too_slow)
        self._conversation = Conversation(service, access, version, self._outbox)
        self._told_to_end: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def end(self, code: int, reason: str) -> None:
        """Ask the socket to close."""
        if not self._told_to_end.done():
            self._told_to_end.set_result(Ending(code, reason))

    def _too_slow(self) -> None:
        self.end(1013, "too slow: messages waiting to be read exceeded the limit")

    async def run(self) -> None:
        """Serve the socket until either side closes it."""
        tasks: list[asyncio.Task[Ending | None]] = [
            asyncio.create_task(self._read(), name="realtime-read"),
            asyncio.create_task(self._write(), name="realtime-write"),
            asyncio.create_task(self._wait_for_order(), name="realtime-order"),
        ]
        try:
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            ending = self._ending_of(next(task for task in tasks if task in done))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._conversation.end()
        if ending is not None:
            await self._close(ending)

    def _ending_of(self, task: asyncio.Task[Ending | None]) -> Ending | None:
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, WebSocketDisconnect):
            return None
        logger.error("a Realtime socket failed", exc_info=error)
        return Ending(1011, "internal error")

    async def _read(self) -> Ending | None:
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await self._websocket.receive()
            except TimeoutError:
                return Ending(1001, f"nothing was heard for {SILENCE_SECONDS:.0f} s: send heartbeats")
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if text is None:
                return Ending(1003, "binary frames are not implemented here: send JSON text")
            if len(text) > MAX_FRAME_CHARACTERS:
                return Ending(1009, f"a frame may have {MAX_FRAME_CHARACTERS} characters")
            try:
                await self._conversation.hear(decode(text, self._version))
            except FrameError as error:
                return Ending(1007, str(error))
            except RecursionError:  # readable at the limit of nesting, but not from one call deeper
                return Ending(1007, "a frame must be JSON text of moderate depth")

    async def _write(self) -> Ending | None:
        while True:
            await self._websocket.send_text(await self._outbox.get())

    async def _wait_for_order(self) -> Ending | None:
        return await self._told_to_end

    async def _close(self, ending: Ending) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(ending.code, ending.reason)
        except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:
            # the other side is gone or does not read: the server drops the connection when we return
            logger.debug("closing a socket: %s", error)
