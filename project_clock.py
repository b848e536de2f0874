"""The clock that tokens are made by: the project's, as far as this machine's own does not do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

logger = logging.getLogger(__name__)

TOLERANCE_SECONDS = 5.0
"""PostgREST forgives 30 s, and `Date` (RFC 9110, 6.6.1) is of whole seconds and under way for some time."""


class ProjectClock:
    """Seconds since 1970 by the wall clock of the start, carried on by one that never jumps.

    An answer that refuses a token brings the time of the project with it. If the two differ, the token may
    have been refused for that, and from then on the project's time counts. Other answers are not looked at:
    on the way stand caches and proxies with clocks of their own, and what is accepted needs no putting right.
    """

    def __init__(
        self,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._started_at = wall_clock() - monotonic()
        self.corrections = 0
        """How often it was put right: what was refused before the last time may be accepted now."""

    def __call__(self) -> float:
        """The time of the project."""
        return self._started_at + self._monotonic()

    def now(self) -> datetime:
        """The same, aware."""
        return datetime.fromtimestamp(self(), UTC)

    async def heed(self, response: httpx.Response) -> None:
        """Look at an answer (an httpx response hook)."""
        if response.status_code != HTTPStatus.UNAUTHORIZED or "date" not in response.headers:
            return
        try:
            theirs = parsedate_to_datetime(response.headers["date"]).timestamp()
        except ValueError:
            return  # no date, so nothing to learn from it
        ahead = theirs - self()
        if abs(ahead) > TOLERANCE_SECONDS:
            self._started_at += ahead
            self.corrections += 1
            logger.warning(
                "The project's clock is %+.0f s from ours: tokens are made by the project's", ahead
            )
