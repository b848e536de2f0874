"""A field that searches while one types: after a pause, or at Enter. `/` reaches it from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui.events import GenericEventArguments

from components.drawn import Drawn

PAUSE_MS = 400
LONGEST = 200


class SearchField(Drawn, component="search_field.js"):
    """`on_search` is called with the text, trimmed, whenever it has changed; empty when it was cleared."""

    def __init__(
        self, *, label: str, placeholder: str, clear_label: str, value: str, on_search: Callable[[str], Any]
    ) -> None:
        super().__init__()
        self.value = value
        self.put(
            value=value,
            label=label,
            placeholder=placeholder,
            clear_label=clear_label,
            longest=LONGEST,
            pause=PAUSE_MS,
        )

        def search(event: GenericEventArguments) -> Any:
            self.value = str(event.args)[:LONGEST]
            return on_search(self.value)

        self.on("search", search)

    def show(self, text: str) -> None:
        """Put another text into the field, unless somebody is typing there."""
        if text != self.value:
            self.value = text
            self.run_method("show", text)
