"""A project in processes of its own, for the tests of one file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.browser.conftest import chromium
from tests.database import DashboardDatabase, copy_of
from tests.live.world import Project, project_over
from tests.local_supabase.conftest import running_tasks


@pytest.fixture(scope="module")
def project(
    migrated_template: DashboardDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A migrated database with nobody in it."""
    database = copy_of(migrated_template)
    with project_over(database, tmp_path_factory.mktemp("live")) as running:
        yield running
    database.cluster.drop_database(database.name)


@pytest.fixture(autouse=True)
async def _no_task_is_left() -> AsyncIterator[None]:
    """Whatever a test began has ended with it: a connection that nobody closed would go on for ever."""
    before = running_tasks()
    yield
    left = {task for task in running_tasks() - before if task is not asyncio.current_task()}
    if left:  # a socket may take a moment to close
        await asyncio.wait(left, timeout=1)
    assert [task for task in left if not task.done()] == []


__all__ = ["chromium"]
