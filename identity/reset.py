"""A new password by a one-time link that an administrator has issued."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from errors import NotFound
from identity.addresses import client_address, counted_address
from identity.cookies import SESSION_ID, hashed, new_secret
from identity.form_page import FormPage
from identity.forms import Form, password_of
from identity.passwords import MIN_CHARACTERS, check_new
from identity.rate_limits import RESET_ADDRESS
from identity.rendering import go_to
from identity.store import ResetLink


def new_reset_token() -> tuple[str, str]:
    """A token for the link, and its hash for `dashboard.issue_password_reset`."""
    token = new_secret()
    return token, hashed(token)


def reset_path(token: str) -> str:
    """The path of a one-time link."""
    return f"/reset/{token}"


class PasswordReset(FormPage):
    """Sets the password that a link allows; every session of the person ends."""

    path = "/reset/{token}"
    template = "reset.html"

    async def show(self, request: Request) -> Response:
        """The form, for a link that is still good."""
        return await self.form_response(request)

    async def values(self, request: Request) -> dict[str, Any]:
        """Whose password it is."""
        link = await self._link(request)
        return {"email": link.email, "min_characters": MIN_CHARACTERS}

    async def submit(self, request: Request, form: Form) -> Response:
        """Set the password. Of two at the same time, one is first and the other finds the link used."""
        link = await self._link(request)
        password = password_of(form)
        check_new(password, form.get("repeated", ""), email=link.email)
        password_hash = await self.parts.passwords.hash(password)
        await self.parts.store.redeem_reset(_token_hash(request), password_hash, client_address(request))
        return go_to("/sign-in?notice=password_reset")

    async def _link(self, request: Request) -> ResetLink:
        async with self.parts.limits.attempt((RESET_ADDRESS, counted_address(request))) as attempt:
            link = await self.parts.store.reset_link(_token_hash(request))
            if link is None:
                raise _no_such_link()
            attempt.succeeded()
            return link


def _token_hash(request: Request) -> str:
    token = request.path_params["token"]
    if not SESSION_ID.fullmatch(token):
        raise _no_such_link()
    return hashed(token)


def _no_such_link() -> NotFound:
    return NotFound(
        "This link was used, has expired, or was withdrawn.",
        code="reset_link_invalid",
        advice="Ask your administrator for a new link.",
    )
