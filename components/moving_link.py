"""A link whose target the open page can show without being opened anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.buttons import link
from components.tag import Tag

# With a key held, the browser opens the address in another tab, as it does with any link.
_PLAIN_CLICK = """(event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  emit();
}"""


def moving_link(text: str, address: str, on_click: Callable[[], Any], classes: str = "link") -> Tag:
    """A link to `address`; a plain click calls `on_click` instead of opening it."""
    made = link(text, address, classes)
    made.on("click", lambda _: on_click(), [], js_handler=_PLAIN_CLICK)
    return made
