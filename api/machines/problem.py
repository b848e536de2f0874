"""Refusals as machines read them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from errors import AppError, TooMany, Unavailable, Unexpected

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2
"""What is said to whoever meets an outage."""

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


def problem_response(problem: AppError, **more: object) -> JSONResponse:
    """`{"code", "message", "advice"}` with the problem's status, and when to come again where that is
    known. `more` is told beside it."""
    headers = {}
    if isinstance(problem, TooMany):
        headers["Retry-After"] = str(problem.retry_after)
    elif isinstance(problem, Unavailable):
        headers["Retry-After"] = str(RETRY_SECONDS)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    told = {
        "code": problem.code,
        "message": problem.message.format(**problem.params),
        "advice": problem.advice.format(**problem.params),
    }
    return JSONResponse(told | more, problem.status, headers)


def refusing(answer: Answer) -> Answer:
    """The same answer, with problems told in JSON; a defect is logged under the number that is told."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except AppError as problem:
            return problem_response(problem)
        except Exception:
            defect = Unexpected()
            extra = {"error_id": defect.error_id}
            logger.exception("Error %s: a machine's request failed", defect.error_id, extra=extra)
            return problem_response(defect)

    return answered
