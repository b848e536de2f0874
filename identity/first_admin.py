"""The form that makes the first person, while there is nobody."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from errors import Conflict, NotAllowed, SignInRequired
from identity.addresses import client_address, counted_address, is_local
from identity.cookies import new_secret
from identity.form_page import FormPage, SignInParts
from identity.forms import Form, email_of, name_of, password_of
from identity.passwords import MIN_CHARACTERS, check_new
from identity.rate_limits import SETUP_ADDRESS
from identity.rendering import go_to
from identity.supabase_auth import SupabaseAuth

logger = logging.getLogger(__name__)

_CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 16


class FirstAdmin(FormPage):
    """Whoever fills it in becomes platform admin, so from another machine it takes the code from the log."""

    path = "/setup"
    template = "first_admin.html"
    kept_fields = ("email", "full_name")

    def __init__(self, parts: SignInParts, supabase_auth: SupabaseAuth | None) -> None:
        super().__init__(parts)
        self._supabase_auth = supabase_auth
        self._code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
        self._is_announced = False
        self._has_users = False

    async def is_needed(self) -> bool:
        """Whether there is nobody yet; the first time, the code is put in the log. Raises `Unavailable`."""
        if not self._has_users:
            self._has_users = await self.parts.store.has_users()
        if not self._has_users and not self._is_announced:
            self._is_announced = True
            logger.warning(
                "Nobody can sign in yet: open /setup. From another machine, the code is %s", self._code
            )
        return not self._has_users

    async def show(self, request: Request) -> Response:
        """The form, or the sign-in form once there is somebody."""
        return await self.form_response(request) if await self.is_needed() else go_to("/sign-in")

    async def values(self, request: Request) -> dict[str, Any]:
        """Which fields to ask for."""
        return {
            "asks_code": not is_local(request),
            "is_supabase": self._supabase_auth is not None,
            "min_characters": MIN_CHARACTERS,
        }

    async def submit(self, request: Request, form: Form) -> Response:
        """Create the person and sign in. Of two at the same time, one is first and the other is told."""
        if not await self.is_needed():
            return go_to("/sign-in")
        email, full_name, password = email_of(form), name_of(form), password_of(form)
        async with self.parts.limits.attempt((SETUP_ADDRESS, counted_address(request))) as attempt:
            self._check_code(request, form)
            password_hash = await self._accepted(email, password, form)
            try:
                user_id = await self.parts.store.create_first_admin(
                    email, full_name, password_hash, client_address(request)
                )
            except Conflict:
                self._has_users = True
                raise
            attempt.succeeded()
        self._has_users = True
        return await self.parts.entry.open(request, user_id, "/")

    def _check_code(self, request: Request, form: Form) -> None:
        typed = form.get("code", "").replace("-", "").replace(" ", "").upper()
        if is_local(request) or secrets.compare_digest(typed.encode(), self._code.encode()):
            return
        raise NotAllowed(
            "This is not the setup code.",
            code="setup_code_wrong",
            advice="It is in the log of the panel, printed when it started.",
            field="code",
        )

    async def _accepted(self, email: str, password: str, form: Form) -> str:
        """The hash to store, if the password may be used."""
        if self._supabase_auth is None:
            check_new(password, form.get("repeated", ""), email=email)
            return await self.parts.passwords.hash(password)
        user = await self._supabase_auth.check(email, password)
        if user is None or user.email_confirmed_at is None or user.has_second_factor:
            raise SignInRequired(
                "Supabase Auth does not know this e-mail address with this password.",
                code="wrong_password",
                advice="Create and confirm the user in the Supabase project first.",
                field="password",
            )
        # The password stays in Supabase Auth: here is the hash of one that nobody knows.
        return await self.parts.passwords.hash(new_secret())
