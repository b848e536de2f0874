"""What a refusal of the database, or a strange answer in its place, means here.

Codes are SQLSTATEs, PostgREST's own `PGRST…` (docs.postgrest.org, errors), or the HTTP status of an answer
that was no PostgREST's at all: a proxy's, or that of whatever else listens at SUPABASE_URL.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import httpx
from postgrest.exceptions import APIError

from errors import (
    AppError,
    Conflict,
    Invalid,
    NoRoom,
    NotAllowed,
    NotFound,
    NotReady,
    SignInRequired,
    Unavailable,
    Unexpected,
)

logger = logging.getLogger(__name__)


def database_away() -> Unavailable:
    """Nobody answers, or not yet."""
    return Unavailable(
        "The database does not answer.", advice="It is tried again by itself; nothing is lost."
    )


def may_pass(problem: Unavailable) -> bool:
    """Whether the same read may work in a moment. A slow database would only get slower by it."""
    return problem.code == Unavailable.default_code


def _not_allowed() -> NotAllowed:
    return NotAllowed("You may not do this.", advice="Ask an owner of the salon for the right to.")


def _too_slow() -> Unavailable:
    return Unavailable(
        "The database took too long.", code="too_slow", advice="Choose a shorter period, or try again."
    )


def _database_full() -> NoRoom:
    return NoRoom(
        "The database has no room left: nothing can be saved.",
        code="database_full",
        advice="Whoever runs the database has to give it more disk space. "
        "What is there can be read meanwhile.",
    )


def _read_only() -> NoRoom:
    return NoRoom(
        "The database can only be read: nothing can be saved.",
        code="database_read_only",
        advice="Whoever runs the database: Supabase does this when its disk is nearly full. "
        "Give it more space.",
    )


def _no_memory() -> Unavailable:
    return Unavailable(
        "The database has no memory left for this.",
        code="database_memory",
        advice="Choose a shorter period, or try again.",
    )


def _no_connection_free() -> Unavailable:
    return Unavailable(
        "The database has no connection free.", advice="It is tried again by itself; nothing is lost."
    )


def _schema_not_exposed() -> NotReady:
    return NotReady(
        "Supabase does not serve the schema “dashboard”.",
        code="schema_not_exposed",
        advice="Add “dashboard” to the exposed schemas: Project settings, Data API; self-hosted: "
        "PGRST_DB_SCHEMAS.",
    )


def _not_migrated() -> NotReady:
    return NotReady(
        "The database is not ready for this version of the panel.",
        code="not_migrated",
        advice="Apply the migrations: python -m migrate, or make migrate.",
    )


def _token_not_trusted() -> NotReady:
    return NotReady(
        "Supabase does not trust what the panel signs.",
        code="token_not_trusted",
        advice="Set SUPABASE_JWT_SECRET or SUPABASE_JWT_KEY to a key of this very project.",
    )


def _key_refused() -> NotReady:
    return NotReady(
        "Supabase does not accept the panel's API key.",
        code="key_refused",
        advice="Set SUPABASE_KEY to the publishable (anon) key of this very project.",
    )


def not_supabase() -> NotReady:
    """Something answers, but nothing that speaks PostgREST's protocol."""
    return NotReady(
        "What answers at SUPABASE_URL is no Supabase.",
        code="not_supabase",
        advice="Set SUPABASE_URL to the project's address, such as https://abc.supabase.co.",
    )


_MEANINGS: tuple[tuple[tuple[str, ...], Callable[[], AppError]], ...] = (
    (("42501",), _not_allowed),
    (("PGRST301", "PGRST300", "PGRST302"), _token_not_trusted),
    (("PGRST303",), lambda: SignInRequired("Your session has ended.", advice="Sign in again.")),
    (("PGRST106",), _schema_not_exposed),
    (("PGRST202", "PGRST205", "42P01", "42883", "3F000"), _not_migrated),
    (("57014",), _too_slow),
    (("53100",), _database_full),
    (("25006",), _read_only),
    (("53200",), _no_memory),
    (("53300", "PGRST003"), _no_connection_free),
    (("PGRST00", "08", "53", "57P"), database_away),
    (
        ("22", "23502", "23514"),
        lambda: Invalid("The database does not accept this value.", advice="Check what you entered."),
    ),
    (
        ("23",),
        lambda: Conflict("This is already there, or in use.", advice="Reload the page and look again."),
    ),
)
"""What codes with these beginnings mean; the first that fits counts."""

_RAISED_BY_US: Mapping[str, type[SignInRequired | NotAllowed | NotFound | Conflict | Invalid]] = {
    "PT401": SignInRequired,
    "PT403": NotAllowed,
    "PT404": NotFound,
    "PT409": Conflict,
    "PT422": Invalid,
}

_BODILESS: Mapping[int, Callable[[], AppError]] = {401: _token_not_trusted, 403: _not_allowed}


def application_error(error: APIError) -> AppError:
    """What a refusal by the database means here.

    Our functions raise `PT<status>` with a stable code as message, a sentence as details and the next step as
    hint.
    """
    code = error.code or ""
    if code in _RAISED_BY_US:
        sentence = str(error.details or error.message)
        return _RAISED_BY_US[code](sentence, code=str(error.message), advice=str(error.hint or ""))
    meaning = _meaning(code, str(error.message or ""), has_body=bool(error.details))
    if meaning is None:
        problem = Unexpected()
        logger.error(
            "Error %s: the database said %s: %s",
            problem.error_id,
            code,
            error.message,
            extra={"error_id": problem.error_id},
        )
        return problem
    return noted(meaning())


def noted(problem: AppError) -> AppError:
    """The same; one that only the operator can put right is in the log then, with what to do."""
    if isinstance(problem, NotReady):
        logger.error("%s %s", problem.message, problem.advice)
    return problem


async def check_is_postgrest(response: httpx.Response) -> None:
    """Raise `NotReady` for a good answer that PostgREST cannot have given (an httpx response hook).

    Any web page is a string to a client that expects JSON, and would pass for a value.
    """
    if response.is_success and "/rest/v1/" in response.request.url.path:
        kind = response.headers.get("content-type", "application/json")
        if "json" not in kind:
            raise noted(not_supabase())


def _meaning(code: str, message: str, *, has_body: bool) -> Callable[[], AppError] | None:
    # Until version 13 a token of another time and one of a foreign key had the same code.
    if code == "PGRST301" and ("expired" in message or "future" in message):
        code = "PGRST303"
    if len(code) == 3 and code.isdecimal():
        return _meaning_of_status(int(code), has_body=has_body)
    if not code:
        return _key_refused if "api key" in message.lower() else not_supabase
    return next((meaning for beginnings, meaning in _MEANINGS if code.startswith(beginnings)), None)


def _meaning_of_status(status: int, *, has_body: bool) -> Callable[[], AppError] | None:
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        return database_away  # a gateway's own page, or that of a project that is paused
    if not has_body:
        # A HEAD is refused without a code: PostgREST's own statuses are all that there is.
        return _BODILESS.get(status)
    return _key_refused if status == httpx.codes.UNAUTHORIZED else not_supabase
