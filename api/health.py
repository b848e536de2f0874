"""What a load balancer asks: is the process up, and can it serve people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from errors import AppError

READY_TIMEOUT = 2.0  # seconds


def health_routes(probe: Callable[[], Awaitable[object]]) -> list[Route]:
    """`/healthz` answers while the process lives; `/readyz` only while `probe`, a small read, succeeds."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(READY_TIMEOUT):
                await probe()
        except (AppError, TimeoutError) as error:
            reason = error.code if isinstance(error, AppError) else "too_slow"
            return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)
        return JSONResponse({"status": "ok"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
