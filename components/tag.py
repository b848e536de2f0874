"""Plain HTML elements with text in them, where Quasar has nothing to add."""

from __future__ import annotations

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

LONGEST_TEXT = 500
"""Characters of foreign text that a label shows; a client may write a megabyte."""


class Tag(TextElement):
    """An HTML element, with text that is never taken for markup."""

    def __init__(self, name: str, text: str = "", classes: str = "") -> None:
        super().__init__(tag=name, text=text)
        self.classes(classes)

    def attribute(self, name: str, value: str) -> Tag:
        """Set an attribute to any text; `props` would parse it."""
        self.props[name] = value
        return self


def tag(name: str, text: str = "", classes: str = "") -> Tag:
    """An HTML element, such as `tag("h2", "Bookings")`; a container when used with `with`."""
    return Tag(name, text, classes)


def icon(name: str, classes: str = "") -> ui.icon:
    """A Material icon that says nothing to screen readers: the words beside it do."""
    element = ui.icon(name).classes("icon").classes(classes)
    element.props("aria-hidden=true")
    return element


def foreign(text: str, classes: str = "") -> Tag:
    """Text that people, clients or models wrote: shortened, and kept from turning what is around it."""
    return tag("bdi", shortened(text), classes)


def shortened(text: str) -> str:
    """As much of a foreign text as a label shows."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
