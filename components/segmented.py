"""A choice between a few words that are all in sight."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from components.tag import Tag, tag


def segmented(
    name: str, options: Mapping[str, str], value: str, on_choose: Callable[[str], Awaitable[None] | None]
) -> Callable[[str], None]:
    """Draw the choice; gives back a function that marks another option as chosen.

    `name` is what screen readers call it, `options` maps values to labels. `on_choose` is called with the
    chosen value, after it is marked.
    """
    buttons: dict[str, Tag] = {}

    def mark(chosen: str) -> None:
        for option, made in buttons.items():
            if made.is_deleted:
                return
            made.props["aria-pressed"] = "true" if option == chosen else "false"

    def choose(option: str) -> Awaitable[None] | None:
        mark(option)
        return on_choose(option)

    group = tag("div", classes="segmented").props("role=group")
    group.props["aria-label"] = name
    with group:
        for option, words in options.items():
            made = tag("button", words).attribute("type", "button")
            made.on("click", lambda _, option=option: choose(option), [])
            buttons[option] = made
    mark(value)
    return mark
