"""Auth's refusals, in the two JSON shapes that its API versions have."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

VERSION_HEADER = "X-Supabase-Api-Version"
CODES_VERSION = "2024-01-01"  # from this version on, `code` is the error code and `message` the text


class AuthError(Exception):
    """A refusal with Auth's status, error code and message; `extra` joins the JSON body."""

    def __init__(self, status: int, code: str, message: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra or {}


def error_response(request: Request, error: AuthError) -> JSONResponse:
    """The refusal in the shape of the API version that the client asked for."""
    # Versions are ISO dates, which compare as text.
    if request.headers.get(VERSION_HEADER, "") >= CODES_VERSION:
        body = {"code": error.code, "message": error.message, **error.extra}
        return JSONResponse(
            body, error.status, {VERSION_HEADER: CODES_VERSION, "x-sb-error-code": error.code}
        )
    body = {"code": error.status, "error_code": error.code, "msg": error.message, **error.extra}
    return JSONResponse(body, error.status, {"x-sb-error-code": error.code})
