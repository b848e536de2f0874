"""What is sent to the routes: read no further than it may be long."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from api.machines.telling import not_understood
from errors import Invalid, TooLarge

MOST_BYTES = 65_536
"""Of a small JSON document."""

M = TypeVar("M", bound=BaseModel)


async def read(request: Request, most: int) -> bytes:
    """The body, read no further than `most` bytes. Raises `TooLarge`, and `Invalid` if it breaks off."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:12]) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
    except ClientDisconnect:
        raise Invalid("The request broke off.", advice="Send it again.") from None
    return b"".join(parts)


async def sent(request: Request, model: type[M]) -> M:
    """What a request brings. Raises `TooLarge`, and `Invalid` with the names of the fields that are wrong."""
    try:
        return model.model_validate_json(await read(request, MOST_BYTES))
    except ValidationError as error:
        names = {str(part["loc"][0]) for part in error.errors(include_input=False) if part["loc"]}
        raise not_understood(names or {"body"}) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The same for the OpenAPI document of a route (`openapi_extra`)."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _too_large(most: int) -> TooLarge:
    unit, size = ("MB", most >> 20) if most >= 1 << 20 else ("KB", most >> 10)
    return TooLarge(
        "This is too large: at most {most} {unit} are taken at once.",
        advice="Send less at a time.",
        most=size,
        unit=unit,
    )
