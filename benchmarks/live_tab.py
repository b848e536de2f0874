"""An open tab that costs its own process next to nothing: two hundred of them leave the panel a core.

It speaks the page's protocol by itself (Engine.IO 4 and Socket.IO 5 over a WebSocket, compressed as browsers
ask for) and parses what went to a whole room once.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import aiohttp

from benchmarks.virtual_tab import CLIENT_ID
from queries.live_feed import Place, parse_place

OPEN_SECONDS = 30
ACK_SECONDS = 3
WINDOW_BITS = 15
"""Of a browser's `permessage-deflate`."""
PING, PONG, CONNECT, CONNECTED, EVENT = "2", "3", "40", "40", "42"
FEED, UPDATE = '42["feed",', '42["update",'
_FEED_ELEMENT = re.compile(
    r'"(\d+)":\{"tag":"nicegui-live_feed".*?"listener_id":"([^"]+)","type":"join"', re.DOTALL
)
_MESSAGE_ID = re.compile(r'"_id":(\d+)\}\]$')


class Row(NamedTuple):
    """A row of the feed: its place and what it says, or whose it is."""

    place: Place
    kind: str
    text: str


class Piece(NamedTuple):
    """What was told at once; `is_anew` begins the list again."""

    is_anew: bool
    after: Place | None
    until: Place
    rows: tuple[Row, ...]


class LiveTab:
    """A tab of somebody who is signed in: `cookie` is the header that says so.

    `on_piece` is called with each piece of the feed, and when it came (`time.time`).
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        cookie: str,
        on_piece: Callable[[LiveTab, Piece, float], None] = lambda *_: None,
    ) -> None:
        self._session = session
        self._url = url
        self._headers = {"Cookie": cookie, "Origin": url}
        self._on_piece = on_piece
        self._reading: asyncio.Task[None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._client_id = ""
        self._sid = ""
        self._listener: tuple[int, str] | None = None
        self._next_message_id = 0
        self._acknowledged_at = 0.0
        self._has_drawn = asyncio.Event()
        self._has_joined = asyncio.Event()
        self.place: Place | None = None
        self.gaps = 0
        """How often it had to ask again."""
        self.drops = 0
        """How often its socket was closed by the panel."""

    async def open(self, path: str, *, is_feed: bool = False) -> None:
        """Fetch a page, connect and wait until it is drawn, or its feed told. Raises `TimeoutError`."""
        async with asyncio.timeout(OPEN_SECONDS):
            async with self._session.get(f"{self._url}{path}", headers=self._headers) as answer:
                answer.raise_for_status()
                found = CLIENT_ID.search(await answer.text())
            if found is None:
                raise ValueError(f"No client id in the page at {path}")
            self._client_id = found[1]
            query = {
                "EIO": "4", "transport": "websocket", "client_id": self._client_id, "next_message_id": "0",
                "tab_id": str(uuid.uuid4()), "document_id": str(uuid.uuid4()), "implicit_handshake": "true",
            }  # fmt: skip
            self._socket = await self._session.ws_connect(
                f"{self._url}/_nicegui_ws/socket.io/",
                params=query,
                headers=self._headers,
                compress=WINDOW_BITS,
                max_msg_size=0,
            )
            self._reading = asyncio.create_task(self._read(self._socket), name="tab")
            await self._has_drawn.wait()
            if is_feed:
                await self._has_joined.wait()

    async def close(self) -> None:
        """Leave as a browser does that closes a tab."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            frame = message.data
            if not isinstance(frame, str):
                break
            if frame.startswith(FEED):
                await self._hear(piece_of(frame), time.time())
            elif frame == PING:
                await socket.send_str(PONG)
            elif frame.startswith(CONNECTED):
                self._sid = json.loads(frame[len(CONNECTED) :])["sid"]
            elif frame.startswith("0"):
                await socket.send_str(CONNECT)
            elif frame.startswith(EVENT):
                await self._update(frame)
        self.drops += 1

    async def _update(self, frame: str) -> None:
        if found := _MESSAGE_ID.search(frame):
            self._next_message_id = int(found[1]) + 1
        if frame.startswith(UPDATE):
            if self._listener is None and (element := _FEED_ELEMENT.search(frame)):
                self._listener = (int(element[1]), element[2])
                await self._join()
            self._has_drawn.set()
        if time.monotonic() - self._acknowledged_at > ACK_SECONDS:
            self._acknowledged_at = time.monotonic()
            await self._emit("ack", {"client_id": self._client_id, "next_message_id": self._next_message_id})

    async def _hear(self, piece: Piece | None, at: float) -> None:
        if piece is None:
            return
        if not piece.is_anew:
            if self.place is None:
                return  # the first rows are still to come
            if piece.after is not None and piece.after > self.place:
                self.gaps += 1
                await self._join()
                return
        self._on_piece(self, piece, at)
        self.place = max(piece.until, self.place or piece.until)
        self._has_joined.set()

    async def _join(self) -> None:
        if self._listener is None:
            return
        place = f"{self.place[0]}:{self.place[1]}" if self.place else None
        element, listener = self._listener
        said = json.dumps({"sid": self._sid, "place": place})
        await self._emit(
            "event",
            {"id": element, "client_id": self._client_id, "listener_id": listener, "args": [said]},
        )

    async def _emit(self, event: str, data: dict[str, Any]) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(EVENT + json.dumps([event, data]))


@lru_cache(maxsize=64)
def piece_of(frame: str) -> Piece | None:
    """What a frame tells of the feed; None if no rows. The same frame goes to all tabs of a room."""
    news = json.loads(frame[len(EVENT) :])[1]
    if "rows" not in news:
        return None
    rows = (
        Row(_place(row["place"]), row["kind"], row.get("text") or row.get("client_name") or "")
        for row in json.loads(news["rows"])
    )
    return Piece(bool(news.get("anew")), parse_place(news.get("after")), _place(news["until"]), tuple(rows))


def _place(text: str) -> Place:
    place = parse_place(text)
    if place is None:
        raise ValueError(f"{text} is no place")
    return place
