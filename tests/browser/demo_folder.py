"""The data folder of a panel with the demo salons: loaded once, copied for each process of a test run."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

import asyncpg

from local_supabase.postgres import Cluster
from tests.database import keep_in_memory
from tests.panel_process import START_TIMEOUT, PanelProcess
from tests.waiting import until

IS_INDEXED = """
    select archive_upto >= (select max(id) from public.conversation_sessions_v2)
      and message_upto >= (select max(id) from public.recent_history_v2)
    from dashboard.index_state
"""


async def copy_of_demo(shared: Path, own: Path) -> None:
    """Make `own` the data folder of a panel that has been stopped.

    The first who asks, of the processes that share a folder, loads it; the others wait meanwhile.
    """
    loaded = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (loaded / "is-complete").exists():
            loaded.mkdir()
            with PanelProcess(loaded / "data", DEMO="1") as panel:
                keep_in_memory(Cluster(panel.data_dir))
                await _until_indexed(panel)
            (loaded / "is-complete").touch()
    # A copy with its owners: the database's files may belong to an account of their own.
    subprocess.run(["cp", "-a", loaded / "data", own], check=True)


async def _until_indexed(panel: PanelProcess) -> None:
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    try:
        await until(lambda: connection.fetchval(IS_INDEXED), START_TIMEOUT)
    finally:
        await connection.close()
