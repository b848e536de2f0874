"""A card of the page of keys and rules: what it is about, a button, and a table under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.buttons import Weight, button
from components.tag import Tag, tag


def section(
    title: str, about: str, action: tuple[str, Callable[[], Any]], *, weight: Weight = "quiet"
) -> Tag:
    """Draw it, with a button of these words; gives back the place for what is in it."""
    with tag("section", classes="card card-flush access-card").attribute("aria-label", title):
        with tag("div", classes="access-head"):
            with tag("div", classes="access-words grow"):
                tag("h2", title, "card-title")
                tag("p", about, "muted")
            button(action[0], action[1], weight=weight, icon="add")
        return tag("div", classes="access-body")
