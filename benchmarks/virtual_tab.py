"""An open tab without a browser: signs in, fetches a page and holds its socket as the page's script would."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from types import TracebackType
from typing import NamedTuple

import httpx
import socketio

CLIENT_ID = re.compile(r"""["']client_id["']:\s*["']([0-9a-f-]{36})["']""")
_LISTENER = re.compile(r'"listener_id":\s*"([^"]+)",\s*"type":\s*"sub_pages_navigate"')
_LAYOUT = 0
"""The element that hears of clicks on links."""
_PAGE, _DATA = '"page-title"', '"freshness", "muted", "is-'
"""What an update of the screen holds that brings a page's head; and its data, whose time is hidden before."""
LANDING_SECONDS = 30


class Landing(NamedTuple):
    """Milliseconds from a click to the page, whose data may still be read, and to its data."""

    page: float
    data: float


class VirtualTab:
    """One signed-in tab."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, headers={"Origin": url}, timeout=30)
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("update", self._note)
        self._update = asyncio.Event()
        self._came: dict[str, float] = {}
        self._clicked_at = 0.0
        self._client_id = ""
        self._listener_id = ""

    async def sign_in(self, email: str, password: str) -> int:
        """Send the sign-in form; returns the HTTP status (303: signed in)."""
        answer = await self.http.post("/sign-in", data={"email": email, "password": password})
        return answer.status_code

    async def open(self, path: str) -> None:
        """Fetch a page and connect its socket. Raises when the page is not one of the panel's."""
        page = await self.http.get(path, follow_redirects=True)
        page.raise_for_status()
        found = CLIENT_ID.search(page.text)
        if found is None:
            raise ValueError(f"No client id in the page at {page.url}")
        self._client_id = found[1]
        listener = _LISTENER.search(page.text)
        self._listener_id = listener[1] if listener else ""
        query = {
            "client_id": self._client_id,
            "tab_id": str(uuid.uuid4()),
            "document_id": str(uuid.uuid4()),
            "next_message_id": "0",
            "implicit_handshake": "true",
        }
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        address = f"{self.url}?{httpx.QueryParams(query)}"
        await self._socket.connect(
            address,
            headers={"Cookie": cookies, "Origin": self.url},
            socketio_path="/_nicegui_ws/socket.io",
            transports=["websocket"],
        )

    async def click(self, link: str) -> Landing:
        """Follow a link of the open page. Raises `TimeoutError` when its page does not come."""
        self._came = {}
        self._clicked_at = time.perf_counter()
        await self._socket.emit(
            "event",
            {
                "id": _LAYOUT,
                "client_id": self._client_id,
                "listener_id": self._listener_id,
                "args": [json.dumps(link)],
            },
        )
        async with asyncio.timeout(LANDING_SECONDS):
            while _PAGE not in self._came or _DATA not in self._came:
                self._update.clear()
                await self._update.wait()
        return Landing(self._came[_PAGE], self._came[_DATA])

    def _note(self, update: object) -> None:
        text = json.dumps(update, ensure_ascii=False)
        for sign in (_PAGE, _DATA):
            if sign in text:
                self._came.setdefault(sign, (time.perf_counter() - self._clicked_at) * 1000)
        self._update.set()

    async def __aenter__(self) -> VirtualTab:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.disconnect()
        await self.http.aclose()
