"""The sign-in form, and sign-out."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from errors import AppError, NotAllowed, SignInRequired
from identity.addresses import client_address, counted_address
from identity.first_admin import FirstAdmin
from identity.form_page import FormPage, SignInParts
from identity.forms import Form, email_of, password_of
from identity.local_paths import local_path
from identity.password_checks import PasswordCheck
from identity.rate_limits import SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS
from identity.rendering import go_to, render_problem
from identity.visitor import Visitor

logger = logging.getLogger(__name__)

_NOTICES = {
    "signed_out": "You are signed out.",
    "password_reset": "Your new password is set. Sign in with it.",
    "ended": "Your session has ended. Sign in again.",
}


class SignIn(FormPage):
    """E-mail address and password."""

    path = "/sign-in"
    template = "sign_in.html"
    kept_fields = ("email",)

    def __init__(self, parts: SignInParts, check: PasswordCheck, first_admin: FirstAdmin) -> None:
        super().__init__(parts)
        self._check = check
        self._first_admin = first_admin

    async def show(self, request: Request) -> Response:
        """The form; for who is signed in already, the page that it leads to."""
        visitor: Visitor = request.state.visitor
        if await visitor.signed_in():
            return go_to(_destination(request))
        if await self._first_admin.is_needed():
            return go_to(FirstAdmin.path)
        return await self.form_response(request)

    async def values(self, request: Request) -> dict[str, Any]:
        """A word on how one came here."""
        return {"notice": _NOTICES.get(request.query_params.get("notice", ""), "")}

    async def submit(self, request: Request, form: Form) -> Response:
        """Check, count, open the session. One answer for every wrong pair, known account or not."""
        email, password = email_of(form), password_of(form)
        async with self.parts.limits.attempt(
            (SIGN_IN_ADDRESS, counted_address(request)), (SIGN_IN_ACCOUNT, email)
        ) as attempt:
            verdict = await self._check.check(email, password)
            if verdict.user_id is None:
                raise await self._refused(request, email, verdict.reason)
            try:
                response = await self.parts.entry.open(request, verdict.user_id, _destination(request))
            except NotAllowed as problem:
                # Switched off: Supabase Auth does not know, and it may happen between check and entry.
                raise await self._refused(request, email, problem.code) from problem
            attempt.succeeded()
            return response

    async def _refused(self, request: Request, email: str, reason: str) -> SignInRequired:
        address = client_address(request)
        logger.info("Sign-in refused for %s from %s: %s", masked(email), address, reason)
        await self.parts.store.note_failure(email, address, reason)
        return SignInRequired(
            "Wrong e-mail address or password.",
            code="wrong_password",
            advice="Check both. If you have forgotten the password, ask your administrator for a link.",
            field="password",
        )


class SignOut:
    """Ends the session of this browser, with all of its open pages."""

    path = "/sign-out"

    def __init__(self, parts: SignInParts) -> None:
        self._parts = parts

    async def answer(self, request: Request) -> Response:
        """Answer POST."""
        try:
            self._parts.origins.check_form(request)
            return await self._parts.entry.close(request, f"{SignIn.path}?notice=signed_out")
        except AppError as problem:
            return render_problem(request, problem, back="/")


async def session_state(request: Request) -> Response:
    """Tell a page that lost its socket whether to wait (204, 503) or to go to the sign-in form (401)."""
    visitor: Visitor = request.state.visitor
    try:
        is_open = await visitor.signed_in() is not None
    except AppError as problem:
        return PlainTextResponse(problem.code, problem.status, {"cache-control": "no-store"})
    status = HTTPStatus.NO_CONTENT if is_open else HTTPStatus.UNAUTHORIZED
    return Response(status_code=status, headers={"cache-control": "no-store"})


def masked(email: str) -> str:
    """Enough of an address to recognise one's own by, as the audit log keeps it too."""
    return f"{email[:1]}***@{email.rpartition('@')[2]}"


def _destination(request: Request) -> str:
    return local_path(request.query_params.get("next", "/"))
