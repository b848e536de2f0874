"""One of the services behind the address: serving, or saying why not."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket


class Part:
    """An ASGI application whose target comes and goes; without one it answers with the reason as JSON."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._target: ASGIApp | None = None
        self._status = 503
        self._reason = f"{name} is not started"

    def serve(self, target: ASGIApp) -> None:
        """Hand requests to `target` from now on."""
        self._target = target

    def refuse(self, status: int, reason: str) -> None:
        """Answer requests with this status and reason from now on."""
        self._target, self._status, self._reason = None, status, reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if self._target is not None:
            await self._target(scope, receive, send)
            return
        # `msg` is where Auth's clients look, `message` where the others do.
        body = {
            "code": "unavailable",
            "message": self._reason,
            "msg": self._reason,
            "details": None,
            "hint": None,
        }
        refusal = JSONResponse(body, self._status)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)
