"""Auth sessions and the rotation of their refresh tokens.

A refresh token is used once: using it revokes it and makes its child the session's current token. Using a
revoked one again is allowed while its child is unused (the client may have lost the answer; it gets the same
child) and for ten seconds (two tabs). Later it means a copy is out: every token of the session dies.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from local_supabase.gotrue.errors import AuthError
from local_supabase.gotrue.users import Connection, User, user_by_id

REUSE_INTERVAL = timedelta(seconds=10)
_PURPOSE = b"local_supabase refresh token "
_LENGTH = 32  # bytes: 16 of the id, 16 of proof


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in session with the refresh token to hand out."""

    id: UUID
    created_at: datetime
    user: User
    refresh_token: str


class RefreshTokenSigner:
    """Turns the id of a token's row into the token and back; nothing secret is kept in the database."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, token_id: UUID) -> str:
        """The token that stands for this row."""
        return urlsafe_b64encode(token_id.bytes + self._proof(token_id)).decode().rstrip("=")

    def token_id(self, token: str) -> UUID | None:
        """The row that a token stands for, or None when we never made it."""
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=")
        except ValueError:
            return None
        if len(raw) != _LENGTH:
            return None
        token_id = UUID(bytes=raw[:16])
        return token_id if hmac.compare_digest(token.encode(), self.token(token_id).encode()) else None

    def _proof(self, token_id: UUID) -> bytes:
        return hmac.digest(self._key, _PURPOSE + token_id.bytes, "sha256")[:16]


async def open_session(
    connection: Connection, user: User, signer: RefreshTokenSigner, *, user_agent: str, address: str
) -> Session:
    """Start a session for a person who has just proved who they are."""
    async with connection.transaction():
        session_id, created_at = await connection.fetchval(
            "insert into auth.sessions (user_id, user_agent, ip) values ($1, $2, $3) "
            "returning (id, created_at)",
            user.id,
            user_agent,
            address,
        )
        await connection.execute("update auth.users set last_sign_in_at = now() where id = $1", user.id)
        token_id = await _issue(connection, session_id, None)
        current = await user_by_id(connection, user.id)
    return Session(session_id, created_at, current or user, signer.token(token_id))


async def refresh_session(connection: Connection, token: str, signer: RefreshTokenSigner) -> Session:
    """Exchange a refresh token. Raises `AuthError` 400 as Auth does."""
    token_id = signer.token_id(token)
    async with connection.transaction():
        # Both rows are locked, so that two exchanges of one token come one after the other.
        row = token_id and await connection.fetchrow(
            "select t.id, t.revoked_at, s.id as session_id, s.user_id, s.created_at "
            "from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id "
            "where t.id = $1 for update",
            token_id,
        )
        user = row and await user_by_id(connection, row["user_id"])
        if not row or not user:
            raise AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        if user.is_banned:
            raise AuthError(400, "user_banned", "Invalid Refresh Token: User Banned")
        issued = await _exchange(connection, row["id"], row["session_id"], row["revoked_at"])
    if issued is None:
        raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    return Session(row["session_id"], row["created_at"], user, signer.token(issued))


async def _exchange(
    connection: Connection, token_id: UUID, session_id: UUID, revoked_at: datetime | None
) -> UUID | None:
    """The token to hand out for this one, or None when it was used before and the family is now revoked."""
    if revoked_at is not None:
        current = await connection.fetchrow(
            "select id, parent_id from auth.refresh_tokens where session_id = $1 and revoked_at is null "
            "order by created_at desc limit 1",
            session_id,
        )
        if current is not None and current["parent_id"] == token_id:
            return UUID(str(current["id"]))
        # No current token at all: the family was revoked before.
        if current is None or datetime.now(UTC) - revoked_at > REUSE_INTERVAL:
            await connection.execute(
                "update auth.refresh_tokens set revoked_at = '-infinity' where session_id = $1", session_id
            )
            return None
    await connection.execute(
        "update auth.refresh_tokens set revoked_at = now() where id = $1 and revoked_at is null", token_id
    )
    await connection.execute("update auth.sessions set refreshed_at = now() where id = $1", session_id)
    return await _issue(connection, session_id, token_id)


async def _issue(connection: Connection, session_id: UUID, parent_id: UUID | None) -> UUID:
    issued = await connection.fetchval(
        "insert into auth.refresh_tokens (session_id, parent_id) values ($1, $2) returning id",
        session_id,
        parent_id,
    )
    return UUID(str(issued))


async def session_exists(connection: Connection, session_id: UUID, user_id: UUID) -> bool:
    """Whether the person's session has not been signed out."""
    query = "select exists (select from auth.sessions where id = $1 and user_id = $2)"
    return bool(await connection.fetchval(query, session_id, user_id))


async def end_sessions(connection: Connection, user_id: UUID, session_id: UUID | None, scope: str) -> None:
    """Sign out: `local` ends this session, `others` all but this one, `global` all of the person's."""
    if session_id is None or scope == "global":
        await connection.execute("delete from auth.sessions where user_id = $1", user_id)
    elif scope == "local":
        await connection.execute(
            "delete from auth.sessions where user_id = $1 and id = $2", user_id, session_id
        )
    else:
        await connection.execute(
            "delete from auth.sessions where user_id = $1 and id <> $2", user_id, session_id
        )
