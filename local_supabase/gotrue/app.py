"""Auth's HTTP surface, as an ASGI application relative to where it is mounted."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local_supabase.gotrue.access_tokens import AccessTokens
from local_supabase.gotrue.administration import Administration
from local_supabase.gotrue.attempts import FailedAttempts
from local_supabase.gotrue.errors import AuthError, error_response
from local_supabase.gotrue.passwords import Passwords
from local_supabase.gotrue.requests import (
    claimed_uuid,
    json_body,
    object_of,
    refuse_unknown,
    text_of,
)
from local_supabase.gotrue.sessions import (
    RefreshTokenSigner,
    end_sessions,
    open_session,
    refresh_session,
    session_exists,
)
from local_supabase.gotrue.users import (
    Changes,
    User,
    change_user,
    check_password,
    create_user,
    user_by_email,
    user_by_id,
)
from local_supabase.settings import Settings
from local_supabase.tokens import Claims, JwtError, JwtVerifier

ACCESS_TOKEN_SECONDS = 3600
WAIT_FOR_CONNECTION = 5.0  # seconds
# What a client sends along for a confirmation by mail (PKCE, captcha) has no use where nobody has to confirm.
SIGN_UP_FIELDS = {"email", "password", "data", "phone", "channel", "gotrue_meta_security"} | {
    "code_challenge",
    "code_challenge_method",
}


class AuthApp:
    """Password sign-in, refresh, the signed-in user and sign-out over the tables of schema `auth`.

    Also `/admin/users` for service_role tokens, and sign-up where the settings allow it.

    `pool` connects as a role that may write those tables; `token_seconds` is an access token's lifetime.
    Raises `LookupError` when `settings` hold no shared JWT secret to sign with.
    """

    def __init__(
        self, pool: asyncpg.Pool, settings: Settings, *, token_seconds: int = ACCESS_TOKEN_SECONDS
    ) -> None:
        self._pool = pool
        self._verifier = JwtVerifier(settings)
        self._tokens = AccessTokens(settings, token_seconds)
        self._signer = RefreshTokenSigner(self._tokens.key)
        self._passwords = Passwords()
        self._attempts = FailedAttempts()
        self._signup_enabled = settings.signup_enabled
        self._app = Starlette(
            routes=[
                Route("/token", self._token, methods=["POST"]),
                Route("/signup", self._sign_up, methods=["POST"]),
                Route("/user", self._user, methods=["GET"]),
                Route("/user", self._change_user, methods=["PUT"]),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/settings", self._settings, methods=["GET"]),
                Route("/health", self._health, methods=["GET"]),
                # A shared secret has no public half to publish.
                Route("/.well-known/jwks.json", self._no_keys, methods=["GET"]),
                *Administration(pool, self._passwords, self._claims).routes,
            ],
            exception_handlers={
                AuthError: _refuse,
                JwtError: _refuse,
                HTTPException: _not_served,
                OSError: _unavailable,
                asyncpg.PostgresConnectionError: _unavailable,
                asyncpg.InterfaceError: _unavailable,
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        await self._app(scope, receive, send)

    # -- signing in and out ------------------------------------------------------------------------------

    async def _token(self, request: Request) -> Response:
        grants: dict[str, Callable[[Request, dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "password": self._by_password,
            "refresh_token": self._by_refresh_token,
        }
        grant = grants.get(request.query_params.get("grant_type", ""))
        if grant is None:
            raise AuthError(400, "invalid_credentials", "unsupported_grant_type")
        return JSONResponse(
            await grant(request, await json_body(request)), headers={"Cache-Control": "no-store"}
        )

    async def _by_password(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        if text_of(body, "phone"):
            raise AuthError(422, "phone_provider_disabled", "Phone logins are disabled")
        email, password = text_of(body, "email").strip().lower(), text_of(body, "password")
        if not email:
            raise AuthError(400, "validation_failed", "missing email or phone")
        if self._attempts.is_blocked(email):
            raise AuthError(429, "over_request_rate_limit", "Request rate limit reached")
        # No connection is held while the password is checked: that takes long on purpose.
        user = await self._find(email)
        matches = await self._passwords.matches(password, user.encrypted_password if user else None)
        if user is None or not matches:
            self._attempts.note(email)
            raise AuthError(400, "invalid_credentials", "Invalid login credentials")
        self._attempts.forget(email)
        if user.is_banned:
            raise AuthError(400, "user_banned", "User is banned")
        if user.email_confirmed_at is None:
            raise AuthError(400, "email_not_confirmed", "Email not confirmed")
        return await self._opened(request, user)

    async def _opened(self, request: Request, user: User) -> dict[str, Any]:
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            session = await open_session(
                connection,
                user,
                self._signer,
                user_agent=request.headers.get("user-agent", "")[:512],
                address=request.client.host if request.client else "",
            )
        return self._tokens.issue(session)

    async def _sign_up(self, request: Request) -> Response:
        if not self._signup_enabled:
            raise AuthError(422, "signup_disabled", "Signups not allowed for this instance")
        body = await json_body(request)
        refuse_unknown(body, SIGN_UP_FIELDS)
        email, password = text_of(body, "email"), text_of(body, "password")
        if text_of(body, "phone"):
            raise AuthError(400, "phone_provider_disabled", "Phone signups are disabled")
        if not email:
            raise AuthError(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
        try:
            user = await create_user(self._pool, email, password, user_metadata=object_of(body, "data"))
        except AuthError as error:
            if error.code != "email_exists":
                raise
            raise AuthError(422, "user_already_exists", "User already registered") from None
        return JSONResponse(await self._opened(request, user), headers={"Cache-Control": "no-store"})

    async def _by_refresh_token(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        token = text_of(body, "refresh_token")
        if not token:
            raise AuthError(400, "validation_failed", "refresh_token required")
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            return self._tokens.issue(await refresh_session(connection, token, self._signer))

    async def _logout(self, request: Request) -> Response:
        scope = request.query_params.get("scope", "") or "global"
        if scope not in {"global", "local", "others"}:
            raise AuthError(400, "validation_failed", f'Unsupported logout scope "{scope}"')
        user, session_id = await self._signed_in(request)
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            await end_sessions(connection, user.id, session_id, scope)
        return Response(status_code=204)

    # -- who is signed in --------------------------------------------------------------------------------

    async def _user(self, request: Request) -> Response:
        user, _ = await self._signed_in(request)
        return JSONResponse(user.as_json(), headers={"Cache-Control": "no-store"})

    async def _change_user(self, request: Request) -> Response:
        user, session_id = await self._signed_in(request)
        body = await json_body(request)
        refuse_unknown(body, {"password", "data"})
        password, hashed = text_of(body, "password"), None
        if password:
            check_password(password)
            if await self._passwords.matches(password, user.encrypted_password):
                message = "New password should be different from the old password."
                raise AuthError(422, "same_password", message)
            hashed = await self._passwords.hash(password)
        changes = Changes(encrypted_password=hashed, user_metadata=object_of(body, "data"))
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection, connection.transaction():
            changed = await change_user(connection, user.id, changes)
            if hashed and session_id:
                await end_sessions(connection, user.id, session_id, "others")
        return JSONResponse((changed or user).as_json(), headers={"Cache-Control": "no-store"})

    async def _signed_in(self, request: Request) -> tuple[User, UUID | None]:
        claims = self._claims(request).raw
        if not claims.get("sub"):
            raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
        user_id = claimed_uuid(claims["sub"], "invalid claim: sub claim must be a UUID")
        session_id = claims.get("session_id") and claimed_uuid(
            claims["session_id"], "invalid claim: session_id"
        )
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            user = await user_by_id(connection, user_id)
            if user is None:
                raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
            if session_id and not await session_exists(connection, session_id, user_id):
                message = "Session from session_id claim in JWT does not exist"
                raise AuthError(403, "session_not_found", message)
        return user, session_id or None

    def _claims(self, request: Request) -> Claims:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
        return self._verifier.verify(token.strip())

    async def _find(self, email: str) -> User | None:
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            return await user_by_email(connection, email)

    # -- what clients ask before -------------------------------------------------------------------------

    async def _settings(self, _: Request) -> Response:
        providers = {"email": True, "phone": False, "anonymous_users": False}
        return JSONResponse(
            {"external": providers, "disable_signup": not self._signup_enabled, "mailer_autoconfirm": True}
        )

    async def _health(self, _: Request) -> Response:
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            await connection.execute("select 1")
        return JSONResponse({"name": "GoTrue", "description": "Auth of the embedded Supabase"})

    async def _no_keys(self, _: Request) -> Response:
        return JSONResponse({"keys": []})


async def _refuse(request: Request, error: Exception) -> Response:
    if isinstance(error, JwtError):
        message = f"invalid JWT: unable to parse or verify signature, {error.message}"
        return error_response(request, AuthError(403, "bad_jwt", message))
    if not isinstance(error, AuthError):
        raise error
    return error_response(request, error)


async def _not_served(request: Request, _: Exception) -> Response:
    asked = f"{request.method} {request.scope['path']}"
    message = (
        f"{asked} is not part of the embedded Supabase: it has password sign-in, refresh, user, logout, "
        "sign-up and admin/users"
    )
    return error_response(request, AuthError(501, "not_implemented", message))


async def _unavailable(request: Request, _: Exception) -> Response:
    return error_response(request, AuthError(503, "unexpected_failure", "Auth cannot reach its database"))
