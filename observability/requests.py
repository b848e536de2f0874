"""Stands before everything else: gives each request and socket an id, measures it, tells of it in the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability.context import Origin, begin
from observability.metrics import HttpMetrics, PageMetrics

if TYPE_CHECKING:
    from observability.traces import Tracing

logger = logging.getLogger("access")

HEADER = "X-Request-ID"
NO_ROUTE = "none"
"""Addresses that lead nowhere, all as one route: strangers do not decide how many series there are."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_QUIET = re.compile(r"/(?:healthz|readyz|metrics|favicon\.ico)$|/(?:static|_nicegui\w*)(?:/|$)")
"""Routes that machines ask for every few seconds, or every page a dozen times: told of at DEBUG only."""
_FOREIGN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TENANT = re.compile(r"/s/([0-9A-Fa-f-]{36})(?:/|$)")

FindOrigin = Callable[[Scope], Origin | None]


@dataclass(slots=True)
class Exchange:
    """One request on its way. A status of 0: nothing has been answered."""

    method: str
    route: str
    origin: Origin
    status: int = 0

    @property
    def status_class(self) -> str:
        """`2xx` to `5xx`, or `none`."""
        return f"{self.status // 100}xx" if self.status else "none"


class RequestWatch:
    """ASGI middleware. `page_of` finds what the page belongs to that a socket speaks for."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[BaseRoute],
        http: HttpMetrics,
        pages: PageMetrics,
        page_of: FindOrigin,
        tracing: Tracing | None,
    ) -> None:
        self._app = app
        self._routes = routes
        self._http = http
        self._pages = pages
        self._page_of = page_of
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and watch it."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        exchange = Exchange(method, route_of(self._routes, scope), self._begin(scope))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                MutableHeaders(scope=message)[HEADER] = exchange.origin.request_id
            await send(message)

        began = time.perf_counter()
        try:
            with self._tracing.request(scope, exchange) if self._tracing else nullcontext():
                try:
                    await self._app(scope, receive, send_with_id)
                except Exception:
                    exchange.status = exchange.status or 500  # which the server answers then
                    raise
        finally:
            self._note(exchange, time.perf_counter() - began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._begin(scope)
        began = time.perf_counter()
        with self._pages.sockets.track_inprogress():
            await self._app(scope, receive, send)
        logger.debug("A socket was open for %.1f s", time.perf_counter() - began)

    def _begin(self, scope: Scope) -> Origin:
        origin = self._page_of(scope) or Origin(_request_id(scope), _tenant_id(scope))
        scope.setdefault("state", {})["origin"] = origin
        # Not taken back in the end: the server's own word on a failed request belongs to it too, and the task
        # ends with the request.
        begin(origin)
        return origin

    def _note(self, exchange: Exchange, seconds: float) -> None:
        method, route = exchange.method, exchange.route
        self._http.requests.labels(method, route, exchange.status_class).inc()
        self._http.seconds.labels(method, route).observe(seconds)
        level = logging.DEBUG if _QUIET.match(route) else logging.INFO
        if logger.isEnabledFor(level):
            ms = round(seconds * 1000, 1)
            told = {"method": method, "route": route, "status": exchange.status, "ms": ms}
            logger.log(level, "%s %s %d in %s ms", method, route, exchange.status, ms, extra=told)


def route_of(routes: Sequence[BaseRoute], scope: Scope) -> str:
    """The template of the route that a request leads to, such as `/s/{tenant_id}/{page}`.

    Asked before routing, because what the gate turns away never gets there.
    """
    other_method = NO_ROUTE
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return str(getattr(route, "path", NO_ROUTE)) or NO_ROUTE
        if match is Match.PARTIAL and other_method == NO_ROUTE:
            other_method = str(getattr(route, "path", NO_ROUTE))
    return other_method


def _request_id(scope: Scope) -> str:
    brought = Headers(scope=scope).get(HEADER, "")
    return brought if _FOREIGN_ID.fullmatch(brought) else uuid4().hex


def _tenant_id(scope: Scope) -> str | None:
    match = _TENANT.match(scope["path"])
    if match is None:
        return None
    try:
        return str(UUID(match[1]))
    except ValueError:
        return None
