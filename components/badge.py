"""A short label with a colour that says how good it is; never by the colour alone."""

from __future__ import annotations

from components.tag import Tag, foreign, tag


def badge(text: str, tone: str = "plain", *, is_foreign: bool = False, title: str = "") -> Tag:
    """A rounded label. `tone` is one of good, live, warn, lost, plain, unknown; `title` explains it."""
    classes = f"pill-badge tone-{tone}"
    made = foreign(text, classes) if is_foreign else tag("span", text, classes)
    return made.attribute("title", title) if title else made
