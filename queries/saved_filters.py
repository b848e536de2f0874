"""Filters of the list of dialogues that a person keeps for themselves in one salon, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from data import Door
from models import Model


class SavedFilter(Model):
    """A filter and its name; `query` is the part of the list's address that asks for it."""

    filter_id: UUID
    name: str
    query: str
    updated_at: datetime

    def as_query(self) -> dict[str, str]:
        """The same as names and values, for `Filters.from_query` and `salon_url`."""
        return dict(parse_qsl(self.query))


async def mine(door: Door) -> list[SavedFilter]:
    """The signed-in person's own in this salon, by name."""
    return await door.rows("my_saved_filters", SavedFilter, order="name")


async def save(door: Door, request_id: UUID, name: str, query: Mapping[str, str]) -> SavedFilter:
    """Keep a filter; what was kept under the same name is replaced.

    `query` is `Filters.as_query()`, with the list's `sort` if that is to be kept too. Raises `Invalid` for a
    name of no visible character, `Conflict` when the person has as many as there may be. Sent twice with the
    same `request_id`, it acts once.
    """
    row = await door.call("save_filter", request_id=request_id, name=name, query=urlencode(query))
    return SavedFilter.model_validate(row)


async def remove(door: Door, request_id: UUID, filter_id: UUID) -> None:
    """Forget one. Raises `NotFound` for one that is not the person's own."""
    await door.call("remove_saved_filter", request_id=request_id, filter_id=filter_id)
