"""What a load balancer asks: is the process up, and can it serve people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from draining import Draining
from errors import AppError

READY_TIMEOUT = 2.0  # seconds


def health_routes(probe: Callable[[], Awaitable[object]], draining: Draining) -> list[Route]:
    """`/healthz` answers while the process lives; `/readyz` only while `probe`, a small read, succeeds, and
    nobody has asked the process to end.
    """

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        if draining.has_begun:
            return JSONResponse({"status": "unavailable", "reason": "draining"}, status_code=503)
        try:
            async with asyncio.timeout(READY_TIMEOUT):
                await probe()
        except (AppError, TimeoutError) as error:
            reason = error.code if isinstance(error, AppError) else "too_slow"
            return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)
        return JSONResponse({"status": "ok"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
