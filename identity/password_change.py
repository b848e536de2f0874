"""The form for one's own password."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from errors import Conflict, NotAllowed, SignInRequired
from identity.addresses import client_address
from identity.form_page import FormPage, SignInParts
from identity.forms import Form, password_of
from identity.password_checks import OwnUsers
from identity.passwords import MIN_CHARACTERS, check_new
from identity.rate_limits import PASSWORD_ACCOUNT
from identity.rendering import render_problem
from identity.sessions import SignedIn
from identity.visitor import Visitor


class PasswordChange(FormPage):
    """Asks for the present password, sets the new one, ends all other sessions, renews this one."""

    path = "/account/password"
    template = "password_change.html"

    def __init__(self, parts: SignInParts) -> None:
        super().__init__(parts)
        self._check = OwnUsers(parts.store, parts.passwords)

    async def show(self, request: Request) -> Response:
        """The form."""
        return await self.form_response(request)

    async def values(self, request: Request) -> dict[str, Any]:
        """Whose password it is, for the browser's password manager, and whether it was just changed."""
        signed_in = await _person(request)
        return {
            "email": signed_in.identity.email,
            "min_characters": MIN_CHARACTERS,
            "is_changed": request.method == "GET" and request.query_params.get("notice") == "changed",
        }

    async def submit(self, request: Request, form: Form) -> Response:
        """Change it, and show that it is done."""
        signed_in = await _person(request)
        person = signed_in.identity
        current, password = password_of(form, "current"), password_of(form)
        check_new(password, form.get("repeated", ""), email=person.email)
        async with self.parts.limits.attempt((PASSWORD_ACCOUNT, str(person.user_id))) as attempt:
            verdict = await self._check.check(person.email, current)
            if verdict.user_id != person.user_id:
                await self.parts.store.note_failure(person.email, client_address(request), "password_change")
                raise NotAllowed("The present password is wrong.", code="wrong_password", field="current")
            attempt.succeeded()
        password_hash = await self.parts.passwords.hash(password)
        await self.parts.store.change_password(
            person.user_id,
            password_hash,
            keep_session=signed_in.session_hash,
            address=client_address(request),
        )
        return await self.parts.entry.open(request, person.user_id, f"{self.path}?notice=changed")


async def passwords_are_elsewhere(request: Request) -> Response:
    """Stands in for the password forms when passwords are kept by Supabase Auth."""
    problem = Conflict(
        "Passwords are kept by Supabase Auth.",
        code="password_elsewhere",
        advice="Change yours there, or ask the administrator of the Supabase project.",
    )
    return render_problem(request, problem, back="/")


async def _person(request: Request) -> SignedIn:
    visitor: Visitor = request.state.visitor
    signed_in = await visitor.signed_in()
    if signed_in is None:
        raise SignInRequired("Your session has ended.", advice="Sign in again.")
    return signed_in
