"""The sign-in functions of the database, typed. They are all that the role `dashboard_auth` may call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from data import Door
from models import Identity, Model


class Account(Model):
    """What a password is checked against."""

    user_id: UUID
    password_hash: str | None = None
    is_active: bool


class ResetLink(Model):
    """A one-time link that is still good."""

    email: str
    expires_at: datetime


class SignInStore:
    """Users, sessions and one-time links. Every method raises what `Door` raises, `Unavailable` above all.

    E-mail addresses travel in bodies only (`call`): what is in an address line ends up in access logs.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    async def has_users(self) -> bool:
        """Whether anybody can sign in at all."""
        return bool(await self._door.read_value("auth_has_users"))

    async def create_first_admin(self, email: str, full_name: str, password_hash: str, address: str) -> UUID:
        """Create the first person. Raises `Conflict` when there is somebody already."""
        person = await self._door.call(
            "auth_create_first_admin",
            email=email,
            full_name=full_name,
            password_hash=password_hash,
            address=address,
        )
        return UUID(person["user_id"])

    async def find_account(self, email: str) -> Account | None:
        """The account of an e-mail address."""
        rows = await self._door.call("auth_find_user", email=email)
        return Account.model_validate(rows[0]) if rows else None

    async def link_account(self, auth_user_id: UUID, email: str) -> UUID | None:
        """The person whom Supabase Auth knows as `auth_user_id`, found by the confirmed e-mail once."""
        found = await self._door.call("auth_link_user", auth_user_id=auth_user_id, email=email)
        return UUID(found) if found else None

    async def open_session(
        self,
        user_id: UUID,
        session_hash: str,
        *,
        idle_seconds: int,
        lifetime_seconds: int,
        address: str,
        user_agent: str,
        replaces: str | None,
    ) -> Identity:
        """Begin a session in place of `replaces`, which ends."""
        person = await self._door.call(
            "auth_open_session",
            user_id=user_id,
            session_hash=session_hash,
            idle_seconds=idle_seconds,
            lifetime_seconds=lifetime_seconds,
            address=address,
            user_agent=user_agent,
            replaces=replaces,
        )
        return Identity.model_validate(person)

    async def session(self, session_hash: str) -> Identity | None:
        """Whose session it is, or None when it is over or never was."""
        person = await self._door.read_value("auth_session", session_hash=session_hash)
        return Identity.model_validate(person) if person else None

    async def touch_sessions(
        self, seen: Collection[str], watched: Collection[str], idle_seconds: int
    ) -> set[str]:
        """Put off the idle end of `seen`; returns those of `watched` that are alive."""
        rows: list[Any] = await self._door.call(
            "auth_touch_sessions", seen=list(seen), watched=list(watched), idle_seconds=idle_seconds
        )
        return {row["session_hash"] for row in rows}

    async def end_session(self, session_hash: str, reason: str) -> None:
        """End one session."""
        await self._door.call("auth_end_session", session_hash=session_hash, reason=reason)

    async def note_failure(self, email: str, address: str, reason: str) -> None:
        """Put a failed sign-in in the audit log."""
        await self._door.call("auth_note_failure", email=email, address=address, reason=reason)

    async def change_password(
        self, user_id: UUID, password_hash: str, *, keep_session: str, address: str
    ) -> None:
        """Set a password; the person's other sessions end."""
        await self._door.call(
            "auth_change_password",
            user_id=user_id,
            password_hash=password_hash,
            keep_session=keep_session,
            address=address,
        )

    async def reset_link(self, token_hash: str) -> ResetLink | None:
        """The one-time link of a token, if it is still good."""
        rows = await self._door.read("auth_peek_reset", ResetLink, token_hash=token_hash)
        return rows[0] if rows else None

    async def redeem_reset(self, token_hash: str, password_hash: str, address: str) -> None:
        """Set the password that a one-time link allows; all of the person's sessions end.

        Raises `NotFound` for a link that is not good (any more).
        """
        await self._door.call(
            "auth_redeem_reset", token_hash=token_hash, password_hash=password_hash, address=address
        )
