"""The refusals of the server, in PostgREST's shape: status, code, message, details and hint.

Codes and wording are those of PostgREST 14, since clients branch on them.
"""

import json
from collections.abc import Sequence
from typing import Any

import asyncpg

Headers = list[tuple[str, str]]


class RestError(Exception):
    """A refusal that is sent as it is; `headers` are added to the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: str | None = None,
        hint: str | None = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
    ):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint
        self.headers = list(headers)

    def body(self) -> bytes:
        """The JSON body of the answer."""
        return json.dumps(
            {"code": self.code, "details": self.details, "hint": self.hint, "message": self.message},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "backslashreplace")


def bad_query(what: str, text: str, column: int, details: str) -> RestError:
    """A part of the query string that does not parse."""
    return RestError(400, "PGRST100", f'"failed to parse {what} ({text})" (line 1, column {column})', details)


def bad_request_text(details: str) -> RestError:
    """A path or query string that is not text PostgreSQL could take."""
    return RestError(400, "PGRST100", "Invalid text in the request URL", details)


def bad_body(message: str) -> RestError:
    """A body that cannot be read."""
    return RestError(400, "PGRST102", message)


def body_too_large(limit: int) -> RestError:
    """A body above the limit, in bytes."""
    return RestError(413, "PGRST102", "Request body too large", f"At most {limit} bytes are accepted")


def bad_range(details: str) -> RestError:
    """A range that no answer could satisfy."""
    return RestError(416, "PGRST103", "Requested range not satisfiable", details)


def past_the_end(offset: int, total: int) -> RestError:
    """An offset beyond the last row."""
    error = bad_range(f"An offset of {offset} was requested, but there are only {total} rows.")
    error.headers = [("Content-Range", f"*/{total}")]
    return error


def unknown_schema(name: str, exposed: Sequence[str]) -> RestError:
    """A profile that is not exposed."""
    hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
    return RestError(406, "PGRST106", f"Invalid schema: {name}", None, hint)


def no_media_type(asked: Sequence[str]) -> RestError:
    """An Accept header that names nothing on offer."""
    return RestError(406, "PGRST107", f"None of these media types are available: {', '.join(asked)}")


def not_embedded(relation: str) -> RestError:
    """A filter, order or range on a relation that the request does not embed."""
    return RestError(
        400,
        "PGRST108",
        f"'{relation}' is not an embedded resource in this request",
        None,
        f"Verify that '{relation}' is included in the 'select' query parameter.",
    )


def embedding_refused(parent: str, child: str, schema: str) -> RestError:
    """Resource embedding, which this server does not do."""
    return RestError(
        400,
        "PGRST200",
        f"Could not find a relationship between '{parent}' and '{child}' in the schema cache",
        f"Searched for a foreign key relationship between '{parent}' and '{child}' in the schema '{schema}', "
        "but no matches were found.",
        "Resource embedding is not supported by this server: "
        "read the related rows in a request of their own.",
    )


def single_object_refused(rows: int) -> RestError:
    """One object was asked for, and there are none or several."""
    return RestError(
        406,
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        f"The result contains {rows} rows",
    )


def too_many_affected(rows: int) -> RestError:
    """More rows than the max-affected preference allows."""
    return RestError(
        400,
        "PGRST124",
        "Query result exceeds max-affected preference constraint",
        f"The query affects {rows} rows",
    )


def unknown_column(table: str, column: str) -> RestError:
    """A column that a body or `columns=` names and the table has not."""
    return RestError(
        400, "PGRST204", f"Could not find the '{column}' column of '{table}' in the schema cache"
    )


INVALID_PATH = ("PGRST125", "Invalid path specified in request URL")


def invalid_path() -> RestError:
    """A path with more parts than a table or a function has."""
    return RestError(404, *INVALID_PATH)


def root_disabled() -> RestError:
    """The root, where the server is told not to describe itself."""
    return RestError(404, "PGRST126", "Root endpoint metadata is disabled")


def unsupported_method(method: str) -> RestError:
    """A method that tables do not answer."""
    return RestError(405, "PGRST117", f"Unsupported HTTP method: {method}")


def invalid_function_method(method: str) -> RestError:
    """A method that functions do not answer."""
    return RestError(405, "PGRST101", f"Cannot use the {method} method on RPC")


def connection_lost(details: str) -> RestError:
    """PostgreSQL is not there; the client may try again."""
    return RestError(
        503,
        "PGRST001",
        "Database client error. Retrying the connection.",
        details,
        headers=[("Retry-After", "1")],
    )


def pool_exhausted() -> RestError:
    """Every connection stayed busy for as long as a request waits for one."""
    return RestError(504, "PGRST003", "Timed out acquiring connection from connection pool.")


def unknown_table(schema: str, name: str, meant: str | None) -> RestError:
    """A table that is not exposed."""
    hint = f"Perhaps you meant the table '{schema}.{meant}'" if meant else None
    return RestError(
        404, "PGRST205", f"Could not find the table '{schema}.{name}' in the schema cache", None, hint
    )


def schema_not_loaded() -> RestError:
    """The server does not know the database yet."""
    return RestError(
        503,
        "PGRST002",
        "Could not query the database for the schema cache. Retrying.",
        headers=[("Retry-After", "1")],
    )


EXACT_STATUS = {
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "53400": 500,
    "57P01": 503,
    "P0001": 400,
}
CLASS_STATUS = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "25": 500,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "53": 503,
    "54": 500,
    "55": 500,
    "57": 500,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0": 500,
    "XX": 500,
}


def from_postgres(error: asyncpg.PostgresError, *, signed_in: bool) -> RestError:
    """What a PostgreSQL error means to the client; a missing right asks the anonymous to sign in."""
    state: str = getattr(error, "sqlstate", None) or "XX000"
    fields: dict[str, str | None] = {
        name: getattr(error, name, None) for name in ("message", "detail", "hint")
    }
    message, detail, hint = fields["message"] or str(error), fields["detail"], fields["hint"]
    if state == "PGRST":
        return _raised(message, detail)
    status = _status(state, message, signed_in=signed_in)
    headers = [("WWW-Authenticate", "Bearer")] if status == 401 else []
    return RestError(status, state, message, detail, hint, headers=headers)


def _status(state: str, message: str, *, signed_in: bool) -> int:
    if state == "42501":
        return 403 if signed_in else 401
    if state == "21000":
        return 400 if message.endswith("requires a WHERE clause") else 500
    if state == "22023":
        return 401 if message.startswith("role") and message.endswith("does not exist") else 400
    if state == "42883" and message.startswith("function xmlagg("):
        return 406
    if state.startswith("PT"):
        asked = state.removeprefix("PT")
        return int(asked) if asked.isdecimal() and 100 <= int(asked) <= 599 else 500
    return EXACT_STATUS.get(state) or CLASS_STATUS.get(state[:2], 400)


def _raised(message: str, detail: str | None) -> RestError:
    """The answer that `RAISE SQLSTATE 'PGRST'` describes: body in MESSAGE, status and headers in DETAIL."""
    body = _object(message)
    if body is None or not isinstance(body.get("code"), str) or not isinstance(body.get("message"), str):
        return _unreadable(f"Invalid JSON value for MESSAGE: '{message}'", of_message=True)
    if detail is None:
        return _unreadable("DETAIL is missing in the RAISE statement", of_message=False)
    control = _object(detail)
    status = control.get("status") if control else None
    headers = control.get("headers") if control else None
    if not isinstance(status, int) or isinstance(status, bool) or not isinstance(headers, dict):
        return _unreadable(f"Invalid JSON value for DETAIL: '{detail}'", of_message=False)
    return RestError(
        status,
        body["code"],
        body["message"],
        body.get("details"),
        body.get("hint"),
        headers=[(str(name), str(value)) for name, value in headers.items()],
    )


def _unreadable(details: str, *, of_message: bool) -> RestError:
    hint = (
        "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' "
        "and optional keys: 'details', 'hint'."
        if of_message
        else "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' "
        "and optional key: 'status_text'."
    )
    return RestError(
        500, "PGRST121", "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error", details, hint
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
