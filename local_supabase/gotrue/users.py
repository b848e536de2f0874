"""Rows of `auth.users` and the JSON that Auth shows of them."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from local_supabase.gotrue.errors import AuthError
from local_supabase.gotrue.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, Passwords

Connection = asyncpg.Connection | PoolConnectionProxy
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")


@dataclass(frozen=True, slots=True)
class User:
    """A person as Auth knows them."""

    id: UUID
    aud: str
    role: str
    email: str | None
    encrypted_password: str | None = field(repr=False)
    email_confirmed_at: datetime | None
    banned_until: datetime | None
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    last_sign_in_at: datetime | None

    @property
    def is_banned(self) -> bool:
        """Whether sign-in and refresh are refused at present."""
        return self.banned_until is not None and self.banned_until > datetime.now(UTC)

    def as_json(self) -> dict[str, Any]:
        """The person as `GET /user` shows them."""
        times = {
            "confirmed_at": self.email_confirmed_at,
            "email_confirmed_at": self.email_confirmed_at,
            "last_sign_in_at": self.last_sign_in_at,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        shown: dict[str, Any] = {
            "id": str(self.id),
            "aud": self.aud,
            "role": self.role,
            "email": self.email or "",
            "phone": "",
            "app_metadata": self.app_metadata,
            "user_metadata": self.user_metadata,
            "identities": [self._identity()],
            "is_anonymous": False,
        }
        shown |= {name: iso(moment) for name, moment in times.items() if moment is not None}
        if self.banned_until is not None:
            shown["banned_until"] = iso(self.banned_until)
        return shown

    def _identity(self) -> dict[str, Any]:
        return {
            "identity_id": str(self.id),
            "id": str(self.id),
            "user_id": str(self.id),
            "identity_data": {"sub": str(self.id), "email": self.email, "email_verified": True},
            "provider": "email",
            "last_sign_in_at": iso(self.last_sign_in_at or self.created_at),
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
        }


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC, as Auth writes times."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def user_by_email(connection: Connection, email: str) -> User | None:
    """The person with this e-mail address in any case, or None."""
    return _user(await connection.fetchrow(f"{_SELECT} where lower(email) = lower($1)", email))


async def user_by_id(connection: Connection, user_id: UUID) -> User | None:
    """The person with this id, or None."""
    return _user(await connection.fetchrow(f"{_SELECT} where id = $1", user_id))


async def create_user(
    pool: asyncpg.Pool,
    email: str,
    password: str,
    *,
    confirmed: bool = True,
    user_metadata: dict[str, Any] | None = None,
    app_metadata: dict[str, Any] | None = None,
) -> User:
    """Add a person who signs in by e-mail and password.

    Raises `AuthError` 422 for an address that is malformed or taken and for an unusable password.
    """
    email = checked_email(email)
    check_password(password)
    hashed = await Passwords().hash(password)
    app_metadata = {"provider": "email", "providers": ["email"], **(app_metadata or {})}
    try:
        row = await pool.fetchrow(
            "insert into auth.users "
            "(email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data) "
            f"values ($1, $2, case when $3 then now() end, $4, $5) returning {_COLUMNS}",
            email, hashed, confirmed, json.dumps(app_metadata), json.dumps(user_metadata or {}),
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise _taken() from None
    user = _user(row)
    if user is None:
        raise AuthError(500, "unexpected_failure", "The new user was not returned")
    return user


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change of a person; None leaves it. Metadata is merged key by key, a null removes its key."""

    email: str | None = None
    encrypted_password: str | None = field(default=None, repr=False)
    confirms_email: bool = False
    user_metadata: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None


async def change_user(connection: Connection, user_id: UUID, changes: Changes) -> User | None:
    """Apply the changes; the person as they are then, or None. Raises `AuthError` 422 for a taken address."""
    try:
        row = await connection.fetchrow(
            "update auth.users set updated_at = now(), email = coalesce($2, email), "
            "encrypted_password = coalesce($3, encrypted_password), "
            "email_confirmed_at = case when $4 then coalesce(email_confirmed_at, now()) "
            "else email_confirmed_at end, "
            f"raw_user_meta_data = {_MERGED.format('raw_user_meta_data', '$5')}, "
            f"raw_app_meta_data = {_MERGED.format('raw_app_meta_data', '$6')} "
            f"where id = $1 returning {_COLUMNS}",
            user_id, changes.email, changes.encrypted_password, changes.confirms_email,
            json.dumps(changes.user_metadata or {}), json.dumps(changes.app_metadata or {}),
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise _taken() from None
    return _user(row)


async def users_page(connection: Connection, page: int, size: int) -> tuple[list[User], int]:
    """One page of all people, the newest first, pages counted from 1; and how many people there are."""
    rows = await connection.fetch(
        f"{_SELECT} order by created_at desc, id limit $1 offset $2", size, (page - 1) * size
    )
    total = await connection.fetchval("select count(*) from auth.users")
    return [user for row in rows if (user := _user(row)) is not None], int(total)


async def delete_user(connection: Connection, user_id: UUID) -> bool:
    """Remove the person and their sessions; False when there is no such person."""
    return await connection.execute("delete from auth.users where id = $1", user_id) == "DELETE 1"


def _taken() -> AuthError:
    return AuthError(422, "email_exists", "A user with this email address has already been registered")


def checked_email(email: str) -> str:
    """The address as it is stored; raises `AuthError` 422 for what is none."""
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise AuthError(422, "validation_failed", "Unable to validate email address: invalid format")
    return email


def check_password(password: str) -> None:
    """Raise `AuthError` 422 for a password that is too short or that bcrypt cannot take whole."""
    if len(password) < SHORTEST_PASSWORD:
        message = f"Password should be at least {SHORTEST_PASSWORD} characters."
        raise AuthError(422, "weak_password", message, {"weak_password": {"reasons": ["length"]}})
    if len(password.encode()) > LONGEST_PASSWORD or "\0" in password:
        message = f"Password cannot be longer than {LONGEST_PASSWORD} bytes or hold a NUL"
        raise AuthError(422, "validation_failed", message)


_COLUMNS = (
    "id, aud, role, email, encrypted_password, email_confirmed_at, banned_until, created_at, updated_at, "
    "last_sign_in_at, raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata"
)
_MERGED = (
    "(select coalesce(jsonb_object_agg(key, value), '{{}}') "
    "from jsonb_each({0} || {1}::jsonb) where value <> 'null')"
)
_SELECT = f"select {_COLUMNS} from auth.users"


def _user(row: asyncpg.Record | None) -> User | None:
    if row is None:
        return None
    fields = dict(row)
    for name in ("app_metadata", "user_metadata"):
        fields[name] = json.loads(fields[name])
    return User(**fields)
