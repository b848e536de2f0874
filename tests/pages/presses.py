"""Pressing what a reader would press, and seeing where links lead."""

from __future__ import annotations

from nicegui import ElementFilter, ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from components.page_links import PageLinks
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


def page_links(user: User) -> list[str]:
    """Where the sidebar leads."""
    with user:
        (sidebar,) = ElementFilter(kind=PageLinks)
        return [link.href for link in sidebar.props["links"]]
