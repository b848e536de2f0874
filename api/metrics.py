"""`GET /metrics`: the panel's own figures, for Prometheus."""

from __future__ import annotations

import asyncio
import secrets

from prometheus_client.exposition import choose_encoder
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from observability.metrics import Metrics

PATH = "/metrics"


def metrics_route(metrics: Metrics, token: SecretStr | None) -> Route:
    """Answers who brings the token as a bearer token; without one in the settings, there is no such page."""

    async def answer(request: Request) -> Response:
        if token is None:
            return PlainTextResponse("Not Found", 404)
        if not _brings(request, token.get_secret_value()):
            challenge = {"WWW-Authenticate": 'Bearer realm="metrics"'}
            return PlainTextResponse("Unauthorized", 401, headers=challenge)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        # In a thread: some thousand lines of text are too long for the loop to wait for at once.
        text = await asyncio.to_thread(encode, metrics.registry)
        return Response(text, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    return Route(PATH, answer, methods=["GET"])


def _brings(request: Request, token: str) -> bool:
    scheme, _, brought = request.headers.get("authorization", "").partition(" ")
    # Headers are latin-1 here; compared as bytes, whatever letters the token has.
    right = secrets.compare_digest(brought.strip().encode("latin-1"), token.encode())
    return right and scheme.lower() == "bearer"
