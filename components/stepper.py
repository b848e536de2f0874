"""Links to the record before and after the one that is open; the arrow keys, `k` and `j` follow them too."""

from __future__ import annotations

from nicegui import ui

from i18n import Translator


class Stepper(ui.element, component="stepper.js"):
    """Two buttons; `show` gives them their addresses (of ours), None where the list ends."""

    def __init__(self, tr: Translator, name: str, previous: str, following: str) -> None:
        super().__init__()
        self._tr = tr
        self._labels = (previous, following)
        self._props["name"] = name
        self.show(None, None)

    def show(self, previous: str | None, following: str | None) -> None:
        """Lead to other addresses."""
        before, after = self._labels
        self._props["ways"] = [
            {
                "label": before, "href": previous, "icon": "chevron_left", "keys": "ArrowLeft k",
                "title": self._tr.t("{what} (← or k)", what=before),
            },
            {
                "label": after, "href": following, "icon": "chevron_right", "keys": "ArrowRight j",
                "title": self._tr.t("{what} (→ or j)", what=after),
            },
        ]  # fmt: skip
        self.update()
