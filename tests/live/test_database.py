"""The database itself goes away, comes back, or comes back as it was long ago."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from live.condition import Mode
from local_supabase.postgres import Cluster, temporary_cluster
from tests.database import DashboardDatabase
from tests.live.world import Listener, Project, Salon, World, project_over, world_over
from tests.waiting import until

logger = logging.getLogger(__name__)

SALONS, LISTENERS = 10, 50
AWAY_SECONDS = 5.5
OFFLINE_SECONDS = 5.0
"""A sign of life is sent every 4 s."""
BACK_SECONDS = 5.0
BUSY_SECONDS = 8.0
"""What a busy machine may take longer."""
FORGOTTEN = 500
"""Transactions after the backup."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that may die."""
    with temporary_cluster() as started:
        started.bootstrap()
        yield started


@pytest.fixture(scope="module")
async def mortal_database(cluster: Cluster) -> DashboardDatabase:
    database = DashboardDatabase(cluster, "postgres")
    await database.prepare()
    return database


@pytest.fixture
async def mortal(mortal_database: DashboardDatabase, tmp_path: Path) -> AsyncIterator[Project]:
    with project_over(mortal_database, tmp_path) as running:
        yield running


@pytest.mark.long
async def test_a_killed_database_under_50_listeners(mortal: Project, cluster: Cluster) -> None:
    async with (
        AsyncExitStack() as stack,
        world_over(mortal.database, mortal.rest.url, mortal.realtime.port) as world,
    ):
        salons = [await open_salon(world) for _ in range(SALONS)]
        listeners = [(salon, Listener()) for salon in salons for _ in range(LISTENERS // SALONS)]
        for salon, listener in listeners:
            watch = await world.live.watch(salon.id, listener.hear, listener.hear_condition)
            stack.callback(watch.end)
        all_are = AllOf([listener for _, listener in listeners])
        await until(lambda: all_are.in_mode(Mode.LIVE), 10, "live")

        kill(cluster)
        killed_at = time.monotonic()
        offline = await until(
            lambda: all_are.in_mode(Mode.OFFLINE), OFFLINE_SECONDS + BUSY_SECONDS, "offline"
        )
        for _, listener in listeners:
            condition = listener.conditions[-1][1]
            assert condition.read_at is not None, "what is shown has an age"
            assert condition.read_at < condition.since
        await asyncio.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - killed_at)))

        await start_again(cluster)
        back_at = time.monotonic()
        admin = await asyncpg.connect(mortal.database.superuser_uri)
        written: dict[UUID, int] = {}
        for salon in salons:
            salon.connection = admin
            written[salon.id] = await salon.say("after the outage")

        def all_are_told() -> bool:
            return all(listener.told_of(written[salon.id]) for salon, listener in listeners)

        told = await until(all_are_told, BACK_SECONDS + BUSY_SECONDS, "told of what was written since")
        assert not any(listener.times_everything for _, listener in listeners), "the log has kept its place"
        assert not all_are.in_mode(Mode.OFFLINE)
        await until(lambda: all_are.in_mode(Mode.LIVE), 15, "live again")
        live = time.monotonic() - back_at
        logger.info(
            "offline %.2f s after the kill; told %.2f, live %.2f s after the return", offline, told, live
        )
        await admin.close()
        for salon, listener in listeners:
            assert len(listener.settled) == len({*listener.settled}) > 0, salon


async def test_a_database_that_is_back_before_anybody_has_asked(mortal: Project, cluster: Cluster) -> None:
    """Realtime needs longer than the database: of what is written in between it never tells."""
    async with world_over(mortal.database, mortal.rest.url, mortal.realtime.port) as world:
        await world.until_live()
        kill(cluster)
        await start_again(cluster)
        world.salon.connection = admin = await asyncpg.connect(mortal.database.superuser_uri)
        await world.salon.log()
        told = await world.until_caught_up(BACK_SECONDS)
        logger.info("back at once: told %.2f s after the return", told)
        await admin.close()


async def test_a_restored_backup_has_everything_read_again(
    mortal_database: DashboardDatabase, cluster: Cluster, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    cluster.stop()
    subprocess.run(["cp", "-a", cluster.cluster_dir, backup], check=True)
    cluster.start()
    with project_over(mortal_database, tmp_path) as project:
        async with world_over(mortal_database, project.rest.url, project.realtime.port) as world:
            await world.until_live()
            await world.salon.connection.execute(
                f"do $$ begin for i in 1..{FORGOTTEN} loop"
                " perform pg_current_xact_id(); commit; end loop; end $$"
            )
            await world.salon.log()
            await world.until_caught_up()

            cluster.stop()
            shutil.rmtree(cluster.cluster_dir)
            subprocess.run(["cp", "-a", backup, cluster.cluster_dir], check=True)
            cluster.start()
            told = await until(
                lambda: world.listener.times_everything, BACK_SECONDS + 5, "everything is told"
            )
            logger.info("restored: told %.2f s after the return to read everything anew", told)
            before = len(world.listener.settled)
            admin = await asyncpg.connect(mortal_database.superuser_uri)
            world.salon.connection = admin
            await world.salon.open()  # it had not been there yet
            number = await world.salon.log()
            await until(lambda: number in world.listener.settled[before:], 5, "told of what comes after")
            await admin.close()


class AllOf:
    """Some listeners at once."""

    def __init__(self, listeners: list[Listener]) -> None:
        self._listeners = listeners

    def in_mode(self, mode: Mode) -> bool:
        return all(one.mode is mode for one in self._listeners)


async def open_salon(world: World) -> Salon:
    """One more salon of the same project."""
    first = world.salon
    salon = Salon(first.database, first.connection, first.supabase, first.minter)
    await salon.open()
    return salon


def kill(cluster: Cluster) -> None:
    """kill -9 of the server."""
    pid = (cluster.cluster_dir / "postmaster.pid").read_text().splitlines()[0]
    os.kill(int(pid), signal.SIGKILL)
    while cluster.is_running():
        time.sleep(0.001)


async def start_again(cluster: Cluster) -> None:
    """Until the database answers; a start fails while processes of the dead server end."""
    async with asyncio.timeout(30):
        while not (cluster.is_running() and cluster.is_ready()):
            if not cluster.is_running():
                cluster.relaunch()
            await asyncio.sleep(0.05)
