"""A page that is opened while the database is away."""

from __future__ import annotations

from typing import Any

import pytest

from components import retry
from components.viewer import Viewer
from errors import Unavailable
from tests.pages import fakes
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, busy_door

PAGE = f"/s/{LAVENDER}/overview"


async def test_opens_by_itself_once_the_database_is_back(
    open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "RETRY_SECONDS", 0.2)
    away = True
    viewer = Viewer

    def enter(*_: Any, **values: Any) -> Any:
        if away:
            raise Unavailable("The database does not answer.", advice="It is tried again by itself.")
        return viewer(**values)

    monkeypatch.setattr(fakes, "Viewer", enter)
    user = await open_panel(busy_door(), PAGE)
    await user.should_see("The database does not answer.")
    await user.should_see("Try again")
    away = False
    await user.should_see("1,764", retries=30)
    await user.should_not_see("The database does not answer.")
