"""The gate in front of the whole application: who may come in, by HTTP and by socket, and with how much.

Pages check roles themselves; the gate sees to it that there is a person at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from errors import AppError, Unavailable
from identity.headers import add_security_headers
from identity.sessions import SignedIn
from identity.sockets import GuardedSocket
from identity.visitor import Visitor, VisitorServices

BODY_LIMIT_BYTES = 1_000_000
SIGN_IN_PATH = "/sign-in"
PUBLIC_PATHS = frozenset(
    {SIGN_IN_PATH, "/sign-out", "/setup", "/session", "/healthz", "/readyz", "/metrics", "/favicon.ico"}
)
MACHINES = ("/api/", "/v1/")
"""What machines call: they bring a key of their own, and the parts behind it set their own limits."""
PUBLIC_FOLDERS = ("/reset/", "/static/", *MACHINES)
SOCKET_FOLDER = "/_nicegui_ws/"
_PACKAGE_FILES = re.compile(r"/_nicegui/\d[^/]*/")
"""NiceGUI's own scripts and styles, by version; uploads and media of clients are elsewhere."""

_TRY_AGAIN_LATER = 1013
_POLICY_VIOLATION = 1008


class Gate:
    """ASGI middleware; add it last, so that nothing stands before it."""

    def __init__(self, app: ASGIApp, auth: VisitorServices) -> None:
        self._app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request or socket through, or answer it here."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        visitor = Visitor(request, self._auth)
        scope.setdefault("state", {})["visitor"] = visitor
        secured = self._secured(send)
        if refusal := await self._refusal(request, visitor):
            await refusal(scope, receive, secured)
            return
        if scope["path"].startswith(MACHINES):
            await self._app(scope, receive, secured)
            return
        body = _LimitedBody(receive, secured)
        if _declared_length(request) > BODY_LIMIT_BYTES:
            await body.refuse()
            return
        if scope["path"].startswith(SOCKET_FOLDER):
            body.on_chunk = visitor.note_activity_in
        try:
            await self._app(scope, body.receive, body.send)
        except ClientDisconnect:
            if not body.is_refused:
                raise

    async def _refusal(self, request: Request, visitor: Visitor) -> Response | None:
        """The answer to who may not come in; None for who may."""
        path = request.scope["path"]
        if path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS) or _PACKAGE_FILES.match(path):
            return None
        is_socket = path.startswith(SOCKET_FOLDER)
        try:
            signed_in = await (visitor.for_socket() if is_socket else visitor.signed_in())
        except AppError as problem:
            return self._auth.problem_response(request, problem)
        if is_socket:
            is_own = self._auth.origins.is_own(request, allow_referer=request.method == "GET")
            if signed_in is None or not is_own or not self._may_attach(request, signed_in):
                return PlainTextResponse("Forbidden", HTTPStatus.FORBIDDEN)
            return None
        if signed_in is None:
            return _to_sign_in(request)
        visitor.note_activity()
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        visitor = Visitor(connection, self._auth)
        scope.setdefault("state", {})["visitor"] = visitor
        if scope["path"].startswith(MACHINES):
            await self._app(scope, receive, send)  # which asks for a key, or for a session and its origin
            return
        try:
            signed_in = await visitor.for_socket()
        except Unavailable:
            await _refuse_socket(receive, send, _TRY_AGAIN_LATER)
            return
        if (
            signed_in is None
            or not self._auth.origins.is_own(connection)
            or not self._may_attach(connection, signed_in)
        ):
            await _refuse_socket(receive, send, _POLICY_VIOLATION)
            return
        socket = GuardedSocket(receive, send, visitor.note_activity)
        unwatch = self._auth.sessions.watch(signed_in, socket.end)
        try:
            await socket.run(self._app, scope)
        finally:
            unwatch()

    def _may_attach(self, connection: HTTPConnection, signed_in: SignedIn) -> bool:
        """A page goes on as the person who opened it, so only that session's sockets may speak for it."""
        page_id = connection.query_params.get("client_id", "")
        return self._auth.sessions.may_attach(signed_in.session_hash, page_id)

    def _secured(self, send: Send) -> Send:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message), is_secure=self._auth.cookie.is_secure)
            await send(message)

        return send_secured


class _LimitedBody:
    """Passes a request's body on up to the limit; past it, answers 413 in the application's place."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._length = 0
        self._has_begun = False
        self.is_refused = False
        self.on_chunk: Callable[[bytes], None] | None = None

    async def receive(self) -> Message:
        if self.is_refused:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            chunk = message.get("body", b"")
            if self.on_chunk is not None:
                self.on_chunk(chunk)
            self._length += len(chunk)
            if self._length > BODY_LIMIT_BYTES:
                await self.refuse()
                return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if not self.is_refused:
            self._has_begun = True
            await self._send(message)

    async def refuse(self) -> None:
        """Answer 413, unless the application has begun to answer."""
        self.is_refused = True
        if not self._has_begun:
            answer = PlainTextResponse("Too large: at most 1 MB is accepted here.", 413)
            await answer({"type": "http", "method": "POST"}, self._receive, self._send)


def _declared_length(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length[:12]) if length.isdecimal() else 0


def _to_sign_in(request: Request) -> Response:
    is_page_visit = request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")
    if not is_page_visit:
        return PlainTextResponse("Sign in first.", HTTPStatus.UNAUTHORIZED)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    next_page = f"?next={quote(wanted, safe='/')}" if wanted != "/" else ""
    return RedirectResponse(SIGN_IN_PATH + next_page, HTTPStatus.SEE_OTHER)


async def _refuse_socket(receive: Receive, send: Send, code: int) -> None:
    """Close before accepting, which servers answer with status 403."""
    await receive()
    await send({"type": "websocket.close", "code": code})
