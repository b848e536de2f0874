"""Several choices of a list, taken together when they are confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from components.buttons import button
from components.tag import foreign, tag
from i18n import Translator


@dataclass(frozen=True, slots=True)
class Option:
    """`value` is what is chosen (None: records without a value), `text` what it is called."""

    value: str | None
    text: str
    tone: str = ""


def checklist(
    tr: Translator,
    name: str,
    options: Sequence[Option],
    chosen: Sequence[str | None],
    on_apply: Callable[[tuple[str | None, ...]], Any],
) -> None:
    """Draw the choices with a button; `on_apply` is called with those that are ticked then."""
    ticked = set(chosen)

    def toggle(value: str | None, event: GenericEventArguments) -> None:
        if event.args:
            ticked.add(value)
        else:
            ticked.discard(value)

    with tag("div", classes="checklist").props("role=group").attribute("aria-label", name):
        for option in options:
            with tag("label", classes="check-option"):
                box = tag("input").props("type=checkbox")
                if option.value in ticked:
                    box.props("checked")
                box.on(
                    "change",
                    lambda event, value=option.value: toggle(value, event),
                    js_handler="(event) => emit(event.target.checked)",
                )
                foreign(option.text, f"check-text tone-{option.tone}" if option.tone else "check-text")
    with tag("div", classes="checklist-actions"):
        button(tr.t("Show"), lambda: on_apply(tuple(ticked)), weight="primary")
