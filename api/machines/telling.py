"""How the REST routes answer: with the database's own JSON, and with problems in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Coroutine
from typing import Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from api.machines.problem import refusing
from errors import Invalid


class Told(JSONResponse):
    """Values as they came from the database."""

    def render(self, content: Any) -> bytes:
        """As JSON."""
        try:
            return orjson.dumps(content)
        except TypeError:  # 1e308, which PostgreSQL tells as a whole number of 309 digits
            return json.dumps(content, ensure_ascii=False).encode()


class Telling(APIRoute):
    """Tells problems as JSON, whatever the application around it does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own, with what it does not understand told as everywhere."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                # names of our own parameters only: what was sent is not repeated
                names = {str(part["loc"][-1]) for part in error.errors()}
                raise not_understood(names, "cursor_invalid" if names == {"cursor"} else "") from error

        return refusing(answer)


def not_understood(names: Collection[str], code: str = "") -> Invalid:
    """The refusal of a request whose parameters or fields of these names are not as they should be."""
    return Invalid(
        "A value is not understood: {names}.",
        code=code,
        advice="See /api/v1/openapi.json for what is.",
        names=", ".join(sorted(names)),
    )
