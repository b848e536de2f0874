"""`GET /api/v1/...`: the history of runs and events, for machines with a key and for pages with a session.

The answers are the database's own JSON, passed on as it is; who asks, and what of it they may see, the
database decides at each read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from api.machines.event_search import add_event_search
from api.machines.run_schema import PREFIX, REFUSALS, SpanAnswer, TracePage, TracesPage, document
from api.machines.telling import Telling, Told
from data import Door
from errors import Invalid, NotFound
from queries import runs
from queries.runs import AgentEvent, EventPage, Json, Run, RunFilter, RunPage, StatusName

Limit = Annotated[int, Query(ge=1, le=runs.MOST_RUNS)]
EventLimit = Annotated[int, Query(ge=1, le=runs.MOST_EVENTS)]
Seq = Annotated[int, Query(ge=0, le=2**31 - 1, description="The `next_cursor` of the page before.")]
Text = Annotated[str | None, Query(max_length=400)]
Id = Annotated[str, Path(max_length=400)]


class Readers(Protocol):
    """`api.machines.callers.Callers`."""

    async def reader(self, request: Request) -> Door:
        """What the caller may read. Raises `SignInRequired`, `NotAllowed`, `TooMany` or `Unavailable`."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """How a run is written to a file: `write` is given the run and its events, whole and in order."""

    media_type: str
    suffix: str
    write: Callable[[Json, AsyncIterator[Json]], AsyncIterator[bytes]]


def run_routes(
    readers: Readers,
    formats: Mapping[str, ExportFormat],
    more: Callable[[], dict[str, Any]],
) -> APIRouter:
    """The routes, with their OpenAPI document at `/api/v1/openapi.json`.

    `more` gives the `paths` and `schemas` of what is served under this address by other means.
    """
    router = APIRouter(prefix=PREFIX, route_class=Telling, responses=REFUSALS)
    _add_runs(router, readers)
    _add_export(router, readers, formats)
    _add_traces(router, readers)
    add_event_search(router, readers.reader)

    @cache
    def described() -> dict[str, Any]:
        return document(router.routes, more())

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return Told(described())

    return router


def _add_runs(router: APIRouter, readers: Readers) -> None:
    @router.get("/runs", response_model=RunPage, summary="Runs, newest first")
    async def list_runs(
        request: Request,
        *,
        source: Literal["agents", "bot"] = "agents",
        status: StatusName | None = None,
        conversation: Text = None,
        agent: Text = None,
        since: datetime | None = None,
        until: datetime | None = None,
        search: Text = None,
        limit: Limit = 100,
        cursor: Text = None,
    ) -> Response:
        """`source=bot` lists the bot's own runs, which take no filter. Times need a zone."""
        asked = RunFilter(status, conversation, agent, _moment(since), _moment(until), search)
        door = await readers.reader(request)
        if source == "agents":
            return Told(await runs.list_runs(door, asked, limit, cursor))
        if asked != RunFilter():
            raise Invalid("The bot's own runs cannot be filtered.", advice="Leave the filters out.")
        return Told(await runs.list_bot_runs(door, limit, cursor))

    @router.get("/runs/{run_id}", response_model=Run, summary="One run")
    async def one_run(request: Request, run_id: UUID) -> Response:
        return Told(await _run(await readers.reader(request), run_id))

    @router.get("/runs/{run_id}/events", response_model=EventPage, summary="A run's events")
    async def run_events(
        request: Request, run_id: UUID, cursor: Seq = 0, limit: EventLimit = runs.MOST_EVENTS
    ) -> Response:
        """Without their payloads; the events after `seq` = `cursor`."""
        page = await runs.run_events(await readers.reader(request), run_id, cursor, limit)
        return Told(_found(page, "There is no such run."))

    @router.get("/runs/{run_id}/events/{seq}", response_model=AgentEvent, summary="One event, whole")
    async def one_event(
        request: Request, run_id: UUID, seq: Annotated[int, Path(ge=1, le=2**31 - 1)]
    ) -> Response:
        event = await runs.event_detail(await readers.reader(request), run_id, seq)
        return Told(_found(event, "There is no such event."))

    @router.get("/bot-runs/{key}/events", response_model=EventPage, summary="Events of one of the bot's runs")
    async def bot_run_events(
        request: Request,
        key: Annotated[str, Path(max_length=400)],
        cursor: Seq = 0,
        limit: Annotated[int, Query(ge=1, le=runs.MOST_WHOLE_EVENTS)] = runs.MOST_WHOLE_EVENTS,
    ) -> Response:
        """With their payloads. `key` is the `run_id` that `GET /runs?source=bot` tells."""
        page = await runs.bot_run_events(await readers.reader(request), key, cursor, limit)
        return Told(_found(page, "There is no such run."))


def _add_export(router: APIRouter, readers: Readers, formats: Mapping[str, ExportFormat]) -> None:
    @router.get("/runs/{run_id}/export", summary="A run as a file that can be sent in again")
    async def export(
        request: Request, run_id: UUID, file_format: Annotated[str, Query(alias="format")] = "json"
    ) -> Response:
        """Formats: `json` (for `POST /api/v1/events`) and `otlp` (OTLP/JSON, for `POST /v1/traces`)."""
        chosen = formats.get(file_format)
        if chosen is None:
            raise Invalid("There is no such format.", advice="Use one of: {names}.", names=", ".join(formats))
        door = await readers.reader(request)
        run = await _run(door, run_id)
        # before the answer begins: what cannot be read is told with its status
        first = _found(await runs.run_export(door, run_id), "There is no such run.")
        return StreamingResponse(
            chosen.write(run, _whole(door, run_id, first)),
            media_type=chosen.media_type,
            headers={"content-disposition": f'attachment; filename="run-{run_id}.{chosen.suffix}"'},
        )


def _add_traces(router: APIRouter, readers: Readers) -> None:
    @router.get("/spans/{span_id}", response_model=SpanAnswer, summary="One span")
    async def one_span(request: Request, span_id: Id) -> Response:
        events = await runs.step_events(await readers.reader(request), span_id)
        if not events:
            raise NotFound("There is no such span.", advice="Check its id; it may not have come yet.")
        return Told({"span_id": span_id, "events": events})

    @router.get("/traces", response_model=TracesPage, summary="The newest traces")
    async def list_traces(request: Request, limit: Limit = 100, cursor: Text = None) -> Response:
        page = await runs.list_runs(await readers.reader(request), RunFilter(), limit, cursor)
        return Told({"traces": page["runs"], "next_cursor": page.get("next_cursor")})

    @router.get("/traces/{trace_id}", response_model=TracePage, summary="A trace's events")
    async def one_trace(
        request: Request, trace_id: Id, cursor: Text = None, limit: EventLimit = runs.MOST_EVENTS
    ) -> Response:
        """Without their payloads. An empty cursor begins at the beginning."""
        after = _seq(cursor)
        page = _found(
            await runs.trace_events(await readers.reader(request), trace_id, after, limit),
            "There is no such trace.",
        )
        answer = {"spans": page["events"]}
        if page.get("next_cursor") is not None:
            answer["next_cursor"] = str(page["next_cursor"])
        return Told(answer)


async def _run(door: Door, run_id: UUID) -> Json:
    return _found(await runs.run(door, run_id), "There is no such run.")


def _found(answer: Json | None, otherwise: str) -> Json:
    if answer is None:
        raise NotFound(otherwise, advice="Check its id; it may be over its time, or another salon's.")
    return answer


async def _whole(door: Door, run_id: UUID, first: Json) -> AsyncIterator[Json]:
    page: Json | None = first
    while page is not None:
        for event in page["events"]:
            yield event
        after = page.get("next_cursor")
        page = (
            None
            if after is None
            else _found(await runs.run_export(door, run_id, after), "The run is over its time.")
        )


def _seq(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise Invalid(
            "This cursor is none that was told here.", code="cursor_invalid", advice="Begin without a cursor."
        )
    return int(cursor)


def _moment(told: datetime | None) -> datetime | None:
    if told is not None and told.tzinfo is None:
        raise Invalid("A time needs a zone.", code="time_invalid", advice="Write it as 2026-03-01T12:00:00Z.")
    return told
