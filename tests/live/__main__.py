"""`make faults`: Realtime away for 8 s, 25 s and 2 minutes at the same time, then 100 dropped sockets."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path

from live import supervisor
from local_supabase.postgres import Cluster, temporary_cluster
from tests.database import DashboardDatabase
from tests.hosted.supabase_process import SupabaseProcess
from tests.live.drops import drop_sockets
from tests.live.outages import endure
from tests.live.world import Project, project_over, world_behind_chaos, world_over

GAPS = (0.1, 0.3)
"""Seconds between two cuts."""
LIVE_AGAIN = 60.0
"""Tries are up to 45 s apart in the end."""


def main() -> None:
    """Print what each fault showed; ends with an error at the first that showed something wrong."""
    logging.disable(logging.WARNING)
    logging.getLogger("realtime").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, temporary_cluster() as cluster:
        cluster.bootstrap()
        asyncio.run(_suffer_all(cluster, Path(folder)))


async def _suffer_all(cluster: Cluster, folder: Path) -> None:
    database = DashboardDatabase(cluster, "postgres")
    await database.prepare()
    with project_over(database, folder) as project:
        async with asyncio.TaskGroup() as together:
            together.create_task(_killed(project, folder / "killed-8.log", 8))
            together.create_task(_refused(project, 25))
            together.create_task(_killed(project, folder / "killed-120.log", 120))
        await _dropped(project)


async def _killed(project: Project, log: Path, seconds: float) -> None:
    with SupabaseProcess(project.database, log) as realtime:
        async with world_over(project.database, project.rest.url, realtime.port) as world:
            await world.until_live(10)

            async def kill() -> None:
                realtime.kill()

            async def start() -> None:
                await asyncio.to_thread(realtime.start)

            figures = await endure(world, kill, start, seconds, live_within=LIVE_AGAIN)
            print(f"killed for {seconds:.0f} s: {figures}", flush=True)


async def _refused(project: Project, seconds: float) -> None:
    async with world_behind_chaos(project) as (world, chaos):
        figures = await endure(world, chaos.refuse, chaos.come_back, seconds, live_within=LIVE_AGAIN)
        print(f"refused for {seconds:.0f} s: {figures}", flush=True)


async def _dropped(project: Project) -> None:
    async with world_behind_chaos(project) as (world, chaos):
        # Tries follow each other so quickly that there is a socket to drop each time.
        supervisor.FIRST_PAUSE, supervisor.LONGEST_PAUSE = 0.05, 0.1
        print(await drop_sockets(world, chaos, 100, GAPS), flush=True)
        print(f"live {await world.until_live(LIVE_AGAIN):.2f} s after that", flush=True)


if __name__ == "__main__":
    main()
