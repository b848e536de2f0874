"""`/admin/users`: what a service_role token may do with people's accounts."""

from collections.abc import Callable
from uuid import UUID

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local_supabase.gotrue.errors import AuthError
from local_supabase.gotrue.passwords import Passwords
from local_supabase.gotrue.requests import json_body, object_of, refuse_unknown, text_of
from local_supabase.gotrue.users import (
    Changes,
    User,
    change_user,
    check_password,
    checked_email,
    create_user,
    delete_user,
    user_by_id,
    users_page,
)
from local_supabase.tokens import Claims

WAIT_FOR_CONNECTION = 5.0  # seconds
ADMIN_ROLES = {"service_role", "supabase_admin"}
FIELDS = {"email", "password", "email_confirm", "user_metadata", "app_metadata"}
LARGEST_PAGE = 1_000


class Administration:
    """The routes, over the tables of schema `auth`; `claims_of` verifies a request's token."""

    def __init__(
        self, pool: asyncpg.Pool, passwords: Passwords, claims_of: Callable[[Request], Claims]
    ) -> None:
        self._pool = pool
        self._passwords = passwords
        self._claims_of = claims_of
        self.routes = [
            Route("/admin/users", self._create, methods=["POST"]),
            Route("/admin/users", self._list, methods=["GET"]),
            Route("/admin/users/{user_id}", self._show, methods=["GET"]),
            Route("/admin/users/{user_id}", self._change, methods=["PUT"]),
            Route("/admin/users/{user_id}", self._delete, methods=["DELETE"]),
        ]

    async def _create(self, request: Request) -> Response:
        self._require_admin(request)
        body = await json_body(request)
        refuse_unknown(body, FIELDS)
        user = await create_user(
            self._pool,
            text_of(body, "email"),
            text_of(body, "password"),
            confirmed=body.get("email_confirm") is True,
            user_metadata=object_of(body, "user_metadata"),
            app_metadata=object_of(body, "app_metadata"),
        )
        return JSONResponse(user.as_json())

    async def _list(self, request: Request) -> Response:
        self._require_admin(request)
        page, size = _count(request, "page", 1), min(_count(request, "per_page", 50), LARGEST_PAGE)
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            users, total = await users_page(connection, page, size)
        body = {"users": [user.as_json() for user in users], "aud": "authenticated"}
        return JSONResponse(body, headers={"X-Total-Count": str(total)})

    async def _show(self, request: Request) -> Response:
        user_id = self._subject(request)
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            return _shown(await user_by_id(connection, user_id))

    async def _change(self, request: Request) -> Response:
        user_id = self._subject(request)
        body = await json_body(request)
        refuse_unknown(body, FIELDS)
        email, password = text_of(body, "email"), text_of(body, "password")
        if password:
            check_password(password)
        changes = Changes(
            email=checked_email(email) if email else None,
            encrypted_password=await self._passwords.hash(password) if password else None,
            confirms_email=body.get("email_confirm") is True,
            user_metadata=object_of(body, "user_metadata"),
            app_metadata=object_of(body, "app_metadata"),
        )
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            return _shown(await change_user(connection, user_id, changes))

    async def _delete(self, request: Request) -> Response:
        user_id = self._subject(request)
        body = await json_body(request) if await request.body() else {}
        if body.get("should_soft_delete"):
            raise AuthError(501, "not_implemented", "Users cannot be deleted softly in the embedded Supabase")
        async with self._pool.acquire(timeout=WAIT_FOR_CONNECTION) as connection:
            if not await delete_user(connection, user_id):
                raise _not_found()
        return JSONResponse({})

    def _require_admin(self, request: Request) -> None:
        if self._claims_of(request).role not in ADMIN_ROLES:
            raise AuthError(403, "not_admin", "User not allowed")

    def _subject(self, request: Request) -> UUID:
        self._require_admin(request)
        try:
            return UUID(request.path_params["user_id"])
        except ValueError:
            raise AuthError(404, "validation_failed", "user_id must be an UUID") from None


def _shown(user: User | None) -> Response:
    if user is None:
        raise _not_found()
    return JSONResponse(user.as_json())


def _not_found() -> AuthError:
    return AuthError(404, "user_not_found", "User not found")


def _count(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:10]) < 2**31):
        raise AuthError(400, "validation_failed", f"Bad Pagination Parameters: {name} is a number from 1")
    return int(text)
