"""Elements that the browser draws from plain data.

A card made of single tags costs the server some kilobytes for each of them, in every open tab. One that a
component of ours draws from its texts costs one element; and text stays text: nothing is compiled from it.

Give such an element texts, numbers, tuples and frozen dataclasses: NiceGUI watches every list and dictionary
inside an element for changes, which takes several times the memory of what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from nicegui import ui


class Drawn(ui.element):
    """The base of such elements. The names are ours; what clients or models wrote is in texts only."""

    def put(self, **values: Any) -> None:
        """Give the browser newer data; what is as before is not sent."""
        for name, value in values.items():
            # Names that begin with a colon are run as script by the browser: these are ours alone.
            if name not in self.props or self.props[name] != value:
                self.props[name] = value

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        """What a simulated reader sees."""
        return [*super()._displayed_contents(only_visible=only_visible), *_texts(tuple(self.props.values()))]


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif is_dataclass(data):
        for one in fields(data):
            yield from _texts(getattr(data, one.name))
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value)
