"""The dialog of one pattern, with a text to try it on: what it would leave of it is shown as it is typed."""

from __future__ import annotations

import asyncio
from uuid import UUID

from nicegui import ui

from components.buttons import button
from components.dialog import dialog
from components.notices import done
from components.submission import Submission
from components.tag import tag
from components.wording import as_app_error, error_texts
from pages.access_rules import OpenRules
from queries.telemetry_rules import LONGEST_NAME, LONGEST_PATTERN, Pattern, without_secrets

LONGEST_SAMPLE = 2000


class PatternDialog:
    """Opens at once. Without a `pattern` it adds one; else it changes the one at `place`."""

    def __init__(self, rules: OpenRules, pattern: Pattern | None, place: int = 0) -> None:
        self._rules = rules
        self._pattern = pattern
        self._place = place
        self._tries = 0
        tr = rules.tr
        title = tr.t("Add a pattern") if pattern is None else tr.t("Change the pattern")
        with rules.dialogs.clear(), dialog(title) as self._opened:
            submission = Submission(tr, self._save, self._saved)
            self._name = ui.input(tr.t("What it finds"), value=pattern.name if pattern else "").classes(
                "field"
            )
            self._name.props(f"outlined dense autofocus maxlength={LONGEST_NAME}")
            self._text = ui.input(tr.t("Pattern (RE2)"), value=pattern.pattern if pattern else "")
            self._text.classes("field access-code-field")
            self._text.props(f"outlined dense maxlength={LONGEST_PATTERN} debounce=250")
            self._text.props("spellcheck=false autocapitalize=off autocomplete=off")
            tag("p", tr.t("Such as LC-[0-9]+: all that it finds is removed."), "muted access-hint")
            self._sample = ui.textarea(tr.t("A text to try it on")).classes("field")
            self._sample.props(f"outlined dense autogrow maxlength={LONGEST_SAMPLE} debounce=250")
            self._result = tag("div", classes="access-try").props("role=status")
            self._text.on_value_change(self._try)
            self._sample.on_value_change(self._try)
            submission.problem_place()
            for field in (self._name, self._text):
                field.on("keydown.enter", submission.send, [])
            with tag("div", classes="dialog-actions"):
                button(tr.t("Cancel"), self._opened.close)
                submission.on(button(tr.t("Save"), weight="primary"))
        self._explain()

    async def _try(self) -> None:
        self._tries += 1
        this, sample = self._tries, str(self._sample.value or "")[:LONGEST_SAMPLE]
        if not self._text.value or not sample:
            self._explain()
            return
        tr = self._rules.tr
        try:
            left, count = await asyncio.to_thread(without_secrets, sample, self._wanted())
        except Exception as error:  # noqa: BLE001 - shown to the reader and logged
            message, advice = error_texts(as_app_error(error, "trying a pattern"), tr)
            if this == self._tries:
                self._show(problem=message, words=advice)
            return
        found = tr.n("{count} place is removed. This is stored:",
                     "{count} places are removed. This is stored:", count)  # fmt: skip
        nothing = tr.t("Nothing is found. This is stored as it is:")
        if this == self._tries:
            self._show(words=found if count else nothing, text=left)

    def _explain(self) -> None:
        self._show(words=self._rules.tr.t("What would be stored of the text is shown here. It is not kept."))

    def _show(self, *, problem: str = "", words: str, text: str = "") -> None:
        if self._result.is_deleted:
            return
        self._result.classes(replace="access-try is-bad" if problem else "access-try")
        with self._result.clear():
            if problem:
                tag("strong", problem)
            tag("p", words, "" if text else "muted")
            if text:
                tag("bdi", text, "access-code access-sample")

    def _wanted(self) -> tuple[Pattern, ...]:
        """All patterns of the salon as they would be with this one saved."""
        wanted = Pattern(name=str(self._name.value or ""), pattern=str(self._text.value or ""))
        patterns = list(self._rules.now.patterns)
        if self._pattern is not None and patterns[self._place : self._place + 1] == [self._pattern]:
            patterns[self._place] = wanted
        else:
            patterns.append(wanted)
        return tuple(patterns)

    async def _save(self, request_id: UUID) -> None:
        await self._rules.change(request_id, patterns=self._wanted())

    async def _saved(self, _: None) -> None:
        self._opened.close()
        done(self._rules.tr.t("The pattern was saved. What comes from now on goes by it."))
        await self._rules.refresh()
