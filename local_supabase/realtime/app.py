"""The ASGI application: who may open a socket, and how many there may be."""

import asyncio
import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from local_supabase.realtime.access import Access, access_of_api_key
from local_supabase.realtime.frames import VERSIONS, Version
from local_supabase.realtime.refusal import Refused
from local_supabase.realtime.service import Service
from local_supabase.realtime.session import Session
from local_supabase.settings import Settings
from local_supabase.tokens import JwtVerifier

logger = logging.getLogger(__name__)

MAX_SOCKETS = 200
STOP_SECONDS = 5.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class RealtimeApp:
    """Realtime at whatever path it is mounted; hosted projects have it at `/realtime/v1/websocket`.

    `admin_uri` is a superuser's: it reads the log, and asks under other roles what they may do.
    """

    def __init__(self, admin_uri: str, settings: Settings, verifier: JwtVerifier) -> None:
        self._service = Service.over(admin_uri, settings.db_uri, verifier)
        self._verifier = verifier
        self._sessions: dict[Session, asyncio.Event] = {}
        self._running = False

    async def start(self) -> None:
        """Get ready to accept sockets; the database is first spoken to when somebody joins."""
        await self._service.start()
        self._running = True

    async def stop(self) -> None:
        """Close every socket and everything that was opened."""
        self._running = False
        ended = [event.wait() for event in self._sessions.values()]
        for session in list(self._sessions):
            session.end(1012, "Realtime is restarting")
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*ended)
        except TimeoutError:
            logger.warning("%d Realtime sockets did not close in time", len(self._sessions))
        await self._service.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            response = JSONResponse(
                {"code": "UpgradeRequired", "message": "Realtime speaks WebSocket only"},
                426,
                {"upgrade": "websocket"},
            )
            await response(scope, receive, send)
            return
        websocket = WebSocket(scope, receive, send)
        try:
            version = _version(websocket)
            access = self._admit(websocket)
        except Refused as refusal:
            await _deny(websocket, refusal)
            return
        session = Session(websocket, self._service, access, version)
        ended = self._sessions[session] = asyncio.Event()
        try:
            await websocket.accept()
            await session.run()
        finally:
            del self._sessions[session]
            ended.set()

    def _admit(self, websocket: WebSocket) -> Access:
        if not self._running:
            raise Refused("RealtimeRestarting", "Realtime is restarting, please standby")
        if not _is_local(websocket.headers):
            raise Refused("Forbidden", "pages of other origins may not connect")
        if len(self._sessions) >= MAX_SOCKETS:
            raise Refused("ConnectionRateLimitReached", "Too many connected users")
        key = websocket.headers.get("x-api-key") or websocket.query_params.get("apikey")
        if not key:
            raise Refused("MissingAPIKey", "give the project's API key as the parameter apikey")
        return access_of_api_key(self._verifier, key)


def _version(websocket: WebSocket) -> Version:
    asked = websocket.query_params.get("vsn", VERSIONS[0])
    for version in VERSIONS:
        if version == asked:
            return version
    raise Refused("UnsupportedVersion", f"vsn must be one of {', '.join(VERSIONS)}")


def _is_local(headers: Headers) -> bool:
    """Whether no browser page from elsewhere is behind this; other clients send no Origin."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).hostname in _LOOPBACK


async def _deny(websocket: WebSocket, refusal: Refused) -> None:
    status = {"ConnectionRateLimitReached": 429, "RealtimeRestarting": 503, "UnsupportedVersion": 400}
    logger.info("socket refused: %s", refusal.reason)
    await websocket.send_denial_response(
        JSONResponse({"code": refusal.code, "message": refusal.message}, status.get(refusal.code, 403))
    )
