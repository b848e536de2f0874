"""Two panels over one Supabase project and one Redis, behind a balancer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.load import load
from tests.database import DashboardDatabase
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess
from tests.outages.processes import RedisProcess
from tests.panel_process import PanelProcess
from tests.rolling.proxy import Proxy

DRAIN_SECONDS = 2
DAYS = 2


@dataclass(frozen=True)
class Replicas:
    """The panels behind one address."""

    proxy: Proxy
    panels: tuple[PanelProcess, PanelProcess]


@pytest.fixture
async def replicas(dashboard_database: DashboardDatabase, tmp_path: Path) -> AsyncIterator[Replicas]:
    """Both are ready, with the demo salons behind them."""
    await load(dashboard_database.superuser_uri, now=datetime.now(UTC), days=DAYS)
    proxy = Proxy()
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(RedisProcess())
        supabase = stack.enter_context(SupabaseProcess(dashboard_database, tmp_path / "supabase.log"))
        panels = [
            PanelProcess(
                tmp_path / f"panel-{number}",
                SUPABASE_URL=supabase.url,
                SUPABASE_KEY=PUBLISHABLE_KEY,
                SUPABASE_JWT_SECRET=SECRET,
                REDIS_URL=redis.url,
                PUBLIC_URL=proxy.url,
                DRAIN_SECONDS=str(DRAIN_SECONDS),
            )
            for number in (1, 2)
        ]
        for panel in panels:
            stack.callback(panel.stop)
            panel.start()
        await stack.enter_async_context(proxy.before(*(panel.port for panel in panels)))
        yield Replicas(proxy, (panels[0], panels[1]))
