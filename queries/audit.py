"""Who did what in the salon."""

from __future__ import annotations

from data import Door
from models import AuditEntry

PAGE_ROWS = 50


async def page(door: Door, before: int | None = None) -> tuple[list[AuditEntry], bool]:
    """The latest entries, or those older than the entry `before`; and whether there are older ones still."""
    where = {} if before is None else {"audit_id": f"lt.{before}"}
    rows = await door.rows(
        "audit_entries", AuditEntry, where=where, order="audit_id.desc", limit=PAGE_ROWS + 1
    )
    return rows[:PAGE_ROWS], len(rows) > PAGE_ROWS
