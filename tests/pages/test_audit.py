"""The audit log: what is told of an entry, and paging."""

from __future__ import annotations

import pytest
from nicegui import ElementFilter

from components.tag import Tag
from i18n import translator
from pages.audit_words import action_name, detail_words
from queries.audit import PAGE_ROWS
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import ANNA, BORIS, HOSTILE, LAVENDER, FakeDoor, busy_door, entry

PAGE = f"/s/{LAVENDER}/audit"
ENGLISH = translator("en")


class TestWords:
    def test_name_whom_an_entry_is_about(self) -> None:
        changed = entry(
            1, "member.role_changed", subject=str(BORIS), details={"from": "operator", "to": "admin"}
        )
        assert detail_words(changed, {BORIS: "Борис"}, ENGLISH) == "Борис · Operator → Administrator"

    def test_leave_out_ids_and_oneself(self) -> None:
        own = entry(1, "preferences.changed", actor_id=ANNA, subject=str(ANNA), details={"theme": "dark"})
        assert detail_words(own, {ANNA: "Анна"}, ENGLISH) == "dark"
        gone = entry(1, "member.removed", subject=str(BORIS), details={"role": "wizard"})
        assert detail_words(gone, {}, ENGLISH) == "wizard"
        assert detail_words(entry(1, "sign_out"), {}, ENGLISH) == "—"

    def test_tell_which_key(self) -> None:
        made = entry(1, "key.created", subject=str(BORIS), details={"name": "bot", "prefix": "agp_12345678"})
        assert detail_words(made, {}, ENGLISH) == "bot · agp_12345678…"

    def test_show_an_unknown_action_as_it_is(self) -> None:
        assert action_name("thing.done", ENGLISH) == "thing.done"


class TestPage:
    async def test_shows_who_did_what_with_foreign_text_as_text(self, open_panel: OpenPanel) -> None:
        user = await open_panel(busy_door(), PAGE, locale="ru")
        for text in (HOSTILE, "Добавлен сотрудник", "Неудачный вход", "a***@example.com · wrong_password"):
            await user.should_see(text)

    async def test_leads_to_older_entries_until_there_are_none(self, open_panel: OpenPanel) -> None:
        door = FakeDoor(entries=[entry(number, "sign_in") for number in range(PAGE_ROWS + 10, 0, -1)])
        user = await open_panel(door, PAGE)
        await user.should_see("Older")
        with user:
            (older,) = [tag for tag in ElementFilter(kind=Tag, content="Older") if "href" in tag.props]
        assert older.props["href"] == f"{PAGE}?before=11"

        await user.open(f"{PAGE}?before=11")
        await user.should_see("To the latest")
        await user.should_not_see("Older")

    async def test_says_when_there_is_nothing(self, open_panel: OpenPanel) -> None:
        user = await open_panel(FakeDoor(), PAGE)
        await user.should_see("Nothing has been done yet")
        await user.open(f"{PAGE}?before=1")
        await user.should_see("There is nothing older")

    @pytest.mark.parametrize("place", ["x", "-1", "9" * 30, "1;drop", "٣"])
    async def test_refuses_a_place_that_cannot_be(self, open_panel: OpenPanel, place: str) -> None:
        door = busy_door()
        user = await open_panel(door, f"{PAGE}?before={place}")
        await user.should_see("The address asks for a place in the log that does not exist.")
        assert door.asked == []
