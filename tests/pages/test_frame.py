"""The frame: who sees which page of which salon, and what is said of the others."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from errors import SignInRequired
from models import Role
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, STRANGE, THREAD, FakeDoor, busy_door
from tests.pages.presses import page_links

HOME = f"/s/{LAVENDER}"


def has_menu_button(user: User) -> bool:
    """Whether the button that opens the sidebar's drawer is there, as far as the screen is narrow."""
    with user:
        (button,) = ElementFilter(marker="menu-button")
    return bool(button.visible)


class TestSidebar:
    async def test_has_every_page_for_an_owner(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{HOME}/overview")
        await user.should_see("1,764")
        assert page_links(user) == [f"{HOME}/{page}" for page in ("overview", "users", "audit", "settings")]
        assert has_menu_button(user)

    async def test_has_only_an_operators_pages_for_an_operator(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{HOME}/overview", role=Role.OPERATOR)
        await user.should_see("1,764")
        assert page_links(user) == [f"{HOME}/overview", f"{HOME}/settings"]

    async def test_takes_the_period_along(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{HOME}/users?period=7d")
        await user.should_see("Анна Соколова")
        assert {urlsplit(link).query for link in page_links(user)} == {"period=7d"}


class TestRefusals:
    async def test_says_403_for_a_page_of_another_role_and_reads_nothing(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, f"{HOME}/users", role=Role.OPERATOR)
        await user.should_see("This page is not for your role.")
        await user.should_see("403")
        assert door.asked == []

    @pytest.mark.parametrize("path", ["/nowhere", ""])
    async def test_says_404_for_an_unknown_page(self, open_panel: OpenPanel, path: str) -> None:
        user = await open_panel(busy_door(), f"{HOME}{path}")
        await user.should_see("There is no such page.")

    @pytest.mark.parametrize(
        "tenant", [str(STRANGE), "5ea10000-0000-4000-8000-00000000dead", "nonsense", "%3Cscript%3E"]
    )
    async def test_does_not_tell_a_foreign_salon_from_no_salon(
        self, open_panel: OpenPanel, tenant: str
    ) -> None:
        user = await open_panel(busy_door(), f"/s/{tenant}/overview")
        await user.should_see("There is no such salon, or you are not a member of it.")
        await user.should_see("To the overview of Lavender")
        assert page_links(user) == []
        assert not has_menu_button(user), "on a phone it would open an empty drawer"

    async def test_says_what_is_wrong_with_a_period(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"{HOME}/overview?period=ages")
        await user.should_see("The address asks for a period that does not exist.")

    async def test_speaks_the_readers_language(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), f"/s/{STRANGE}/overview", locale="ru")
        await user.should_see("Такого салона нет, или вы в нём не состоите.")


class TestStart:
    async def test_says_what_to_do_when_there_is_no_salon(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(), "/", own=[])
        await user.should_see("There is no salon for you yet")
        assert not has_menu_button(user)
        await user.should_see("Ask the owner of your salon to add you as a member.")


class TestEverywhere:
    @pytest.mark.parametrize("page", ["overview", "users", "audit", "settings", "nowhere"])
    async def test_says_that_the_data_is_invented(self, open_panel: OpenPanel, page: str) -> None:
        user = await open_panel(busy_door(), f"{HOME}/{page}")
        await user.should_see(marker="demo-banner")

    async def test_remembers_the_salon_that_was_opened(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, f"/s/{THREAD}/overview")
        await user.should_see("1,764")
        assert [call["last_tenant_id"] for call in door.calls("set_preferences")] == [THREAD]

    async def test_offers_to_sign_in_when_the_session_has_ended(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        door.problem = SignInRequired("Your session has ended.", advice="Sign in again.")
        user = await open_panel(door, f"{HOME}/overview")
        await user.should_see("Your session has ended.")
        await user.should_see("Sign in")
