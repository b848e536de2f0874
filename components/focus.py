"""Where the keyboard and the eye go on after the page has changed under them."""

from __future__ import annotations

from nicegui import ui


def go_on_from(element: ui.element) -> None:
    """Focus an element, if what had the focus is gone: else Tab would begin at the top of the page."""
    element.client.run_javascript(
        "setTimeout(() => { if (document.activeElement === document.body)"
        f" document.getElementById('{element.html_id}')?.focus({{ preventScroll: true }}) }}, 50)"
    )


def scroll_to(element: ui.element) -> None:
    """Bring an element to the top of the screen."""
    element.client.run_javascript(f"document.getElementById('{element.html_id}')?.scrollIntoView()")
