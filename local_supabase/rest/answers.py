"""What goes back: status, headers and body, and what the database may override of them."""

import json
from dataclasses import dataclass, field
from urllib.parse import quote

import asyncpg

from local_supabase.rest.errors import Headers, RestError, past_the_end, single_object_refused
from local_supabase.rest.media import SINGULAR, MediaType


@dataclass(slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


def error_answer(error: RestError) -> Answer:
    """The answer that tells of a refusal."""
    headers = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Proxy-Status", f"PostgREST; error={error.code}"),
    ]
    return overridden(Answer(error.status, headers, error.body()), error.headers)


def content_range(first: int, last: int, total: int | None) -> tuple[str, str]:
    """The Content-Range header over rows; `*` where there are none, or nobody counted."""
    rows = "*" if total == 0 or first > last else f"{first}-{last}"
    return ("Content-Range", f"{rows}/{'*' if total is None else total}")


def range_status(offset: int, rows: int, total: int | None) -> int:
    """200 for everything, 206 for a part; raises RestError (416) for an offset past the end."""
    if total is None:
        return 200
    if offset > total:
        raise past_the_end(offset, total)
    return 206 if rows < total else 200


def require_single(media_type: MediaType, rows: int) -> None:
    """Raise RestError (406) if one object is wanted and there is not exactly one."""
    if media_type.name == SINGULAR and rows != 1:
        raise single_object_refused(rows)


def body_bytes(text: str | None, *, in_hexadecimal: bool) -> bytes:
    """The body that a statement answered; empty for null."""
    return bytes.fromhex(text or "") if in_hexadecimal else (text or "").encode()


def location(table: str, primary_key: str) -> tuple[str, str]:
    """The Location header of a created row, from its primary key as a JSON object of texts."""
    pairs = json.loads(primary_key)
    conditions = (
        f"{quote(name, safe='')}={quote('is.null' if value is None else f'eq.{value}', safe='')}"
        for name, value in pairs.items()
    )
    return ("Location", f"/{quote(table, safe='')}?{'&'.join(conditions)}")


def with_overrides(answer: Answer, row: asyncpg.Record) -> Answer:
    """Apply the settings response.status and response.headers that the transaction left; raises RestError."""
    status, headers = row["response_status"], row["response_headers"]
    if status is not None:
        if not (status.isdecimal() and 100 <= int(status) <= 599):
            raise RestError(500, "PGRST112", "response.status guc must be a valid status code")
        answer.status = int(status)
    return answer if headers is None else overridden(answer, _headers(headers))


def overridden(answer: Answer, headers: Headers) -> Answer:
    """Put headers in place of those of the same names."""
    names = {name.lower() for name, _ in headers}
    answer.headers = [pair for pair in answer.headers if pair[0].lower() not in names] + headers
    return answer


def _headers(text: str) -> Headers:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    found = value if isinstance(value, list) else [None]
    if any(
        not isinstance(one, dict) or len(one) != 1 or not isinstance(next(iter(one.values())), str)
        for one in found
    ):
        raise RestError(
            500,
            "PGRST111",
            "response.headers guc must be a JSON array composed of objects "
            "with a single key and a string value",
        )
    return [pair for one in found if one is not None for pair in one.items()]
