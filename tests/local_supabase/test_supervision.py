"""A server that dies under the panel comes back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from local_supabase.postgres import Cluster
from local_supabase.supervision import keep_running

BACK_SECONDS = 5.0
LONGEST_STOP_OF_THE_LOOP = 0.25  # seconds; generous, as the machine may be busy


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A started cluster that is watched over."""
    with Cluster(tmp_path / "data") as started:
        watch = asyncio.create_task(keep_running(started))
        yield started
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


def kill_server(cluster: Cluster) -> None:
    pid = int((cluster.cluster_dir / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)


async def write_a_row(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.superuser_uri())
    try:
        await connection.execute("create table if not exists kept (n int); insert into kept values (1)")
    finally:
        await connection.close()


async def rows_when_back(cluster: Cluster) -> int:
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        try:
            connection = await asyncpg.connect(cluster.superuser_uri())
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline, "the server did not come back in time"
            await asyncio.sleep(0.02)
            continue
        try:
            return int(await connection.fetchval("select count(*) from kept"))
        finally:
            await connection.close()


async def test_a_killed_server_is_back_within_seconds_with_what_was_committed(cluster: Cluster) -> None:
    for killed in (1, 2):
        await write_a_row(cluster)
        kill_server(cluster)
        while cluster.is_running():
            await asyncio.sleep(0)
        assert await rows_when_back(cluster) == killed
        assert cluster.is_running()


async def test_nothing_else_stops_meanwhile(cluster: Cluster) -> None:
    await write_a_row(cluster)
    kill_server(cluster)
    back = asyncio.create_task(rows_when_back(cluster))
    longest, last = 0.0, time.monotonic()
    while not back.done():
        await asyncio.sleep(0.005)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    assert await back == 1
    assert longest < LONGEST_STOP_OF_THE_LOOP


async def test_a_server_that_cannot_start_is_tried_again(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    await write_a_row(cluster)
    obstacle = cluster.cluster_dir / "postgresql.auto.conf"
    before = obstacle.read_text()
    obstacle.write_text(before + "port = 'nowhere'\n")
    kill_server(cluster)
    async with asyncio.timeout(BACK_SECONDS):
        while sum("did not start" in record.message for record in caplog.records) < 2:
            await asyncio.sleep(0.02)
    assert 'invalid value for parameter "port"' in caplog.text, "the log says why"
    obstacle.write_text(before)
    assert await rows_when_back(cluster) == 1


async def test_a_cluster_that_has_vanished_is_not_replaced_by_an_empty_one(cluster: Cluster) -> None:
    moved = cluster.cluster_dir.with_name("moved")
    await write_a_row(cluster)
    kill_server(cluster)
    cluster.cluster_dir.rename(moved)
    await asyncio.sleep(1.0)
    assert not cluster.cluster_dir.exists()
    moved.rename(cluster.cluster_dir)
    assert await rows_when_back(cluster) == 1
