"""The salon's rules as an open page has them: read whole, and saved whole with one part changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from components.tag import Tag
from components.viewer import Viewer, Visit
from queries import telemetry_rules
from queries.telemetry_rules import Rules


class OpenRules:
    """`dialogs` is where dialogs live: in a table, they would vanish when it is drawn anew."""

    def __init__(self, viewer: Viewer, visit: Visit, dialogs: Tag) -> None:
        self.viewer = viewer
        self.tr = viewer.tr
        self.dialogs = dialogs
        self.refresh = visit.pulse.ring
        self._now = Rules()

    @property
    def now(self) -> Rules:
        """As they were last read or saved."""
        return self._now

    async def read(self) -> Rules:
        """Read them. Raises `AppError`."""
        self._now = await telemetry_rules.read(self.viewer.door)
        return self._now

    async def change(self, request_id: UUID, **parts: Any) -> None:
        """Save them with these parts in place of what they are now. Raises `AppError`."""
        wanted = self._now.model_copy(update=parts)
        self._now = await telemetry_rules.save(self.viewer.door, request_id, wanted)
