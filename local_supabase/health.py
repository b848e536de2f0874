"""PostgREST's admin server: whether this process lives, and whether its database answers."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def health_app(is_ready: Callable[[], Awaitable[bool]]) -> Starlette:
    """An ASGI application with /live, always 200, and /ready, 503 while the database is away."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("")

    async def ready(_: Request) -> Response:
        return PlainTextResponse("", 200 if await is_ready() else 503)

    return Starlette(routes=[Route("/live", live), Route("/ready", ready)])
