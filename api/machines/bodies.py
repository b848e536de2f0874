"""Small JSON documents that are sent to the routes: read no further than they may be long."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from errors import Invalid, TooLarge

MOST_BYTES = 65_536

M = TypeVar("M", bound=BaseModel)


async def sent(request: Request, model: type[M]) -> M:
    """What a request brings. Raises `TooLarge`, and `Invalid` with the names of the fields that are wrong."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise TooLarge(
                    "This is too large: at most {most} KB are taken here.",
                    advice="Send less.",
                    most=MOST_BYTES // 1024,
                )
    except ClientDisconnect:
        raise Invalid("The request broke off.", advice="Send it again.") from None
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        known = [str(part["loc"][0]) for part in error.errors(include_input=False) if part["loc"]]
        raise Invalid(
            "A value is not understood: {names}.",
            advice="See /api/v1/openapi.json for what is.",
            names=", ".join(sorted(set(known))) or "body",
        ) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The same for the OpenAPI document of a route (`openapi_extra`)."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
