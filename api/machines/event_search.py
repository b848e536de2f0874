"""`GET /api/v1/events/search`: the events of all runs that hold some words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.machines.telling import Told
from data import Door
from queries import event_search
from queries.event_search import HitPage
from queries.runs import StatusName

Words = Annotated[
    str, Query(max_length=event_search.MOST_CHARACTERS, description="Words, each the beginning of one.")
]
Limit = Annotated[int, Query(ge=1, le=event_search.MOST_HITS)]
Cursor = Annotated[str | None, Query(max_length=100)]


def add_event_search(router: APIRouter, reader: Callable[[Request], Awaitable[Door]]) -> None:
    """Add the route. `reader` gives what the caller may read, as `Callers.reader`."""

    @router.get("/events/search", response_model=HitPage, summary="Events of all runs that hold some words")
    async def search_events(
        request: Request, q: Words, status: StatusName | None = None, limit: Limit = 50, cursor: Cursor = None
    ) -> Response:
        """All have to be in one event: in its names, its texts or its payload. `status` is that of runs."""
        found = await event_search.search_events(await reader(request), q, limit, cursor, status)
        return Told(found)
