"""Making a key: a name, what it may do, and then the key itself, this once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import ui

from components.buttons import button
from components.dialog import dialog
from components.notices import done
from components.submission import Submission
from components.tag import Tag, foreign, icon, tag
from components.viewer import Viewer
from models import Permission
from queries import api_keys
from queries.api_keys import ApiKey, Scope, new_key

LONGEST_NAME = 100


class KeyDialog:
    """Opens at once. `on_made` has the table read again."""

    def __init__(self, viewer: Viewer, dialogs: Tag, on_made: Callable[[], Awaitable[None]]) -> None:
        self._viewer = viewer
        self._on_made = on_made
        self._key = new_key()
        """One for the dialog: sent twice, it is still the same."""
        tr = viewer.tr
        with dialogs.clear(), dialog(tr.t("Make a key")) as self._opened:
            self._content = tag("div", classes="stack")
            with self._content:
                submission = Submission(tr, self._write, self._made)
                self._name = ui.input(tr.t("Who will use it")).classes("field")
                self._name.props(f"outlined dense autofocus maxlength={LONGEST_NAME}")
                self._name.props["placeholder"] = tr.t("Such as: booking bot, server 2")
                self._name.on("keydown.enter", submission.send, [])
                self._scopes = self._scope_choice()
                submission.problem_place()
                with tag("div", classes="dialog-actions"):
                    button(tr.t("Cancel"), self._opened.close)
                    submission.on(button(tr.t("Make the key"), weight="primary"))

    def _scope_choice(self) -> dict[Scope, ui.checkbox]:
        tr, viewer = self._viewer.tr, self._viewer
        offered = {Scope.INGEST: tr.t("Send what agents do: traces, logs and events")}
        if viewer.may(Permission.RUNS_READ):
            offered[Scope.READ] = tr.t("Read runs and events; telephone numbers and addresses are masked")
        if viewer.may(Permission.RUNS_CONTROL):
            offered[Scope.CONTROL] = tr.t("Steer agents: answer their questions, stop them")
        boxes = {}
        with tag("fieldset", classes="roles"):
            tag("legend", tr.t("What it may do"), "muted")
            with tag("div", classes="access-scopes"):
                for scope, words in offered.items():
                    boxes[scope] = ui.checkbox(words, value=scope is Scope.INGEST).props("dense")
        return boxes

    async def _write(self, request_id: UUID) -> ApiKey:
        scopes = [scope for scope, box in self._scopes.items() if box.value]
        name = str(self._name.value or "").strip()
        return await api_keys.create(self._viewer.door, request_id, name, self._key, scopes)

    async def _made(self, made: ApiKey) -> None:
        tr = self._viewer.tr
        self._opened.props("persistent")  # a click beside it must not lose what is never shown again
        with self._content.clear():
            foreign(made.name, "strong")
            with tag("div", classes="access-once").props("role=status"):
                icon("key")
                tag("p", tr.t("Copy the key now: it is not stored here and will not be shown again."))
            self._copied(tr.t("Key"), self._key.text)
            if Scope.INGEST in made.scopes:
                tag("p", tr.t("An agent with OpenTelemetry is told of it by its environment:"), "muted")
                self._copied(tr.t("Environment"), self._environment(), is_long=True)
            with tag("div", classes="dialog-actions"):
                button(tr.t("Done"), self._opened.close)
        await self._on_made()

    def _environment(self) -> str:
        return (
            f"OTEL_EXPORTER_OTLP_ENDPOINT={self._viewer.origin}\n"
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
            f"OTEL_EXPORTER_OTLP_HEADERS=x-api-key={self._key.text}"
        )

    def _copied(self, name: str, text: str, *, is_long: bool = False) -> None:
        tr = self._viewer.tr

        def copy() -> None:
            ui.clipboard.write(text)
            done(tr.t("Copied."))

        with tag("div", classes="secret"):
            field = ui.textarea(value=text).classes("field grow access-code-field")
            field.classes("access-long" if is_long else "access-key")
            field.props(f"outlined dense readonly {'rows=3' if is_long else 'autogrow'}")
            field.props["aria-label"] = name
            made = button(tr.t("Copy"), copy, weight="quiet" if is_long else "primary", icon="content_copy")
            made.props["aria-label"] = f"{tr.t('Copy')}: {name}"
