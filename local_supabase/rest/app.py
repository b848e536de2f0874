"""The ASGI application: reads a request, finds who asks, hands it to its handler and sends the answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import asyncpg

from local_supabase.rest.answers import Answer, error_answer, overridden
from local_supabase.rest.cors import cors_headers, preflight
from local_supabase.rest.errors import RestError, body_too_large, schema_not_loaded
from local_supabase.rest.function_handlers import call_function, function_options
from local_supabase.rest.openapi import describe_api
from local_supabase.rest.preferences import NONE, Preferences, parse_preferences
from local_supabase.rest.query_string import parse_query
from local_supabase.rest.requests import Context, Request, bearer_token, schema_of, target_of
from local_supabase.rest.schema_cache import SchemaCache
from local_supabase.rest.schema_watch import SchemaWatch
from local_supabase.rest.table_handlers import change_table, read_table, table_options
from local_supabase.rest.transaction import StaleSchemaError, Transactions
from local_supabase.settings import Settings
from local_supabase.tokens import Claims, JwtError, JwtVerifier

MAX_BODY_BYTES = 32 * 1024 * 1024
UNKNOWN_NAMES = ("PGRST202", "PGRST204", "PGRST205")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class RestApp:
    """PostgREST's protocol over one database. The pool has to be RestApp's own (see `open_pool`)."""

    def __init__(self, pool: asyncpg.Pool, verifier: JwtVerifier, settings: Settings):
        self._settings = settings
        self._verifier = verifier
        self._transactions = Transactions(pool, settings)
        self._schema = SchemaWatch(pool, settings)

    async def start(self) -> None:
        """Read the schema and follow its changes. A database that is away is waited for, answering 503."""
        await self._schema.start()

    async def stop(self) -> None:
        """Stop following the schema and let go of every connection; the pool stays with its owner."""
        await self._schema.stop()
        await self._transactions.stop()

    async def reload(self) -> None:
        """Read the schema again, now."""
        await self._schema.reload()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            raise RuntimeError(f"REST answers http, not {scope['type']}")
        headers = _headers(scope)
        allowed = self._settings.cors_allowed_origins
        method: str = scope["method"]
        answer = preflight(method, headers, allowed)
        if answer is None:
            answer = await self._answered(scope, headers, receive)
            answer = overridden(answer, cors_headers(headers, allowed))
        await _send(answer, method, send)

    async def _answered(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Answer:
        try:
            body = await _body(receive)
            request = Request(scope["method"], _path(scope), scope.get("query_string", b""), headers, body)
            return await self._handled(request)
        except RestError as error:
            return error_answer(error)
        except StaleSchemaError:
            return error_answer(schema_not_loaded())
        except JwtError as error:
            challenge = [("WWW-Authenticate", error.challenge)] if error.challenge else []
            return error_answer(
                RestError(error.status, error.code, error.message, error.details, headers=challenge)
            )

    async def _handled(self, request: Request) -> Answer:
        claims = self._verifier.verify(bearer_token(request.headers))
        cache = await self._schema.current()
        context = self._context(request, claims, await self._preferences(request))
        try:
            return await self._dispatched(context, cache)
        except StaleSchemaError:
            cache = await self._schema.renewed()
        except RestError as error:
            if error.code not in UNKNOWN_NAMES or (fresh := await self._schema.refreshed(cache)) is cache:
                raise
            cache = fresh
        return await self._dispatched(context, cache)

    async def _preferences(self, request: Request) -> Preferences:
        header = request.headers.get("prefer")
        if header is None:
            return NONE
        zones = await self._schema.time_zones() if "timezone=" in header else frozenset()
        override = self._settings.tx_end.endswith("allow-override")
        return parse_preferences(header, tx_override=override, time_zones=zones)

    def _context(self, request: Request, claims: Claims, preferences: Preferences) -> Context:
        settings = self._settings
        target = target_of(request, settings)
        schema, profile_header = schema_of(request, settings)
        query = parse_query(
            request.raw_query, for_function_read=target.function is not None and request.is_read
        )
        signed_in = claims.role != settings.anon_role
        return Context(
            request, target, claims, signed_in, schema, profile_header, preferences, query, settings
        )

    async def _dispatched(self, context: Context, cache: SchemaCache) -> Answer:
        target, method = context.target, context.request.method
        if method == "OPTIONS":
            if target.table is not None:
                return table_options(context, cache)
            if target.function is not None:
                return function_options(context, cache)
            return Answer(200, [("Access-Control-Allow-Origin", "*"), ("Allow", "OPTIONS,GET,HEAD")])
        if target.table is not None:
            handler = read_table if context.request.is_read else change_table
        else:
            handler = call_function if target.function is not None else describe_api
        return await handler(context, cache, self._transactions)


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
        separator = "; " if name == "cookie" else ", "
        found[name] = f"{found[name]}{separator}{value}" if name in found else value
    return found


def _path(scope: Scope) -> str:
    """The path as sent, without the prefix that the application is mounted under."""
    raw: bytes | None = scope.get("raw_path")
    path = raw.partition(b"?")[0].decode("latin-1") if raw else scope["path"].encode().decode("latin-1")
    root: str = scope.get("root_path", "")
    return (path.removeprefix(root) if root else path) or "/"


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RestError(400, "PGRST102", "The request ended before its body did")
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise body_too_large(MAX_BODY_BYTES)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(answer: Answer, method: str, send: Send) -> None:
    body = b"" if method == "HEAD" or answer.status in (204, 304) else answer.body
    headers = [
        (name.encode("latin-1", "replace").lower(), value.encode("utf-8")) for name, value in answer.headers
    ]
    if method != "HEAD" and answer.status not in (204, 304):
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
