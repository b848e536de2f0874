"""A menu that hangs from a button of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from components.tag import Tag, icon, tag


def menu(opener: ui.element, name: str, *, align_right: bool = False) -> ui.menu:
    """A menu inside the `<button>` that opens it; use it with `with`, inside the button. `name` is read out.

    Quasar would listen to its parent by itself, but toggles twice when Enter is pressed on a plain button:
    once for the click and once for the key.
    """
    # To screen readers it is a small dialog: a "menu" would promise them that arrow keys move in it.
    made = ui.menu().classes("menu").props("no-parent-event role=dialog")
    made.props["aria-label"] = name
    if align_right:
        made.props("anchor='bottom right' self='top right'")
    opener.props("type=button aria-haspopup=dialog aria-expanded=false")
    opener.on("click", js_handler=f"() => getElement({made.id}).toggle()")
    made.on("show", lambda: _tell(opener, "true"), [])
    made.on("hide", lambda: _tell(opener, "false"), [])
    return made


def menu_action(words: str, picture: str, act: Callable[[], Any], *, is_danger: bool = False) -> Tag:
    """A line of a menu that does something; `picture` is a Material icon."""
    with tag("button", classes="menu-link is-danger" if is_danger else "menu-link") as made:
        made.props("type=button")
        icon(picture)
        tag("span", words)
    made.on("click", act, [])
    return made


def row_menu(name: str) -> ui.menu:
    """The menu at the end of a row, with the three dots that open it; fill it with `with`."""
    with tag("button", classes="row-button") as opener:
        opener.attribute("aria-label", name)
        icon("more_horiz")
        made = menu(opener, name, align_right=True)
    return made.props("auto-close")


def _tell(opener: ui.element, is_expanded: str) -> None:
    opener.props["aria-expanded"] = is_expanded
