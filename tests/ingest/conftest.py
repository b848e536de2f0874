"""A Redis with a source that reads it and an intake that keeps what it was handed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ingest import redis_handover, redis_source
from tests.ingest.redis_world import World, world


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(redis_handover, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(redis_handover, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(redis_source, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(redis_source, "LONGEST_PAUSE", 0.02)
    async with world() as made:
        yield made
