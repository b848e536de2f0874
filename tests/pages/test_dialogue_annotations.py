"""Tags and notes on a dialogue: shown, written and removed, and nothing typed is lost."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from nicegui import ElementFilter

from components.tag import Tag
from errors import Invalid
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import NOW
from tests.pages.presses import press
from tests.pages.talk import AWAY, TalkDoor, document, field_of, fire, note, opened, press_button
from tests.waiting import until


class TestTags:
    async def test_are_links_to_the_dialogues_that_have_them(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor(document=document(tags=["vip, a-list"])))
        await user.should_see("vip, a-list")
        with user:
            (link,) = [tag for tag in ElementFilter(kind=Tag) if "dialogue-tag-text" in tag.classes]
        assert parse_qs(urlsplit(link.props["href"]).query)["tag"] == ["vip\\, a-list"]

    async def test_one_is_added_and_shown(self, open_panel: OpenPanel) -> None:
        door = TalkDoor()
        user = await opened(open_panel, door)
        await user.should_see("No tags yet.")
        field_of(user, "New tag").set_value(" vip ")
        door.document = document(tags=["vip"])
        press_button(user, "Add")
        await until(lambda: door.calls("add_tag"))
        await user.should_not_see("No tags yet.")
        assert door.calls("add_tag")[0]["tag"] == "vip"
        assert field_of(user, "New tag").value == ""

    async def test_one_is_removed(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(document=document(tags=["vip"]))
        user = await opened(open_panel, door)
        await user.should_see("vip")
        with user:
            (off,) = [tag for tag in ElementFilter(kind=Tag) if "dialogue-tag-off" in tag.classes]
        door.document = document()
        fire(user, off, "click")
        await user.should_see("No tags yet.")
        assert door.calls("remove_tag")[0]["tag"] == "vip"

    async def test_one_that_is_refused_stays_typed(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(refusal=Invalid("The tag is empty."))
        user = await opened(open_panel, door)
        await user.should_see("New tag")
        field_of(user, "New tag").set_value("-")
        press_button(user, "Add")
        await user.should_see("The tag is empty.")
        assert field_of(user, "New tag").value == "-"

    async def test_of_the_salon_are_offered(self, open_panel: OpenPanel) -> None:
        user = await opened(
            open_panel, TalkDoor(document=document(tags=["vip"], tags_in_use=["vip", "later"]))
        )
        await user.should_see("vip")
        assert field_of(user, "New tag").props["_autocomplete"] == ["later"]


class TestNotes:
    async def test_say_who_wrote_and_who_changed_them(self, open_panel: OpenPanel) -> None:
        notes = [note("first", author_name="Vera"), note("second", edited_at=NOW, editor_name="Boris")]
        user = await opened(open_panel, TalkDoor(document=document(notes=notes)))
        for text in ("first", "Vera", "second", "Boris"):
            await user.should_see(text)

    async def test_one_is_added(self, open_panel: OpenPanel) -> None:
        door = TalkDoor()
        user = await opened(open_panel, door)
        await user.should_see("No notes yet. The bot and the client never see them.")
        field_of(user, "New note").set_value("Likes\ntea")
        door.document = document(notes=[note("Likes\ntea")])
        press_button(user, "Add the note")
        await user.should_see("Vera")
        assert (door.calls("add_note")[0]["body"], field_of(user, "New note").value) == ("Likes\ntea", "")

    async def test_what_is_typed_outlives_refreshes_and_a_lost_database(
        self, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("components.pulse.SECONDS", 0.05)
        monkeypatch.setattr("components.pulse.RETRY_SECONDS", 0.05)
        door = TalkDoor()
        user = await opened(open_panel, door)
        await user.should_see("New note")
        typed = field_of(user, "New note")
        typed.set_value("Likes tea")
        door.document = document(notes=[note("of somebody else")], tags=["vip"], messages_count=99)
        await user.should_see("of somebody else")
        door.problem = door.refusal = AWAY
        await user.should_see("The database does not answer.")
        press_button(user, "Add the note")
        await user.should_see("Try again in a moment.")
        door.problem = door.refusal = None
        press_button(user, "Add the note")
        await until(lambda: len(door.calls("add_note")) == 2)
        first, second = door.calls("add_note")
        # not known whether it was done: sent again, it is the same request
        assert first == second
        assert first["body"] == "Likes tea"
        assert field_of(user, "New note") is typed

    async def test_ones_own_is_changed(self, open_panel: OpenPanel) -> None:
        mine = note("tee", may_change=True)
        door = TalkDoor(document=document(notes=[mine]))
        user = await opened(open_panel, door)
        await user.should_see("Change the note")
        press(user, "Change the note")
        await until(lambda: field_of(user, "Note"))
        assert field_of(user, "Note").value == "tee"
        field_of(user, "Note").set_value("tea")
        door.document = document(notes=[mine | {"body": "tea"}])
        press_button(user, "Save")
        await user.should_see("The note was changed.")
        assert door.calls("edit_note")[0] | {"request_id": 0} == {
            "request_id": 0, "note": UUID(mine["note_id"]), "body": "tea",
        }  # fmt: skip

    async def test_ones_own_is_removed_after_a_question(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(document=document(notes=[note("tea", may_change=True)]))
        user = await opened(open_panel, door)
        await user.should_see("Remove the note")
        press(user, "Remove the note")
        await user.should_see("Remove the note of Vera?")
        assert door.calls("remove_note") == []
        door.document = document()
        press_button(user, "Remove")
        await user.should_see("No notes yet. The bot and the client never see them.")
        assert len(door.calls("remove_note")) == 1

    async def test_of_others_are_not_offered_to_be_changed(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor(document=document(notes=[note("theirs")])))
        await user.should_see("theirs")
        await user.should_not_see("Change the note")
