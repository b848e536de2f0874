"""The door that a run has, to a real database in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from data import Door, Supabase
from identity.tokens import TokenMinter
from tests.database import DashboardDatabase
from tests.embedded import embedded

SECRET = "s" * 40


@asynccontextmanager
async def worker(database: DashboardDatabase) -> AsyncIterator[Door]:
    """The door of `dashboard_worker`, as long as the block lasts."""
    async with embedded(database, SECRET) as service:
        transport = httpx.ASGITransport(service.rest_and_auth)
        supabase = Supabase("http://database.test", "key", transport=transport)
        try:
            yield supabase.door(TokenMinter.from_secret(SECRET).machine_source("dashboard_worker"))
        finally:
            await supabase.aclose()
