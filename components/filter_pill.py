"""A filter as a small button: what it is set to stands on it, its choices are in the menu behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from components.buttons import icon_button
from components.lazy_menu import LazyMenu
from components.tag import foreign, icon, tag
from i18n import Translator

T = TypeVar("T")


class FilterPill:
    """`read` and `draw` are those of the menu; `on_clear` is called when the filter is to be unset."""

    def __init__(
        self,
        tr: Translator,
        name: str,
        read: Callable[[], Awaitable[T]],
        draw: Callable[[T], None],
        on_clear: Callable[[], Any],
    ) -> None:
        self._name = name
        with tag("div", classes="filter-pill") as self._pill:
            with tag("button", classes="filter-open") as self._button:
                self._label = tag("span", name)
                self._value = foreign("", "filter-value")
                icon("expand_more")
                self._menu = LazyMenu(tr, self._button, name, read, draw)
            clear = tr.t("Remove the filter “{name}”", name=name)
            self._clear = icon_button("close", clear, on_clear).classes("filter-clear")
        self.show("")

    def show(self, value: str) -> None:
        """Say what the filter is set to; nothing when it is not."""
        self._label.set_text(f"{self._name}:" if value else self._name)
        self._value.set_text(value)
        self._value.set_visibility(bool(value))
        self._clear.set_visibility(bool(value))
        self._pill.classes(replace="filter-pill is-set" if value else "filter-pill")

    def close(self) -> None:
        """Close the menu."""
        self._menu.close()
