"""What waits to be written to one socket: bounded, so that a client that does not read fills no memory."""

import asyncio
from collections.abc import Callable

MAX_FRAMES = 1_000
MAX_CHARACTERS = 16 * 1024 * 1024


class Outbox:
    """A queue of frames; calls `overflowed` when one does not fit, after which the socket is to be closed."""

    def __init__(self, overflowed: Callable[[], None]) -> None:
        self._overflowed = overflowed
        self._frames: asyncio.Queue[str] = asyncio.Queue(MAX_FRAMES)
        self._characters = 0

    def put(self, frame: str) -> None:
        """Add a frame, or drop it and declare overflow."""
        if self._frames.full() or self._characters + len(frame) > MAX_CHARACTERS:
            self._overflowed()
            return
        self._characters += len(frame)
        self._frames.put_nowait(frame)

    async def get(self) -> str:
        """The next frame to write."""
        frame = await self._frames.get()
        self._characters -= len(frame)
        return frame
