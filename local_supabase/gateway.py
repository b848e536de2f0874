"""What stands before the services in a hosted project: paths, CORS, and API keys that are no tokens."""

from collections.abc import Mapping, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from local_supabase.settings import SECRET_KEY_PREFIX

DAY = 86_400  # seconds that a browser may remember a preflight's answer


class Gateway:
    """Hands each connection to the service whose path it names, and the rest to the one at the root."""

    def __init__(self, services: Mapping[str, ASGIApp], at_root: ASGIApp) -> None:
        self._services = tuple(services.items())
        self._at_root = at_root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            scope = _with_opaque_key(scope)
        path: str = scope["path"]
        for prefix, service in self._services:
            if path == prefix or path.startswith(prefix + "/"):
                scope = {**scope, "root_path": scope.get("root_path", "") + prefix}
                await service(scope, receive, send)
                return
        if scope["type"] == "websocket":
            refusal = JSONResponse({"code": "NotFound", "message": f"no WebSocket is served at {path}"}, 404)
            await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        await self._at_root(scope, receive, send)


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Let browser pages of these origins call; of any, when none is named (no cookies here)."""
    return CORSMiddleware(
        app,
        allow_origins=list(origins) or ["*"],
        allow_methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=["X-Supabase-Api-Version", "x-sb-error-code"],
        max_age=DAY,
    )


def _with_opaque_key(scope: Scope) -> Scope:
    # supabase-py sends its API key as a bearer token while nobody is signed in. A hosted gateway knows what
    # opaque keys stand for: here `sb_secret_…` goes on as a token, which the verifier knows, and any other
    # that is no JWT, such as `sb_publishable_…`, stands for the anonymous role.
    headers = dict(scope["headers"])
    key, bearer = headers.get(b"apikey"), headers.get(b"authorization")
    if not key or b"." in key:
        return scope
    if key.startswith(SECRET_KEY_PREFIX.encode()):
        added = [] if bearer else [(b"authorization", b"Bearer " + key)]
        return {**scope, "headers": [*scope["headers"], *added]}
    if bearer != b"Bearer " + key:
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"authorization"]}
