"""Supabase Auth, asked one question: is this the password of a confirmed account? (GoTrue REST API)"""

from __future__ import annotations

import logging
from uuid import UUID

import httpx

from errors import TooMany, Unavailable
from models import Model

logger = logging.getLogger(__name__)

_RETRY_AFTER_SECONDS = 60


class AuthUser(Model):
    """An account of Supabase Auth."""

    id: UUID
    email: str = ""
    email_confirmed_at: str | None = None
    factors: tuple[dict[str, object], ...] | None = None

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone is not enough for this account."""
        return any(factor.get("status") == "verified" for factor in self.factors or ())


class SupabaseAuth:
    """Checks passwords. The session that Supabase Auth opens for that is closed at once, tokens dropped."""

    def __init__(self, url: str, api_key: str, http: httpx.AsyncClient) -> None:
        self._url = f"{url.rstrip('/')}/auth/v1"
        self._headers = {"apikey": api_key}
        self._http = http

    async def check(self, email: str, password: str) -> AuthUser | None:
        """The account, if the password is its own.

        Raises `Unavailable` when Supabase Auth does not answer, `TooMany` when it wants to be left alone.
        """
        try:
            answer = await self._http.post(
                f"{self._url}/token",
                params={"grant_type": "password"},
                json={"email": email, "password": password},
                headers=self._headers,
            )
        except httpx.HTTPError as error:
            raise _away() from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = answer.headers.get("retry-after", "")
            raise TooMany(
                "Too many attempts: try again in {minutes} min.",
                retry_after=int(wait) if wait.isdecimal() else _RETRY_AFTER_SECONDS,
                minutes=1,
            )
        if answer.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY}:
            return None
        if answer.status_code != httpx.codes.OK:
            logger.error("Supabase Auth answered a sign-in with status %d", answer.status_code)
            raise _away()
        session = answer.json()
        await self._drop(session["access_token"])
        return AuthUser.model_validate(session["user"])

    async def _drop(self, access_token: str) -> None:
        headers = {**self._headers, "authorization": f"Bearer {access_token}"}
        try:
            answer = await self._http.post(f"{self._url}/logout", params={"scope": "local"}, headers=headers)
        except httpx.HTTPError as error:
            raise _away() from error
        if answer.is_error:
            logger.warning("Supabase Auth answered a sign-out with status %d", answer.status_code)


def _away() -> Unavailable:
    return Unavailable("Supabase Auth does not answer.", advice="Try again in a moment.")
