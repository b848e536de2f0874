"""The salon's settings and the reader's own."""

from __future__ import annotations

from nicegui import ElementFilter, ui

from components.tag import Tag
from models import Role
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, busy_door
from tests.pages.presses import open_menu, press
from tests.waiting import until

PAGE = f"/s/{LAVENDER}/settings"


class TestSalon:
    async def test_is_saved_with_a_request_id(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, PAGE)
        await user.should_see("Time zone")
        with user:
            (zone,) = user.find(kind=ui.select, content="Time zone").elements
            zone.set_value("Asia/Kolkata")
        user.find(marker="submit").click()
        await until(lambda: door.calls("save_tenant_settings"))
        (sent,) = door.calls("save_tenant_settings")
        assert (sent["time_zone"], sent["currency"]) == ("Asia/Kolkata", "RUB")
        assert (sent["opens_at"], sent["closes_at"]) == ("10:00", "20:00")
        assert sent["request_id"]

    async def test_working_hours_are_saved(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, PAGE)
        await user.should_see("Opens at")
        with user:
            (opens,) = user.find(kind=ui.input, content="Opens at").elements
            (closes,) = user.find(kind=ui.input, content="Closes at").elements
            opens.set_value("09:30")
            closes.set_value("00:00")
        user.find(marker="submit").click()
        await until(lambda: door.calls("save_tenant_settings"))
        (sent,) = door.calls("save_tenant_settings")
        assert (sent["opens_at"], sent["closes_at"]) == ("09:30", "00:00")

    async def test_is_only_shown_to_whom_may_not_change_it(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE, role=Role.OPERATOR)
        await user.should_see("Europe/Moscow")
        await user.should_see("10:00 – 20:00")
        await user.should_see("An owner or administrator of the salon can change these.")
        await user.should_not_see(kind=ui.select)


class TestPreferences:
    async def test_are_remembered(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        user = await open_panel(door, PAGE)
        await user.should_see("Role in this salon")
        open_menu(user, "Account of")
        await user.should_see("Sign out")
        with user:
            choices = list(ElementFilter(kind=Tag, content="Dark"))
        assert len(choices) == 2  # in the menu and on the page
        press(user, "Dark")
        await until(lambda: door.calls("set_preferences"))
        assert [call["theme"] for call in door.calls("set_preferences")] == ["dark"]
        assert [choice.props["aria-pressed"] for choice in choices] == ["true", "true"]
