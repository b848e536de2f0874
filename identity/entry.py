"""Opening and closing of sessions: the cookie, the database's record and the open pages, kept in step."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from identity.addresses import client_address
from identity.cookies import SessionCookie, hashed, new_secret
from identity.rendering import go_to, remember_look
from identity.sessions import SessionRegistry
from identity.store import SignInStore

_LONGEST_USER_AGENT = 300


class Entry:
    """Where sessions begin and end in this process."""

    def __init__(
        self,
        store: SignInStore,
        sessions: SessionRegistry,
        cookie: SessionCookie,
        *,
        idle_seconds: int,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._cookie = cookie
        self._idle_seconds = idle_seconds

    async def open(self, request: Request, user_id: UUID, destination: str) -> Response:
        """Sign a person in and lead on.

        The session id is always a new one: whatever the browser came with, somebody else may have put there.
        """
        session_id = new_secret()
        replaced = self._cookie.read(request)
        identity = await self._store.open_session(
            user_id,
            hashed(session_id),
            idle_seconds=self._idle_seconds,
            lifetime_seconds=self._cookie.max_age,
            address=client_address(request),
            user_agent=_printable(request.headers.get("user-agent", ""))[:_LONGEST_USER_AGENT],
            replaces=replaced,
        )
        if replaced:
            self._sessions.end(replaced, "replaced")
        response = go_to(destination)
        self._cookie.set(response, session_id)
        remember_look(response, request, locale=identity.locale, theme=identity.theme)
        return response

    async def close(self, request: Request, destination: str) -> Response:
        """Sign out: the session ends in the database, then in this process's open pages."""
        if session_hash := self._cookie.read(request):
            await self._store.end_session(session_hash, "signed_out")
            self._sessions.end(session_hash, "signed_out")
        response = go_to(destination)
        self._cookie.clear(response)
        return response


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
