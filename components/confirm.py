"""Ask before something that cannot simply be taken back; do it once, and say when it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from components.buttons import Weight, button
from components.dialog import dialog
from components.notices import done
from components.submission import Submission
from components.tag import tag
from i18n import Translator


def confirm(
    tr: Translator,
    *,
    title: str,
    consequence: str,
    action: str,
    finished: str,
    write: Callable[[UUID], Awaitable[None]],
    on_done: Callable[[], Awaitable[object]],
    weight: Weight = "danger",
) -> None:
    """Open the question.

    `consequence` says what will happen, `action` is the button's word, `finished` is said when it is done. A
    refusal is shown inside the dialog, which stays open.
    """

    async def finish(_: None) -> None:
        opened.close()
        done(finished)
        await on_done()

    with dialog(title) as opened:
        tag("p", consequence, "dialog-text")
        submission = Submission(tr, write, finish)
        submission.problem_place()
        with tag("div", classes="dialog-actions"):
            button(tr.t("Cancel"), opened.close)
            submission.on(button(action, weight=weight)).props("autofocus")
