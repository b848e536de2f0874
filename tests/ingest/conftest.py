"""A panel's ways in, and a Redis with a source that reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ingest import redis_handover, redis_source
from tests.database import DashboardDatabase, copy_of
from tests.ingest.redis_world import World, world
from tests.ingest.telling import Telling, forget, telling


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(redis_handover, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(redis_handover, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(redis_source, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(redis_source, "LONGEST_PAUSE", 0.02)
    async with world() as made:
        yield made


@pytest.fixture(scope="module")
async def started(migrated_template: DashboardDatabase) -> AsyncIterator[Telling]:
    database = copy_of(migrated_template)
    async with telling(database) as panel:
        yield panel
    database.cluster.drop_database(database.name)


@pytest.fixture
async def panel(started: Telling) -> Telling:
    """With nothing told of yet."""
    await forget(started)
    return started
