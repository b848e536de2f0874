"""Sign-in, sessions and roles: what the rest of the panel asks about who is there.

The parts are in `identity/`. `main.py` builds one `Auth`, mounts its routes, and puts `identity.gate.Gate` in
front of the whole application; pages ask `current_identity` and `require`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from config import Settings
from data import Door, Supabase
from errors import AppError, NotAllowed, SignInRequired
from identity.cookies import SessionCookie
from identity.entry import Entry
from identity.first_admin import FirstAdmin
from identity.form_page import SignInParts
from identity.origins import OriginPolicy
from identity.password_change import PasswordChange, passwords_are_elsewhere
from identity.password_checks import OwnUsers, PasswordCheck, SupabaseUsers
from identity.passwords import Passwords
from identity.rate_limits import RateLimits
from identity.rendering import render_problem, this_address
from identity.reset import PasswordReset, new_reset_token, reset_path
from identity.sessions import End, SessionRegistry, SignedIn
from identity.sign_in import SignIn, SignOut, session_state
from identity.store import SignInStore
from identity.supabase_auth import SupabaseAuth
from identity.tokens import TokenMinter, TokenSource
from identity.visitor import Visitor
from models import PERMISSIONS, Identity, Permission, Role

__all__ = [
    "Auth",
    "SignedIn",
    "current_identity",
    "new_reset_token",
    "require",
    "reset_path",
]


logger = logging.getLogger(__name__)


class HasRequest(Protocol):
    """A NiceGUI client: the open page keeps the request that it was opened by."""

    @property
    def request(self) -> Request:
        """That request."""


async def current_identity(source: HTTPConnection | HasRequest) -> SignedIn:
    """Who is signed in, as of at most two seconds ago: behind a request, or behind an open page.

    Raises `SignInRequired`, and `Unavailable` when the database is away.
    """
    request = source if isinstance(source, HTTPConnection) else source.request
    visitor: Visitor = request.state.visitor
    signed_in = await visitor.signed_in()
    if signed_in is None:
        raise SignInRequired("Your session has ended.", advice="Sign in again.")
    return signed_in


def require(identity: Identity, tenant_id: UUID, permission: Permission) -> Role:
    """The person's role in a tenant, if it carries the permission.

    For deciding what to show: the database checks again whatever is read or written. Raises `NotAllowed`.
    """
    role = identity.role_in(tenant_id)
    if role is None:
        raise NotAllowed("You are not a member of this salon.", code="not_a_member")
    if permission not in PERMISSIONS[role]:
        raise NotAllowed("You may not do this.", advice="Ask an owner of the salon for the right to.")
    return role


class Auth:
    """Sign-in of one panel, composed of its parts."""

    def __init__(
        self,
        settings: Settings,
        supabase: Supabase,
        minter: TokenMinter,
        *,
        passwords: Passwords | None = None,
    ) -> None:
        idle_seconds = settings.session_idle_minutes * 60
        self._supabase = supabase
        self._minter = minter
        self._passwords = passwords or Passwords()
        self._limits = RateLimits(settings.redis_url.get_secret_value() if settings.redis_url else None)
        self.cookie = SessionCookie.of(settings)
        self.origins = OriginPolicy(settings.public_url)
        self.store = SignInStore(supabase.door(minter.machine_source("dashboard_auth")))
        self.sessions = SessionRegistry(self.store, idle_seconds, now=supabase.clock.now)
        entry = Entry(self.store, self.sessions, self.cookie, idle_seconds=idle_seconds)
        self._parts = SignInParts(self.origins, self.store, self._passwords, self._limits, entry)
        self._supabase_auth = (
            SupabaseAuth(supabase.url, supabase.api_key, supabase.http)
            if settings.auth_provider == "supabase"
            else None
        )
        self._first_admin = FirstAdmin(self._parts, self._supabase_auth)

    async def start(self) -> None:
        """Begin to sweep ended sessions; announce the setup code when nobody can sign in yet."""
        await self.sessions.start()
        try:
            await self._first_admin.is_needed()
        except AppError as problem:
            # The sign-in form asks again, and tells the person the same.
            logger.warning("Nobody can sign in yet: %s %s", problem.message, problem.advice)

    async def stop(self) -> None:
        """Stop the sweep, the password threads and the connection to Redis."""
        await self.sessions.stop()
        await asyncio.to_thread(self._passwords.close)
        await self._limits.stop()

    def routes(self) -> list[Route]:
        """The plain pages, to be mounted at the root of the application."""
        return [
            SignIn(self._parts, self._password_check(), self._first_admin).route(),
            Route(SignOut.path, SignOut(self._parts).answer, methods=["POST"]),
            Route("/session", session_state, methods=["GET"]),
            self._first_admin.route(),
            *self._password_routes(),
        ]

    async def fresh_identity(self, request: Request) -> SignedIn:
        """Who makes a request, as of now: what they just changed, in this tab or another, counts already.

        Raises as `current_identity` does.
        """
        visitor: Visitor = request.state.visitor
        if visitor.session_hash:
            self.sessions.forget(visitor.session_hash)
        return await current_identity(request)

    def door(self, signed_in: SignedIn, tenant_id: UUID | None) -> Door:
        """What the person may read and do in a tenant. Raises `NotAllowed` for an outsider."""
        return self._supabase.door(self.token_source(signed_in.identity, tenant_id))

    def token_source(self, identity: Identity, tenant_id: UUID | None) -> TokenSource:
        """The person's tokens for one tenant. Raises `NotAllowed` for an outsider."""
        return self._minter.token_source(identity, tenant_id)

    def watch(self, signed_in: SignedIn, page_id: str, end: End) -> Callable[[], None]:
        """Have `end(reason)` called once when the session of an open page ends; returns what stops watching.

        Within five seconds of an end elsewhere, at once for an end in this process. From then on nothing is
        heard from the page's socket, which is closed a second later: time to tell the page where to go.
        """
        return self.sessions.watch(signed_in, end, page_id=page_id)

    def problem_response(self, request: Request, problem: AppError) -> Response:
        """A plain page that says what went wrong."""
        return render_problem(
            request, problem, back=this_address(request) if request.method == "GET" else "/"
        )

    def _password_check(self) -> PasswordCheck:
        if self._supabase_auth is not None:
            return SupabaseUsers(self.store, self._supabase_auth)
        return OwnUsers(self.store, self._passwords)

    def _password_routes(self) -> list[Route]:
        if self._supabase_auth is not None:
            paths = (PasswordReset.path, PasswordChange.path)
            return [Route(path, passwords_are_elsewhere, methods=["GET", "POST"]) for path in paths]
        return [PasswordReset(self._parts).route(), PasswordChange(self._parts).route()]
