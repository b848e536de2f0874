"""A menu whose content is read and drawn when it opens, and gone when it closes.

A page may have a dozen menus and seldom has one open: in every tab only the open one costs memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from nicegui import ui

from components import states
from components.menu import menu
from components.tag import tag
from components.wording import as_app_error
from i18n import Translator

T = TypeVar("T")


class LazyMenu(Generic[T]):
    """Make it inside the `<button>` that opens it. `draw` builds the content from what `read` gave."""

    def __init__(
        self,
        tr: Translator,
        opener: ui.element,
        name: str,
        read: Callable[[], Awaitable[T]],
        draw: Callable[[T], None],
        *,
        align_right: bool = False,
    ) -> None:
        self._tr = tr
        self._read = read
        self._draw = draw
        self._is_open = False
        with menu(opener, name, align_right=align_right) as self._menu:
            self._menu.props(":offset='[0, 4]'")
            self._content = tag("div", classes="menu-list")
        self._menu.on("before-show", self._open, [])
        self._menu.on("hide", self._forget, [])

    def close(self) -> None:
        """Close it."""
        self._menu.close()

    async def refill(self) -> None:
        """Read and draw again what is in the open menu."""
        try:
            value = await self._read()
        except Exception as error:  # noqa: BLE001 - shown to the reader and logged
            problem = as_app_error(error, "opening a menu")
            if self._is_open:
                with self._content.clear():
                    states.failed(self._tr, problem, self.refill)
            return
        if self._is_open and not self._content.is_deleted:
            with self._content.clear():
                self._draw(value)
            # it may have grown over the edge of the screen
            self._menu.run_method("updatePosition")

    async def _open(self) -> None:
        self._is_open = True
        with self._content.clear():
            states.loading(self._tr, "96px")
        await self.refill()

    def _forget(self) -> None:
        self._is_open = False
        self._content.clear()
