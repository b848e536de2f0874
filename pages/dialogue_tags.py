"""The tags of a dialogue: the salon's own words to find it by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from nicegui import ui

from components.buttons import button, link
from components.dialogue_links import dialogues_url
from components.submission import Submission
from components.tag import Tag, foreign, icon, tag
from components.viewer import Viewer, Visit
from queries import dialogue

LONGEST = 40


class Tags:
    """A card. What is typed stays when the dialogue is read anew, and when it could not be saved."""

    def __init__(self, viewer: Viewer, visit: Visit, session_id: UUID, *, may_change: bool) -> None:
        self._viewer = viewer
        self._refresh = visit.pulse.ring
        self._session_id = session_id
        self._may_change = may_change
        self._shown: Sequence[str] | None = None
        self._suggested: Sequence[str] = ()
        tr = viewer.tr
        with tag("section", classes="card dialogue-card").attribute("aria-label", tr.t("Tags")):
            tag("h2", tr.t("Tags"), "card-title")
            self._place = tag("div", classes="dialogue-tags")
            self._problems = tag("div")
            if may_change:
                self._form()

    def show(self, tags: Sequence[str], in_use: Sequence[str]) -> None:
        """Show the tags that there are; those that the salon uses elsewhere are offered while one types."""
        if self._may_change and in_use != self._suggested:
            self._suggested = in_use
            self._field.set_autocomplete([one for one in in_use if one not in tags])
        if tags == self._shown:
            return
        self._shown = tags
        with self._place.clear():
            if not tags:
                tag("p", self._viewer.tr.t("No tags yet."), "muted")
            for text in tags:
                self._tag(text)

    def _tag(self, text: str) -> None:
        tr = self._viewer.tr
        with tag("span", classes="dialogue-tag"):
            with link("", dialogues_url(self._viewer, None, tag=(text,))) as found:
                foreign(text)
            found.classes(replace="dialogue-tag-text").attribute("title", tr.t("Dialogues with this tag"))
            if self._may_change:
                name = tr.t("Remove the tag {tag}", tag=text)
                with tag("button", classes="dialogue-tag-off").props("type=button") as off:
                    icon("close")
                off.attribute("aria-label", name).attribute("title", name)
                off.on("click", partial(self._remove, text, off), [])

    def _form(self) -> None:
        tr = self._viewer.tr

        async def write(request_id: UUID) -> None:
            text = (self._field.value or "").strip()
            await dialogue.add_tag(self._viewer.door, request_id, self._session_id, text)

        async def added(_: None) -> None:
            self._field.set_value("")
            await self._refresh()

        submission = Submission(tr, write, added)
        with tag("div", classes="dialogue-add"):
            self._field = ui.input(tr.t("New tag"), autocomplete=[]).classes("field grow")
            self._field.props(f"outlined dense maxlength={LONGEST}")
            self._field.on("keydown.enter", submission.send, [])
            submission.on(button(tr.t("Add")))
        submission.problem_place()

    async def _remove(self, text: str, pressed: Tag) -> None:
        async def write(request_id: UUID) -> None:
            await dialogue.remove_tag(self._viewer.door, request_id, self._session_id, text)

        async def removed(_: None) -> None:
            await self._refresh()

        pressed.props("disabled")
        with self._problems.clear():
            submission = Submission(self._viewer.tr, write, removed)
            submission.problem_place()
        await submission.send()
        if not pressed.is_deleted:
            pressed.props(remove="disabled")
