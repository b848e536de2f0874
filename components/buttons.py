"""Buttons, in the three weights that the panel has."""

from __future__ import annotations

from typing import Literal

from nicegui import ui
from nicegui.events import ClickEventArguments, Handler

from components.tag import Tag, tag

Weight = Literal["primary", "quiet", "danger"]


def button(
    text: str,
    on_click: Handler[ClickEventArguments] | None = None,
    *,
    weight: Weight = "quiet",
    icon: str | None = None,
) -> ui.button:
    """A button with words on it."""
    made = ui.button(text, on_click=on_click, icon=icon, color=None)
    made.props("unelevated no-caps no-wrap").classes(f"button button-{weight}")
    return made


def icon_button(icon: str, name: str, on_click: Handler[ClickEventArguments] | None = None) -> ui.button:
    """A button that is only a picture; `name` is what screen readers say, and the tooltip."""
    made = ui.button(icon=icon, on_click=on_click, color=None)
    made.props("flat round dense").classes("button-icon")
    made.props["aria-label"] = name
    made.props["title"] = name
    return made


def link(text: str, address: str, classes: str = "link") -> Tag:
    """A link to one of our own addresses, never to one that came from outside."""
    if not address.startswith("/") or address.startswith("//"):
        raise ValueError(f"Not an address of the panel: {address!r}")
    return tag("a", text, classes).attribute("href", address)


def leaving_link(text: str, address: str, classes: str = "link") -> Tag:
    """A link to an address of ours outside the frame, which the browser follows with a full load."""
    made = link(text, address, classes)
    # NiceGUI takes every click on a link for a move inside the frame, unless it does not hear of it.
    made.on("click.stop", js_handler="() => {}")
    return made
