"""What is kept of agents' events, and for how long: a form, which keeps what is typed while it is open."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from components.buttons import button
from components.notices import done
from components.submission import Submission
from components.tag import tag
from pages.access_rules import OpenRules

MOST_DAYS = 3650
_TOO_MANY = 1_000_000_000


class Kept:
    """Draws the form at once."""

    def __init__(self, rules: OpenRules) -> None:
        self._rules = rules
        tr = rules.tr
        with tag("section", classes="card section access-form").attribute("aria-label", tr.t("What is kept")):
            tag("h2", tr.t("What is kept"), "card-title")
            about = tr.t("Secrets are removed before anything is stored, whatever is chosen here.")
            tag("p", about, "muted")
            self._keeps = ui.switch(tr.t("Keep prompts, answers, arguments and results")).props("dense")
            tag("p", tr.t("Without them a run shows its steps, times, tokens and costs only."), "muted")
            with tag("div", classes="access-fields"):
                self._prompt_days = _days(tr.t("Days to keep prompts and answers"))
                self._event_days = _days(tr.t("Days to keep runs"))
            note = tr.t("Somebody has changed these meanwhile. What you save replaces that.")
            self._note = tag("p", note, "access-note").props("role=status")
            submission = Submission(tr, self._save, self._saved)
            submission.problem_place()
            submission.on(button(tr.t("Save"), weight="primary"))
        self._take()

    def show(self) -> None:
        """Show newer rules, unless something else was typed."""
        if self._typed() == self._shown:
            self._take()
        else:
            self._note.set_visibility(self._saved_now() != self._shown)

    def _take(self) -> None:
        now = self._rules.now
        self._keeps.set_value(now.keeps_prompts)
        self._prompt_days.set_value(now.prompt_days)
        self._event_days.set_value(now.event_days)
        self._shown = self._saved_now()
        self._note.set_visibility(False)

    def _saved_now(self) -> tuple[bool, int, int]:
        now = self._rules.now
        return now.keeps_prompts, now.prompt_days, now.event_days

    def _typed(self) -> tuple[bool, int, int]:
        return bool(self._keeps.value), _whole(self._prompt_days), _whole(self._event_days)

    async def _save(self, request_id: UUID) -> None:
        keeps, prompt_days, event_days = self._typed()
        await self._rules.change(
            request_id, keeps_prompts=keeps, prompt_days=prompt_days, event_days=event_days
        )

    async def _saved(self, _: None) -> None:
        self._take()
        done(self._rules.tr.t("Saved. What comes from now on is kept like this."))
        await self._rules.refresh()


def _days(label: str) -> ui.number:
    field = ui.number(label, min=1, max=MOST_DAYS, step=1).classes("field")
    field.props("outlined dense stack-label inputmode=numeric")
    return field


def _whole(field: ui.number) -> int:
    """What was typed; what is no whole number becomes 0, which is refused in words."""
    value = field.value
    return int(value) if value is not None and value == int(value) and abs(value) < _TOO_MANY else 0
