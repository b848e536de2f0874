"""A simulated reader of the panel over a door that answers from memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from tests.pages.fakes import FakeDoor, make_root

OpenPanel = Callable[..., Awaitable[User]]


@pytest.fixture
async def open_panel() -> AsyncIterator[OpenPanel]:
    """Open a panel: `await open_panel(door, "/s/…", role=…)` gives the reader."""
    async with AsyncExitStack() as stack:

        async def opened(door: FakeDoor, path: str, **options: Any) -> User:
            user = await stack.enter_async_context(user_simulation(make_root(door, **options)))
            await user.open(path)
            return user

        yield opened
