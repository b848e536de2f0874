"""What a way to push commands does."""

from __future__ import annotations

from typing import Protocol

from queries.commands import Json


class UnsentError(Exception):
    """A channel did not take a command; the message says why, and nothing of what was sent."""


class Channel(Protocol):
    """A way to push commands."""

    async def push(self, command: Json) -> None:
        """Returns when it is taken. Raises `UnsentError`."""

    async def aclose(self) -> None:
        """Close its connections."""
