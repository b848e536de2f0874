"""The people of the salon, and what may be done to whom."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from nicegui import ui

from errors import Conflict, Invalid
from models import Role
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import ANNA, BORIS, HOSTILE, LAVENDER, NOW, FakeDoor, busy_door, member
from tests.pages.presses import press
from tests.waiting import until

PAGE = f"/s/{LAVENDER}/users"
VERA = UUID("20000000-0000-4000-8000-000000000003")


class TestList:
    async def test_shows_everybody_with_foreign_names_as_text(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE)
        for text in ("Анна Соколова", "you", "Owner", HOSTILE, "Administrator"):
            await user.should_see(text)

    async def test_says_what_to_do_when_nobody_is_there(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(), PAGE)
        await user.should_see("Nobody is in this salon yet")

    @pytest.mark.parametrize(
        ("role", "target", "offered"),
        [
            (Role.OWNER, Role.OWNER, True),
            (Role.OWNER, Role.OPERATOR, True),
            (Role.ADMIN, Role.ADMIN, True),
            (Role.ADMIN, Role.OWNER, False),
            (Role.PLATFORM_ADMIN, Role.OWNER, True),
        ],
    )
    async def test_offers_changes_of_nobody_above(
        self, open_panel: OpenPanel, role: Role, target: Role, offered: bool
    ) -> None:
        door = FakeDoor(members=[member(BORIS, "Борис", target)])
        user = await open_panel(door, PAGE, role=role)
        await user.should_see("Борис")
        if offered:
            await user.should_see("Remove from the salon")
        else:
            await user.should_not_see("Remove from the salon")

    async def test_offers_nobody_changes_of_themselves(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(members=[member(ANNA, "Анна", Role.OWNER)]), PAGE)
        await user.should_see("Анна")
        await user.should_not_see("Remove from the salon")


class TestAdding:
    async def test_keeps_what_was_typed_when_it_is_refused(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        door.refusal = Invalid(
            "This is not an e-mail address of at most 254 characters.",
            code="email_invalid",
            advice="Enter an address such as name@example.com.",
        )
        user = await open_panel(door, PAGE, locale="ru")
        await user.should_see("Анна Соколова")
        user.find("Добавить сотрудника").click()
        await user.should_see("Эл. почта")
        user.find(kind=ui.input, content="Имя").type("Вера")
        user.find(kind=ui.input, content="Эл. почта").type("vera")
        user.find(marker="submit").click()
        await user.should_see("Это не адрес эл. почты длиной до 254 символов.")
        await user.should_see("Введите адрес вида name@example.com.")
        await user.should_see(kind=ui.input, content="Вера")

    async def test_sends_one_request_and_offers_a_link_for_a_new_account(self, open_panel: OpenPanel) -> None:
        door = busy_door()
        door.write_seconds = 0.02
        added = member(VERA, "Вера", Role.OPERATOR)
        door.answers = {
            "add_member": added.model_dump(mode="json") | {"is_new_account": True},
            "issue_password_reset": [{"expires_at": (NOW + timedelta(hours=24)).isoformat()}],
        }
        user = await open_panel(door, PAGE)
        await user.should_see("Анна Соколова")
        user.find("Add a person").click()
        await user.should_see("E-mail")
        user.find(kind=ui.input, content="Name").type(" Вера ")
        user.find(kind=ui.input, content="E-mail").type("vera@example.com")
        for _ in range(3):
            user.find(marker="submit").click()
        await user.should_see("Make the link", retries=10)
        (sent,) = door.calls("add_member")
        assert (sent["full_name"], sent["email"], sent["role"]) == ("Вера", "vera@example.com", Role.OPERATOR)

        user.find(marker="submit").click()
        await user.should_see("Hand this over yourself.", retries=10)
        (issued,) = door.calls("issue_password_reset")
        with user:
            (shown,) = [one.value for one in user.find(kind=ui.input, content="http://test/reset/").elements]
        token = shown.removeprefix("http://test/reset/")
        assert hashlib.sha256(token.encode()).hexdigest() == issued["token_hash"]


class TestChanging:
    async def test_asks_before_it_removes_and_does_it_once(self, open_panel: OpenPanel) -> None:
        door = FakeDoor(members=[member(BORIS, "Борис", Role.ADMIN)], write_seconds=0.02)
        user = await open_panel(door, PAGE)
        await user.should_see("Борис")
        press(user, "Remove from the salon")
        await user.should_see("They can no longer open Lavender.")
        assert door.calls("remove_member") == []
        for _ in range(3):
            user.find(marker="submit").click()
        await until(lambda: user.notify.messages)
        (sent,) = door.calls("remove_member")
        assert sent["user_id"] == BORIS
        assert user.notify.messages == ["Борис was removed."]

    async def test_explains_a_refusal_in_the_dialog(self, open_panel: OpenPanel) -> None:
        door = FakeDoor(
            members=[member(BORIS, "Борис", Role.OWNER)],
            refusal=Conflict(
                "This is the last active person in charge.",
                code="last_owner",
                advice="Give somebody else that role first.",
            ),
        )
        user = await open_panel(door, PAGE)
        await user.should_see("Борис")
        press(user, "Switch the account off")
        await user.should_see("They are signed out everywhere at once")
        user.find(marker="submit").click()
        await user.should_see("This is the last active person in charge.")
        await user.should_see("Give somebody else that role first.")
