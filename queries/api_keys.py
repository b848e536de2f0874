"""Keys for machines: agents that tell of their runs, programs that read of them or steer them.

Writes take a `request_id`: sent twice with the same one, they act once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter

from data import Door
from models import Model

BEGINNING = "agp_"
_SECRET_BYTES = 32
_SHOWN = len(BEGINNING) + 8


class Scope(StrEnum):
    """What a key may do: tell of runs, read of them, or steer agents."""

    INGEST = "ingest"
    READ = "read"
    CONTROL = "control"


class ApiKey(Model):
    """A key as its salon sees it; `prefix` is how it begins. One from the command line was made by nobody."""

    key_id: UUID
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    created_by: str | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that nobody has yet: `text` is the key itself, the other two are what is stored of it."""

    text: str = field(repr=False)
    prefix: str
    key_hash: str


def new_key() -> NewKey:
    """Make a key of 256 random bits: `agp_` and 43 characters of base64url. Its hash is SHA-256 in hex."""
    text = BEGINNING + secrets.token_urlsafe(_SECRET_BYTES)
    return NewKey(text, text[:_SHOWN], hashlib.sha256(text.encode()).hexdigest())


async def listed(door: Door) -> list[ApiKey]:
    """The salon's keys: the living ones, and behind them those that were revoked last."""
    return TypeAdapter(list[ApiKey]).validate_python(await door.read_value("list_api_keys"))


async def create(door: Door, request_id: UUID, name: str, key: NewKey, scopes: Sequence[Scope]) -> ApiKey:
    """Have a key open the salon from now on.

    Raises `Invalid` for a name without a visible character or no scope, `Conflict` when the salon has as many
    living keys as there may be, `NotAllowed` for a scope that is more than the person may do.
    """
    row = await door.call(
        "create_api_key",
        request_id=request_id,
        name=name,
        prefix=key.prefix,
        key_hash=key.key_hash,
        scopes=[scope.value for scope in scopes],
    )
    return ApiKey.model_validate(row)


async def revoke(door: Door, request_id: UUID, key_id: UUID) -> ApiKey:
    """Have a key open nothing any more; one that was revoked before stays so. Raises `NotFound`."""
    return ApiKey.model_validate(await door.call("revoke_api_key", request_id=request_id, key_id=key_id))
