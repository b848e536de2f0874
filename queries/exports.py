"""What is kept of an export: that it was made, by whom, and of what."""

from __future__ import annotations

from uuid import UUID

from data import Door
from queries.dialogue_filters import Filters


async def note(door: Door, request_id: UUID, file_format: str, filters: Filters, rows: int) -> None:
    """Put an export of dialogues on record. Raises `NotAllowed` for who may not read them."""
    await door.call(
        "note_export", request_id=request_id, format=file_format, filters=filters.as_json(), rows=rows
    )
