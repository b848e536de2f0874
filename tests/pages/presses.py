"""Pressing what a reader would press, and waiting for what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nicegui import ElementFilter, ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from components.tag import Tag


def press(user: User, words: str) -> None:
    """Click on words; as in a browser, the click reaches the button around them."""
    with user:
        pressed: ui.element = next(one for one in ElementFilter(kind=Tag) if one.text == words)
        while not any(listener.type == "click" for listener in pressed._event_listeners.values()):
            assert pressed.parent_slot is not None
            pressed = pressed.parent_slot.parent
    UserInteraction(user, {pressed}, None).click()


def open_menu(user: User, name: str) -> None:
    """Open the menu that is read out by a name beginning like this; it is filled at that moment."""
    with user:
        (menu,) = [
            one
            for one in ElementFilter(kind=ui.menu)
            if str(one.props.get("aria-label", "")).startswith(name)
        ]
    UserInteraction(user, {menu}, None).trigger("beforeShow")


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something has happened, for at most two seconds."""
    async with asyncio.timeout(2):
        while not holds():
            await asyncio.sleep(0.01)
