"""The people of a salon, and a person's own preferences.

Writes take a `request_id`: sent twice with the same one, they act once. They raise `Invalid`, `Conflict`,
`NotAllowed` or `NotFound` with a stable code, or `Unavailable` when it is not known whether they were done.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from data import Door
from models import LocaleName, Model, Role, TenantUser, ThemeName

MOST_MEMBERS = 500


class AddedMember(TenantUser):
    """A new member. One with a new account has no password yet."""

    is_new_account: bool


class _Issued(Model):
    expires_at: datetime


async def members(door: Door) -> list[TenantUser]:
    """The members of the salon, by name."""
    return await door.rows("tenant_users", TenantUser, order="full_name", limit=MOST_MEMBERS)


async def add_member(door: Door, request_id: UUID, *, email: str, full_name: str, role: Role) -> AddedMember:
    """Give a person a role in the salon, with an account if they have none."""
    row = await door.call("add_member", request_id=request_id, email=email, full_name=full_name, role=role)
    return AddedMember.model_validate(row)


async def change_role(door: Door, request_id: UUID, user_id: UUID, role: Role) -> None:
    """Give a member another role in the salon."""
    await door.call("change_role", request_id=request_id, user_id=user_id, role=role)


async def set_user_active(door: Door, request_id: UUID, user_id: UUID, *, is_active: bool) -> None:
    """Switch an account on, or off: off ends its sessions at once."""
    await door.call("set_user_active", request_id=request_id, user_id=user_id, is_active=is_active)


async def remove_member(door: Door, request_id: UUID, user_id: UUID) -> None:
    """Take a person out of the salon. The account stays."""
    await door.call("remove_member", request_id=request_id, user_id=user_id)


async def issue_password_reset(
    door: Door, request_id: UUID, user_id: UUID, *, token_hash: str, valid_minutes: int
) -> datetime:
    """Make a one-time link valid and say until when.

    `token_hash` is the SHA-256 of the link's secret, in hex: the secret itself is never stored.
    """
    rows = await door.call(
        "issue_password_reset",
        request_id=request_id,
        user_id=user_id,
        token_hash=token_hash,
        valid_minutes=valid_minutes,
    )
    return TypeAdapter(list[_Issued]).validate_python(rows)[0].expires_at


async def set_preferences(
    door: Door,
    request_id: UUID,
    *,
    locale: LocaleName | None = None,
    theme: ThemeName | None = None,
    last_tenant_id: UUID | None = None,
) -> None:
    """Remember how the signed-in person wants the panel; what is None stays as it is."""
    await door.call(
        "set_preferences", request_id=request_id, locale=locale, theme=theme, last_tenant_id=last_tenant_id
    )
