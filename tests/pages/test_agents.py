"""The operators' console: whose it is, what it says in each language, and what its address says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from components.agent_console import AgentConsole
from components.viewer import Route
from i18n import translator
from models import PERMISSIONS, Permission, Role
from pages import agents
from pages.agent_words import packed_words
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, ROUTES, FakeDoor
from tests.pages.talk import fire

PAGE = f"/s/{LAVENDER}/agents"
WITH_AGENTS = (*ROUTES, Route("agents", agents.build, Permission.RUNS_READ, "Agents", "smart_toy"))
RUN = "91f37eeb-8954-43b0-aa05-ec53b3760999"


def shown(user: User) -> AgentConsole:
    with user:
        (found,) = ElementFilter(kind=AgentConsole)
    return found


async def opened(open_panel: OpenPanel, query: str = "", **options: Any) -> User:
    return await open_panel(FakeDoor(), PAGE + query, routes=WITH_AGENTS, **options)


@pytest.mark.parametrize("role", [role for role in Role if Permission.RUNS_READ in PERMISSIONS[role]])
async def test_who_may_steer_agents_is_told_to_the_console(open_panel: OpenPanel, role: Role) -> None:
    console = shown(await opened(open_panel, role=role))
    assert console.props["control"] is (Permission.RUNS_CONTROL in PERMISSIONS[role])
    assert console.props["tenant"] == str(LAVENDER)


async def test_the_address_says_what_is_shown(open_panel: OpenPanel) -> None:
    user = await opened(open_panel, f"?tab=history&run={RUN}&runs={RUN},x&event=7&view=plan&other=x")
    console = shown(user)
    assert console.props["tab"] == "history"
    assert console.props["asked"] == f"run={RUN}&runs={RUN}%2Cx&event=7&view=plan"


@pytest.mark.parametrize("tab", ["", "?tab=", "?tab=everything"])
async def test_a_tab_that_is_none_is_the_first(open_panel: OpenPanel, tab: str) -> None:
    assert shown(await opened(open_panel, tab)).props["tab"] == "active"


async def test_what_the_browser_shows_becomes_the_address(open_panel: OpenPanel) -> None:
    user = await opened(open_panel)
    fire(
        user,
        shown(user),
        "moved",
        {"run": RUN, "event": 7, "view": "x" * 5_000, "tab": "other", "isNew": True},
    )
    assert user.client is not None
    address = user.client.sub_pages_router.current_path
    assert address.startswith(f"{PAGE}?tab=active&run={RUN}&event=7&view=xx")
    assert len(address) < 300


@pytest.mark.parametrize("said", [None, "run", 7, [{"run": RUN}]])
async def test_what_no_console_says_changes_nothing(open_panel: OpenPanel, said: object) -> None:
    user = await opened(open_panel)
    fire(user, shown(user), "moved", said)
    await user.should_see("Active task")


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_every_word_is_there(locale: Any) -> None:
    words = json.loads(packed_words(translator(locale)))

    def empties(value: Any, path: str = "") -> list[str]:
        if isinstance(value, dict):
            return [found for name, one in value.items() for found in empties(one, f"{path}.{name}")]
        if isinstance(value, list):
            return [found for one in value for found in empties(one, path)]
        return [] if isinstance(value, str) and value.strip() else [path]

    assert empties(words) == []
    assert words["statuses"]["waiting"] == {"en": "waiting", "ru": "ждёт"}[locale]
