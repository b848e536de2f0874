"""Reading requests: whatever is not understood is an `AuthError` that says so."""

import json
import re
from typing import Any
from uuid import UUID

from starlette.requests import Request

from local_supabase.gotrue.errors import AuthError

LARGEST_BODY = 65_536  # bytes
_NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")  # the escape, not a backslash followed by u0000


async def json_body(request: Request) -> dict[str, Any]:
    """The body as a JSON object."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_BODY:
            raise AuthError(413, "bad_json", f"The request body is larger than {LARGEST_BODY} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON") from None
    if not isinstance(body, dict):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON: an object is expected")
    return body


def text_of(body: dict[str, Any], name: str) -> str:
    """A field of text that the database can hold; "" when it is missing or null."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AuthError(400, "bad_json", f"Could not parse request body as JSON: {name} is not a text")
    # PostgreSQL holds neither NUL nor half a surrogate pair.
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise AuthError(400, "validation_failed", f"{name} holds characters that cannot be stored")
    return value


def object_of(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    """A field that is an object, or None."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise AuthError(400, "bad_json", f"Could not parse request body as JSON: {name} is not an object")
    if value is not None and not _fits_jsonb(value):
        raise AuthError(400, "validation_failed", f"{name} holds characters that cannot be stored")
    return value


def _fits_jsonb(value: object) -> bool:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:  # NaN and infinities, halves of surrogate pairs
        return False
    return not _NUL.search(text)


def refuse_unknown(body: dict[str, Any], known: set[str]) -> None:
    """Raise for a field with a meaning that is not implemented here; null fields mean nothing."""
    unknown = sorted(name for name, value in body.items() if value is not None and name not in known)
    if unknown:
        message = f"{', '.join(unknown)[:100]} cannot be set in the embedded Supabase"
        raise AuthError(501, "not_implemented", message)


def claimed_uuid(value: object, message: str) -> UUID:
    """A claim that has to be a UUID, else the token is bad for the reason `message`."""
    try:
        return UUID(str(value))
    except ValueError:
        raise AuthError(403, "bad_jwt", message) from None
