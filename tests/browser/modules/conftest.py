"""One tab for all tests of a file; after each of them it is looked at for what must never happen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.modules.page import Modules, opened


@pytest.fixture(scope="module")
async def tab(chromium: Browser) -> AsyncIterator[Modules]:
    """The tab."""
    async with opened(chromium) as modules:
        yield modules


@pytest.fixture
async def modules(tab: Modules) -> AsyncIterator[Modules]:
    """The tab, for one test."""
    yield tab
    await tab.check()
