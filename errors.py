"""Errors that the panel expects: each has a status, a stable code and a word on what to do next.

Messages are English message ids (see `i18n`), with their parameters beside them, so that a page can show
them in the reader's language. An error that is not one of these is a defect: it is logged with an id
and shown as `Unexpected`.
"""

from __future__ import annotations

import uuid
from typing import ClassVar


class AppError(Exception):
    """An expected refusal or failure.

    `code` is stable and meant for programs, `message` and `advice` are message ids meant for people;
    `params` fills their placeholders.
    """

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str = "", advice: str = "", **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.advice = advice
        self.params = params


class Invalid(AppError):
    """What was sent does not make sense, and sending it again will not help."""

    status = 422
    default_code = "invalid"


class SignInRequired(AppError):
    """Nobody is signed in, or the session has ended."""

    status = 401
    default_code = "sign_in_required"


class NotAllowed(AppError):
    """The person is known, and may not do this."""

    status = 403
    default_code = "not_allowed"


class NotFound(AppError):
    """There is no such thing, or none that this person may know of."""

    status = 404
    default_code = "not_found"


class Conflict(AppError):
    """Somebody else was first, or the same request came with other content."""

    status = 409
    default_code = "conflict"


class TooLarge(AppError):
    """More was sent than is accepted."""

    status = 413
    default_code = "too_large"


class TooMany(AppError):
    """Tried too often; `retry_after` is in whole seconds."""

    status = 429
    default_code = "too_many"

    def __init__(self, message: str, *, retry_after: int, advice: str = "", **params: object) -> None:
        super().__init__(message, code="", advice=advice, retry_after=retry_after, **params)
        self.retry_after = retry_after


class Unavailable(AppError):
    """Something that the panel depends on does not answer; the same call may work later."""

    status = 503
    default_code = "unavailable"


class NoRoom(Unavailable):
    """What is to be saved has no place; reading goes on. Whoever runs the disk has to make room first."""

    default_code = "no_room"


class NotReady(Unavailable):
    """Whoever runs the panel has to put something right first; the advice says what."""

    default_code = "not_ready"


class Unexpected(AppError):
    """A defect. The log holds the details under `error_id`; the person is shown only the id."""

    status = 500
    default_code = "unexpected"

    def __init__(self) -> None:
        self.error_id = uuid.uuid4().hex[:12]
        super().__init__(
            "Something went wrong on our side.",
            advice="Try again; if it happens again, report the number {error_id}.",
            error_id=self.error_id,
        )
