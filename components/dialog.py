"""A dialog that is made when it opens and gone when it closes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from components.tag import tag


@contextmanager
def dialog(title: str) -> Iterator[ui.dialog]:
    """Open a dialog; what is built inside is its content. Escape closes it, Quasar keeps the focus in it."""
    with ui.dialog() as made:
        made.props["aria-label"] = title
        with tag("div", classes="dialog"):
            tag("h2", title, "dialog-title")
            yield made
    made.on("hide", made.delete, [])
    made.open()
