"""The embedded Supabase in the test's own process, over a database of the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.types import ASGIApp

from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings
from tests.database import DashboardDatabase


@asynccontextmanager
async def embedded(
    database: DashboardDatabase, secret: str, *, pool_size: int = 4
) -> AsyncIterator[LocalSupabase]:
    """Its REST and Auth, whose tokens `secret` signs, while the block runs."""
    service = LocalSupabase(
        Settings(
            db_uri=database.authenticator_uri,
            schemas=("dashboard",),
            anon_role="anon",
            jwt_secret=secret,
            port=0,
            superuser_uri=database.superuser_uri,
            pool_size=pool_size,
        )
    )
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


class Switch(httpx.AsyncBaseTransport):
    """The way to Supabase, which can be cut; counts what was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app)
        self.is_cut = False
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, or fail as a network does."""
        self.asked.append(request.url.path.rpartition("/")[2])
        if self.is_cut:
            raise httpx.ConnectError("cut")
        return await self._inner.handle_async_request(request)
