"""One dialogue: what is known of it, its messages in pages, its neighbours, the salon's own notes and tags.

Writes take a `request_id`: sent twice with the same one, they act once. They raise `Invalid`, `Conflict`,
`NotAllowed` or `NotFound` with a stable code, or `Unavailable` when it is not known whether they were done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from data import Door
from models import Model
from queries import dialogues
from queries.dialogue_facts import DialogueFacts
from queries.dialogues import DialogueRow, Filters, Place, Sort

PAGE_MESSAGES = 50
BEGINNING = "0001-01-01 00:00:00.000000_0"
"""The place before every message."""


class ClientCard(Model):
    """Whom the bot talks to. `has_phone` tells that there is one to those who may not read it, too."""

    client_id: UUID
    full_name: str | None
    phone: str | None
    has_phone: bool
    has_telegram: bool
    has_whatsapp: bool
    created_at: datetime | None
    dialogues: int
    bookings: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None


class Stat(Model):
    """How often the client was with somebody; `key` is as the bot wrote it."""

    key: str
    count: Decimal


class Entry(Model):
    """Something else that the bot remembers, as plain text."""

    key: str
    value: str


class Memory(Model):
    """What the bot remembers of a client beyond one dialogue."""

    preferred_staff_id: str | None
    preferred_service_id: str | None
    preferred_time: str | None
    language: str | None
    allows_notifications: bool | None
    last_visit_date: str | None
    visit_interval_days: Decimal | None
    booking_stats: tuple[Stat, ...]
    more: tuple[Entry, ...]
    updated_at: datetime | None


class Note(Model):
    """What somebody of the salon wrote. `editor_name` is set when another than the author changed it."""

    note_id: UUID
    author_name: str
    body: str
    created_at: datetime
    edited_at: datetime | None
    editor_name: str | None
    may_change: bool


class Dialogue(DialogueFacts):
    """One dialogue but for its messages. `step` is where it stands while it goes on."""

    client_id: UUID
    booking_id: str | None
    step: str | None
    summaries: tuple[str, ...]
    client: ClientCard | None
    memory: Memory | None
    staff_names: dict[str, str]
    """What the people are called whose ids stand here, as far as that is known."""
    service_names: dict[str, str]
    tags_in_use: tuple[str, ...]
    notes: tuple[Note, ...]


class Message(Model):
    """One message. `text` is None when the bot has removed it since, and may be less than its `characters`.

    `reply_ms` is how long the client waited for this answer. `is_inferred`: the bot did not note which
    session it was written in. `cursor` is its place among the others.
    """

    message_id: int
    sent_at: datetime | None
    role: str
    text: str | None
    characters: int | None
    reply_ms: int | None
    is_inferred: bool
    cursor: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The dialogues beside one in the list, or None at its ends."""

    previous: DialogueRow | None
    following: DialogueRow | None


async def read(door: Door, session_id: UUID) -> Dialogue:
    """A dialogue of the salon. Raises `NotFound` in the same words for one of another salon and for none."""
    return Dialogue.model_validate(await door.read_value("dialogue", session=session_id))


async def messages(
    door: Door, session_id: UUID, *, before: str | None = None, after: str | None = None
) -> tuple[list[Message], bool]:
    """Up to `PAGE_MESSAGES` in their order: the last ones, or those next to a cursor.

    Also says whether there are more in that direction. Raises as `read` does.
    """
    found = await door.read(
        "dialogue_messages",
        Message,
        session=session_id,
        before=before,
        after=after,
        page_size=PAGE_MESSAGES + 1,
    )
    has_more = len(found) > PAGE_MESSAGES
    if not has_more:
        return found, False
    return (found[:PAGE_MESSAGES] if after is not None else found[-PAGE_MESSAGES:]), True


async def neighbours(door: Door, filters: Filters, sort: Sort, at: str) -> Neighbours:
    """The dialogues before and after the row whose cursor is `at`, in the list with these filters."""
    before, after = await asyncio.gather(
        dialogues.page(door, filters, Place(sort, before=at), rows=1),
        dialogues.page(door, filters, Place(sort, after=at), rows=1),
    )
    return Neighbours(_only(before.rows), _only(after.rows))


async def add_note(door: Door, request_id: UUID, session_id: UUID, body: str) -> None:
    """Write a note of 1 to 4,000 characters on a dialogue."""
    await door.call("add_note", request_id=request_id, session=session_id, body=body)


async def edit_note(door: Door, request_id: UUID, note_id: UUID, body: str) -> None:
    """Change what a note says: one's own, or anybody's for who runs the salon."""
    await door.call("edit_note", request_id=request_id, note=note_id, body=body)


async def remove_note(door: Door, request_id: UUID, note_id: UUID) -> None:
    """Remove a note: one's own, or anybody's for who runs the salon."""
    await door.call("remove_note", request_id=request_id, note=note_id)


async def add_tag(door: Door, request_id: UUID, session_id: UUID, tag: str) -> None:
    """Tag a dialogue; a tag that the salon has in other letters is taken as it is there."""
    await door.call("add_tag", request_id=request_id, session=session_id, tag=tag)


async def remove_tag(door: Door, request_id: UUID, session_id: UUID, tag: str) -> None:
    """Take a tag off a dialogue."""
    await door.call("remove_tag", request_id=request_id, session=session_id, tag=tag)


def _only(rows: Sequence[DialogueRow]) -> DialogueRow | None:
    return rows[0] if rows else None
