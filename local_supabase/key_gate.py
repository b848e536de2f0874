"""A lock in front of a service that has to listen on a port of this machine, for processes that are known."""

import hmac

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

KEY_HEADER = b"apikey"


class KeyGate:
    """Lets requests through that carry the key, as Supabase's own gateway does; refuses all others with 401.

    A token is not enough: whoever may send one has been told the key as well. Sockets are refused.
    """

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        given = dict(scope.get("headers", ())).get(KEY_HEADER, b"")
        if scope["type"] == "http" and hmac.compare_digest(given, self._key):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await JSONResponse({"message": "No API key found in request"}, 401)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
