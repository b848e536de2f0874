"""An open tab without a browser: signs in, fetches a page and holds its socket as the page's script would."""

from __future__ import annotations

import re
import uuid
from types import TracebackType

import httpx
import socketio

_CLIENT_ID = re.compile(r"""["']client_id["']:\s*["']([0-9a-f-]{36})["']""")


class VirtualTab:
    """One signed-in tab."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, headers={"Origin": url}, timeout=30)
        self._socket = socketio.AsyncClient(reconnection=False)

    async def sign_in(self, email: str, password: str) -> int:
        """Send the sign-in form; returns the HTTP status (303: signed in)."""
        answer = await self.http.post("/sign-in", data={"email": email, "password": password})
        return answer.status_code

    async def open(self, path: str) -> None:
        """Fetch a page and connect its socket. Raises when the page is not one of the panel's."""
        page = await self.http.get(path, follow_redirects=True)
        page.raise_for_status()
        found = _CLIENT_ID.search(page.text)
        if found is None:
            raise ValueError(f"No client id in the page at {page.url}")
        query = {
            "client_id": found[1],
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

    async def __aenter__(self) -> VirtualTab:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.disconnect()
        await self.http.aclose()
