"""Who makes a request: asked of the database when somebody wants to know, and once."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from errors import AppError, Unavailable
from identity.cookies import SessionCookie
from identity.origins import OriginPolicy
from identity.sessions import SessionRegistry, SignedIn
from identity.sockets import is_human_event
from models import Identity


class VisitorServices(Protocol):
    """What the gate needs of sign-in."""

    @property
    def sessions(self) -> SessionRegistry:
        """Open sessions."""

    @property
    def cookie(self) -> SessionCookie:
        """The session cookie of this panel."""

    @property
    def origins(self) -> OriginPolicy:
        """Which origins are this panel's own."""

    def problem_response(self, request: Request, problem: AppError) -> Response:
        """A page that says what went wrong."""


class Visitor:
    """The sender of one request, or the other end of one socket."""

    def __init__(self, connection: HTTPConnection, services: VisitorServices) -> None:
        self._sessions = services.sessions
        self.session_hash = services.cookie.read(connection)
        self.person: Identity | None = None
        """Who it turned out to be, once somebody asked."""

    async def signed_in(self) -> SignedIn | None:
        """The person, as of at most two seconds ago. Raises `Unavailable`."""
        signed_in = await self._sessions.resolve(self.session_hash) if self.session_hash else None
        self.person = signed_in.identity if signed_in else None
        return signed_in

    async def for_socket(self) -> SignedIn | None:
        """The person; while the database is away, by what is known here, so that open pages stay connected.

        Raises `Unavailable` when nothing is known.
        """
        try:
            return await self.signed_in()
        except Unavailable:
            known = self._sessions.last_known(self.session_hash) if self.session_hash else None
            if known is None:
                raise
            return known

    def note_activity(self) -> None:
        """The person did something."""
        if self.session_hash:
            self._sessions.note_activity(self.session_hash)

    def note_activity_in(self, payload: bytes) -> None:
        """The person did something, if the payload of a polling transport says so."""
        if is_human_event(payload):
            self.note_activity()
