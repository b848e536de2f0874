"""The panel's name, and links to its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.drawn import Drawn


@dataclass(frozen=True, slots=True)
class PageLink:
    """One page. `icon` is a Material icon's name."""

    label: str
    icon: str
    href: str
    is_open: bool


class PageLinks(Drawn, component="page_links.js"):
    """`name` is what the links are called to screen readers. It emits `chosen` when one is followed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.put(name=name, links=())

    def show(self, links: Sequence[PageLink]) -> None:
        """Show these instead of those before; where a link stays, the keyboard's focus stays too."""
        self.put(links=tuple(links))
