from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.database import DashboardDatabase
from tests.identity.panel import SignInPanel


@pytest.fixture
async def panel(dashboard_database: DashboardDatabase) -> AsyncIterator[SignInPanel]:
    """Sign-in as the panel has it, over a database with nobody in it."""
    async with SignInPanel.running(dashboard_database) as running:
        yield running


@pytest.fixture
async def supabase_panel(dashboard_database: DashboardDatabase) -> AsyncIterator[SignInPanel]:
    """The same with passwords kept by Supabase Auth."""
    async with SignInPanel.running(dashboard_database, AUTH_PROVIDER="supabase") as running:
        yield running
