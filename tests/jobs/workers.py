"""The door that a run has, to a real database in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from data import Door, Supabase
from identity.tokens import TokenMinter
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings as LocalSettings
from tests.database import DashboardDatabase

SECRET = "s" * 40


@asynccontextmanager
async def worker(database: DashboardDatabase) -> AsyncIterator[Door]:
    """The door of `dashboard_worker`, as long as the block lasts."""
    service = LocalSupabase(
        LocalSettings(
            db_uri=database.authenticator_uri,
            schemas=("dashboard",),
            anon_role="anon",
            jwt_secret=SECRET,
            port=0,
            superuser_uri=database.superuser_uri,
        )
    )
    await service.start()
    supabase = Supabase("http://database.test", "key", transport=httpx.ASGITransport(service.rest_and_auth))
    try:
        yield supabase.door(TokenMinter.from_secret(SECRET).machine_source("dashboard_worker"))
    finally:
        await supabase.aclose()
        await service.stop()
