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
    email = email.strip().lower()
    _check(email, password)
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
        message = "A user with this email address has already been registered"
        raise AuthError(422, "email_exists", message) from None
    user = _user(row)
    if user is None:
        raise AuthError(500, "unexpected_failure", "The new user was not returned")
    return user


def _check(email: str, password: str) -> None:
    if not _EMAIL.fullmatch(email):
        raise AuthError(422, "validation_failed", "Unable to validate email address: invalid format")
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
_SELECT = f"select {_COLUMNS} from auth.users"


def _user(row: asyncpg.Record | None) -> User | None:
    if row is None:
        return None
    fields = dict(row)
    for name in ("app_metadata", "user_metadata"):
        fields[name] = json.loads(fields[name])
    return User(**fields)
