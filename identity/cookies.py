"""The session cookie: an opaque random id. Only its SHA-256 ever leaves the browser's request."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from config import Settings

NAME = "agent_p_session"
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """256 random bits in 43 URL-safe characters: a session id, or the token of a one-time link."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What the database keeps of a secret: its SHA-256 in lowercase hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """Name and flags of the session cookie of one panel."""

    name: str
    is_secure: bool
    max_age: int

    @classmethod
    def of(cls, settings: Settings) -> SessionCookie:
        """Cookies do not know ports, so the name carries it: panels side by side keep their own sessions.

        It is the port that people type, where that is known: behind a balancer each panel has its own.
        """
        lifetime = settings.session_hours * 3600
        port = urlsplit(settings.public_url).port if settings.public_url else settings.port
        name = ("__Host-" if settings.secure_cookies else "") + NAME + (f"_{port}" if port else "")
        return cls(name, is_secure=settings.secure_cookies, max_age=lifetime)

    def read(self, connection: HTTPConnection) -> str | None:
        """The session's hash as the database knows it, or None without a well-formed cookie."""
        session_id = connection.cookies.get(self.name, "")
        return hashed(session_id) if SESSION_ID.fullmatch(session_id) else None

    def set(self, response: Response, session_id: str) -> None:
        """Hand the browser its session."""
        response.set_cookie(
            self.name,
            session_id,
            max_age=self.max_age,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response) -> None:
        """Take the session back from the browser."""
        response.delete_cookie(self.name, path="/", secure=self.is_secure, httponly=True, samesite="lax")
