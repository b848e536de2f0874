"""Cross-origin requests (the Fetch standard's CORS protocol): the preflight, and the headers of answers."""

from collections.abc import Mapping

from local_supabase.rest.answers import Answer
from local_supabase.rest.errors import Headers

METHODS = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
EXPOSED = (
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, "
    "Transfer-Encoding, Range-Unit"
)
MAX_AGE_SECONDS = "86400"


def preflight(method: str, headers: Mapping[str, str], allowed: tuple[str, ...]) -> Answer | None:
    """The answer to a preflight; None where the request is not one."""
    if method != "OPTIONS" or "origin" not in headers or "access-control-request-method" not in headers:
        return None
    asked = [one.strip() for one in headers.get("access-control-request-headers", "").split(",")]
    names = ["Authorization", *(one for one in asked if one), "Accept", "Accept-Language", "Content-Language"]
    return Answer(
        200,
        [
            *_origin(headers["origin"], allowed),
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", ", ".join(names)),
            ("Access-Control-Max-Age", MAX_AGE_SECONDS),
        ],
    )


def cors_headers(headers: Mapping[str, str], allowed: tuple[str, ...]) -> Headers:
    """The headers that let a page of another origin read the answer."""
    if "origin" not in headers:
        return []
    granted = _origin(headers["origin"], allowed)
    return [*granted, ("Access-Control-Expose-Headers", EXPOSED)] if granted else []


def _origin(origin: str, allowed: tuple[str, ...]) -> Headers:
    if not allowed:
        return [("Access-Control-Allow-Origin", "*")]
    if origin not in allowed:
        return []
    return [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
