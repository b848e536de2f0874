"""The notes on a dialogue: what the people of the salon tell each other about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from nicegui import ui

from components.buttons import button
from components.confirm import confirm
from components.dialog import dialog
from components.menu import menu
from components.notices import done
from components.submission import Submission
from components.tag import Tag, foreign, icon, tag
from components.viewer import Viewer, Visit
from queries import dialogue
from queries.dialogue import Note

LONGEST = 4000


class Notes:
    """A card. What is typed stays when the dialogue is read anew, and when it could not be saved."""

    def __init__(
        self, viewer: Viewer, visit: Visit, session_id: UUID, dialogs: Tag, *, may_add: bool
    ) -> None:
        self._viewer = viewer
        self._refresh = visit.pulse.ring
        self._session_id = session_id
        self._dialogs = dialogs
        self._may_add = may_add
        self._shown: Sequence[Note] | None = None
        tr = viewer.tr
        with tag("section", classes="card dialogue-card").attribute("aria-label", tr.t("Notes")):
            tag("h2", tr.t("Notes"), "card-title")
            self._place = tag("div", classes="dialogue-notes")
            if may_add:
                self._form()

    def show(self, notes: Sequence[Note]) -> None:
        """Show the notes, the oldest first."""
        if notes == self._shown:
            return
        self._shown = notes
        with self._place.clear():
            if not notes:
                tag("p", self._viewer.tr.t("No notes yet. The bot and the client never see them."), "muted")
            for note in notes:
                self._note(note)

    def _note(self, note: Note) -> None:
        viewer, tr = self._viewer, self._viewer.tr
        with tag("article", classes="note"):
            with tag("div", classes="note-head"):
                foreign(note.author_name, "strong")
                tag("time", tr.moment(note.created_at, viewer.tenant.time_zone, "short"), "muted")
                if note.may_change:
                    self._actions(note)
            # whole, as it is short: the database keeps no longer one
            tag("bdi", note.body, "note-body")
            if note.edited_at is not None:
                at = tr.moment(note.edited_at, viewer.tenant.time_zone, "short")
                with tag("p", classes="dialogue-small muted"):
                    if note.editor_name:
                        tag("span", tr.t("Changed on {time} by", time=at) + " ")
                        foreign(note.editor_name)
                    else:
                        tag("span", tr.t("Changed on {time}", time=at))

    def _actions(self, note: Note) -> None:
        tr = self._viewer.tr
        with tag("button", classes="row-button note-menu") as opener:
            name = tr.t("Actions for the note of {name}", name=note.author_name)
            opener.attribute("aria-label", name)
            icon("more_horiz")
            with menu(opener, name, align_right=True).props("auto-close"):
                _action(tr.t("Change the note"), "edit", "").on("click", partial(self._edit, note), [])
                removal = _action(tr.t("Remove the note"), "delete", "is-danger")
                removal.on("click", partial(self._remove, note), [])

    def _form(self) -> None:
        tr = self._viewer.tr

        async def write(request_id: UUID) -> None:
            await dialogue.add_note(self._viewer.door, request_id, self._session_id, field.value or "")

        async def added(_: None) -> None:
            field.set_value("")
            await self._refresh()

        submission = Submission(tr, write, added)
        field = _field(tr.t("New note"))
        field.on("keydown.ctrl.enter", submission.send, [])
        submission.problem_place()
        with tag("div", classes="dialogue-send"):
            submission.on(button(tr.t("Add the note")))

    def _edit(self, note: Note) -> None:
        tr = self._viewer.tr

        async def write(request_id: UUID) -> None:
            await dialogue.edit_note(self._viewer.door, request_id, note.note_id, field.value or "")

        async def changed(_: None) -> None:
            opened.close()
            done(tr.t("The note was changed."))
            await self._refresh()

        with self._dialogs.clear(), dialog(tr.t("Change the note")) as opened:
            submission = Submission(tr, write, changed)
            field = _field(tr.t("Note"), note.body).props("autofocus")
            submission.problem_place()
            with tag("div", classes="dialog-actions"):
                button(tr.t("Cancel"), opened.close)
                submission.on(button(tr.t("Save"), weight="primary"))

    def _remove(self, note: Note) -> None:
        tr = self._viewer.tr

        async def write(request_id: UUID) -> None:
            await dialogue.remove_note(self._viewer.door, request_id, note.note_id)

        with self._dialogs.clear():
            confirm(
                tr,
                title=tr.t("Remove the note of {name}?", name=note.author_name),
                consequence=tr.t("It is gone for everybody in the salon and cannot be brought back."),
                action=tr.t("Remove"),
                finished=tr.t("The note was removed."),
                write=write,
                on_done=self._refresh,
            )


def _field(label: str, text: str = "") -> ui.textarea:
    field = ui.textarea(label, value=text).classes("field note-field")
    field.props(f"outlined dense autogrow maxlength={LONGEST}")
    return field


def _action(words: str, picture: str, classes: str) -> Tag:
    with tag("button", classes=f"menu-link {classes}").props("type=button") as made:
        icon(picture)
        tag("span", words)
    return made
