"""Memory of the panel and its PostgreSQL: idle, and with a hundred overviews open."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from benchmarks.report import figure
from benchmarks.virtual_tab import VirtualTab
from demo.accounts import DEMO_ACCOUNTS
from demo.salons import MOSCOW
from tests.panel_process import PanelProcess

CLIENTS = 100
SETTLE_SECONDS = 5


async def measure(data_dir: Path) -> None:
    """Proportional set size, so that pages shared between PostgreSQL's processes count once."""
    with PanelProcess(data_dir, DEMO="1") as panel:
        await asyncio.sleep(SETTLE_SECONDS)
        idle_panel, idle_database = _megabytes(panel)
        figure("panel process, idle", idle_panel, "MB")
        figure("PostgreSQL, idle", idle_database, "MB")
        async with AsyncExitStack() as stack:
            for number in range(CLIENTS):
                account = DEMO_ACCOUNTS[number % len(DEMO_ACCOUNTS)]
                tab = await stack.enter_async_context(VirtualTab(panel.url))
                await tab.sign_in(account.email, account.password)
                salon = account.memberships[0][0] or MOSCOW
                await tab.open(f"/s/{salon.tenant_id}/overview")
            await asyncio.sleep(SETTLE_SECONDS)
            busy_panel, busy_database = _megabytes(panel)
        figure(f"panel process, {CLIENTS} signed-in clients", busy_panel, "MB")
        figure("for each client", (busy_panel - idle_panel) * 1024 / CLIENTS, "KB")
        figure(f"PostgreSQL, {CLIENTS} signed-in clients", busy_database, "MB")


def _megabytes(panel: PanelProcess) -> tuple[float, float]:
    """The panel's own, and that of all that it started."""
    sizes: list[float] = []
    for process in panel.family():
        try:
            sizes.append(process.memory_full_info().pss / 2**20)
        except psutil.NoSuchProcess:
            sizes.append(0.0)  # a database connection that closed in between
    return sizes[0], sum(sizes[1:])
