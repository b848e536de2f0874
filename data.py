"""The only door to Supabase: tokens, typed rows, paging, retries, errors.

`Supabase` is the process's one connection pool; a `Door` is one person (or machine) in one tenant. Areas keep
their reads and calls in `queries/<area>.py`, which are handed a door.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Literal, TypeVar

import httpx
from postgrest import AsyncPostgrestClient, CountMethod
from postgrest.exceptions import APIError
from pydantic import BaseModel, ValidationError

from errors import SignInRequired, Unavailable, Unexpected
from project_clock import ProjectClock
from refusals import application_error, check_is_postgrest, database_away, may_pass

logger = logging.getLogger(__name__)

SCHEMA = "dashboard"
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
RETRY_PAUSES = (0.1, 0.4)
"""Seconds to wait before a read is tried again; a page would rather show its last value than hang."""
PAGE_ROWS = 1000
SURELY_WHOLE = 100
"""An answer shorter than this was not cut: a hosted project cuts at 1,000 rows, and nobody below 100."""

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")
TokenSource = Callable[[], str]
Kind = Literal["read", "call"]
Observe = Callable[[Kind, str], AbstractContextManager[None]]
"""What is entered around a read, with its retries, or a call; it is told the view's or function's name."""


def _unobserved(_: Kind, __: str) -> AbstractContextManager[None]:
    return nullcontext()


class Supabase:
    """One project, over one shared pool of connections.

    `transport` replaces the network, as the embedded Supabase does. `observe` may be set at any time.
    """

    def __init__(self, url: str, api_key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self.realtime_url = f"{re.sub('^http', 'ws', self.url)}/realtime/v1"
        self.api_key = api_key
        self.clock = ProjectClock()
        """What tokens for this project are to be minted by."""
        self.observe: Observe = _unobserved
        self.http = httpx.AsyncClient(
            transport=transport
            or httpx.AsyncHTTPTransport(http2=True, limits=httpx.Limits(max_connections=40)),
            timeout=TIMEOUT,
            event_hooks={"response": [self.clock.heed, check_is_postgrest]},
        )

    def door(self, token: TokenSource) -> Door:
        """Everything that the holder of a token may read and do; the token is asked for at each call."""
        return Door(self, token)

    async def aclose(self) -> None:
        """Close the pool."""
        await self.http.aclose()


class Door:
    """The reads and writes of one token."""

    def __init__(self, supabase: Supabase, token: TokenSource) -> None:
        self._supabase = supabase
        self._token = token
        self._client = AsyncPostgrestClient(
            f"{supabase.url}/rest/v1",
            schema=SCHEMA,
            headers={"apikey": supabase.api_key},
            http_client=supabase.http,
            retry_enabled=False,  # its own pauses are 1, 2 and 4 s: too long for a page
        )

    async def rows(
        self,
        view: str,
        model: type[M],
        *,
        where: Mapping[str, str] | None = None,
        order: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> list[M]:
        """At most `limit` rows of a view.

        `where` maps columns to PostgREST conditions (`{"role": "eq.owner"}`); `order` is `column` or
        `column.desc`. For all rows, however many, use `every`.
        """
        answer = await self._select(view, where=where, order=order, limit=limit)
        return [_typed(model, row) for row in answer]

    async def every(
        self, view: str, model: type[M], *, key: str, where: Mapping[str, str] | None = None
    ) -> AsyncIterator[M]:
        """All rows of a view in the order of its unique column `key`.

        Reads on after the last key until nothing is left, so an answer that the server cut short costs one
        more request and loses no row.
        """
        after: str | None = None
        while True:
            conditions = dict(where or {})
            if after is not None:
                conditions[key] = f"gt.{after}"
            page = await self._select(view, where=conditions, order=key, limit=PAGE_ROWS)
            for row in page:
                yield _typed(model, row)
            if len(page) < SURELY_WHOLE:
                return
            after = str(page[-1][key])

    async def count(self, view: str, *, where: Mapping[str, str] | None = None) -> int:
        """How many rows of a view there are, counted by the database."""

        async def count_rows() -> int:
            query = self._signed().from_(view).select("*", count=CountMethod.exact, head=True)
            for column, condition in (where or {}).items():
                query = query.filter(column, *_operator(condition))
            return (await query.execute()).count or 0

        return await self._read(view, count_rows)

    async def read(self, function: str, model: type[M], **arguments: object) -> list[M]:
        """All rows of a set-returning read function, which must give them in a fixed order."""
        found: list[M] = []
        while True:
            page = await self._rpc_page(function, arguments, offset=len(found))
            found += [_typed(model, row) for row in page]
            if len(page) < SURELY_WHOLE:
                return found

    async def read_value(self, function: str, **arguments: object) -> Any:
        """What a read function returns: a scalar, or decoded JSON."""

        async def ask() -> Any:
            return (await self._signed().rpc(function, _sent(arguments), get=True).execute()).data

        return await self._read(function, ask)

    async def call(self, function: str, **arguments: object) -> Any:
        """Call a function that writes, once.

        Never retried: after `Unavailable` the caller repeats it with the same `request_id`, which does the
        work at most once.
        """

        async def ask() -> Any:
            return (await self._signed().rpc(function, _sent(arguments)).execute()).data

        with self._supabase.observe("call", function):
            return await self._in_time(ask)

    async def call_with_text(self, function: str, text: bytes) -> Any:
        """Call a function that writes and takes one text without a name, once; as `call`.

        For bulk that was made ready elsewhere: it is neither parsed nor copied on its way.
        """

        async def ask() -> Any:
            answer = await self._supabase.http.post(
                f"{self._supabase.url}/rest/v1/rpc/{function}",
                content=text,
                headers={
                    "apikey": self._supabase.api_key,
                    "Authorization": f"Bearer {self._token()}",
                    "Content-Profile": SCHEMA,
                    "Content-Type": "text/plain; charset=utf-8",
                },
            )
            if answer.is_error:
                raise APIError(_problem_of(answer))
            return answer.json()

        with self._supabase.observe("call", function):
            return await self._in_time(ask)

    async def _select(
        self, view: str, *, where: Mapping[str, str] | None, order: str | None, limit: int
    ) -> list[dict[str, Any]]:
        async def ask() -> list[dict[str, Any]]:
            query = self._signed().from_(view).select("*")
            for column, condition in (where or {}).items():
                query = query.filter(column, *_operator(condition))
            if order is not None:
                column, _, direction = order.partition(".")
                query = query.order(column, desc=direction == "desc")
            return _as_rows((await query.limit(limit).execute()).data)

        return await self._read(view, ask)

    async def _rpc_page(
        self, function: str, arguments: Mapping[str, object], *, offset: int
    ) -> list[dict[str, Any]]:
        async def ask() -> list[dict[str, Any]]:
            query = self._signed().rpc(function, _sent(arguments), get=True)
            if offset:
                query = query.limit(PAGE_ROWS).offset(offset)
            return _as_rows((await query.execute()).data)

        return await self._read(function, ask)

    async def _read(self, name: str, ask: Callable[[], Awaitable[R]]) -> R:
        with self._supabase.observe("read", name):
            return await _read(partial(self._in_time, ask))

    async def _in_time(self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask; once more when a token was refused that a wrong clock had made. The first one did nothing."""
        corrections = self._supabase.clock.corrections
        try:
            return await _translated(ask)
        except SignInRequired:
            if self._supabase.clock.corrections == corrections:
                raise
            return await _translated(ask)

    def _signed(self) -> AsyncPostgrestClient:
        return self._client.auth(self._token())


def _sent(arguments: Mapping[str, object]) -> dict[str, Any]:
    """Arguments as JSON has them; an argument of None is left to the function's default."""
    plain = (str, int, float, bool, list, dict)
    return {
        name: value if isinstance(value, plain) else str(value)
        for name, value in arguments.items()
        if value is not None
    }


def _problem_of(answer: httpx.Response) -> dict[str, Any]:
    """PostgREST's account of an error; `check_is_postgrest` has seen to it that it is one."""
    told = answer.json()
    return told if isinstance(told, dict) else {"message": "", "code": str(answer.status_code)}


def _operator(condition: str) -> tuple[str, str]:
    operator, _, operand = condition.partition(".")
    return operator, operand


def _as_rows(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, list):
        problem = Unexpected()
        logger.error(
            "Error %s: expected rows, got %s",
            problem.error_id,
            type(data).__name__,
            extra={"error_id": problem.error_id},
        )
        raise problem
    return data


def _typed(model: type[M], row: object) -> M:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        # Values stay out of the log: a row may hold what a client wrote.
        problem = Unexpected()
        fields = [(part["loc"], part["type"]) for part in error.errors(include_input=False)]
        logger.error(  # noqa: TRY400
            "Error %s: a row is no %s: %s",
            problem.error_id,
            model.__name__,
            fields,
            extra={"error_id": problem.error_id},
        )
        raise problem from None


async def _read(ask: Callable[[], Awaitable[R]]) -> R:
    for pause in RETRY_PAUSES:
        try:
            return await _translated(ask)
        except Unavailable as problem:
            if not may_pass(problem):
                raise
            await asyncio.sleep(pause)
    return await _translated(ask)


async def _translated(ask: Callable[[], Awaitable[R]]) -> R:
    try:
        return await ask()
    except APIError as error:
        raise application_error(error) from error
    except httpx.HTTPError as error:
        raise database_away() from error
