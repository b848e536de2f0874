"""Everything that machines call: what agents tell comes in here, and what is known of it goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.routing import BaseRoute

from api.machines.callers import Callers
from api.machines.commands import command_routes
from api.machines.commands import described as commands_described
from api.machines.intake_routes import IntakeRoutes, events_described
from api.machines.listeners import Listeners
from api.machines.operators import Operators
from api.machines.runs import ExportFormat, run_routes
from api.machines.stream import EventStream
from auth import Auth
from config import Settings
from control.hints import Hints
from data import Supabase
from identity.tokens import TokenMinter
from ingest.intake import Intake
from ingest.keys import Keys
from ingest.quotas import Quotas
from ingest.stream_hub import StreamHub
from observability.metrics import CommandMetrics
from queries.runs import Json
from telemetry import export_json, export_otlp
from telemetry.events import Event
from telemetry.stored_event import event_of

EVENTS_AT_ONCE = 100
"""Of an export: what is in memory as events."""


class Machines:
    """The machines' side of one panel: its intake, its stream and their routes."""

    def __init__(
        self, settings: Settings, supabase: Supabase, minter: TokenMinter, auth: Auth, metrics: CommandMetrics
    ) -> None:
        self.keys = Keys(supabase, minter)
        self._auth = auth
        self._metrics = metrics
        self._hub = StreamHub()
        self.hints = Hints()
        quotas = Quotas(settings.ingest_requests_per_minute, settings.ingest_events_per_minute)
        self.intake = Intake(quotas, self._hub.ring, workers=settings.ingest_workers)

    def routes(self) -> Sequence[BaseRoute]:
        """To be mounted at the root of the application, behind the gate."""
        callers = Callers(self.keys, self._auth.door)
        listeners = Listeners(self.keys, self._auth.origins, self._auth.door)
        formats = {
            "json": ExportFormat(export_json.CONTENT_TYPE, "json", _written_by(export_json.document)),
            "otlp": ExportFormat(export_otlp.CONTENT_TYPE, "otlp.json", _written_by(export_otlp.document)),
        }
        operators = Operators(callers, self._auth.origins)
        steering = command_routes(callers, operators, self.hints, self._metrics)

        def more() -> dict[str, Any]:
            events, commands = events_described(), commands_described(steering)
            return {part: events[part] | commands[part] for part in ("paths", "schemas")}

        return [
            *IntakeRoutes(callers, self.intake).routes(),
            *run_routes(callers, formats, more).routes,
            *steering.routes,
            EventStream(self._hub, listeners).route(),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, all of it may be used."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.intake.running())
            await stack.enter_async_context(self._hub.running())
            yield


Document = Callable[[AsyncIterator[Iterable[Event]]], AsyncIterator[bytes]]


def _written_by(document: Document) -> Callable[[Json, AsyncIterator[Json]], AsyncIterator[bytes]]:
    def write(run: Json, rows: AsyncIterator[Json]) -> AsyncIterator[bytes]:
        return document(_in_pages(rows, run.get("conversation_id")))

    return write


async def _in_pages(
    rows: AsyncIterator[dict[str, Any]], conversation_id: str | None
) -> AsyncIterator[list[Event]]:
    page: list[Event] = []
    async for row in rows:
        page.append(event_of(row, conversation_id))
        if len(page) == EVENTS_AT_ONCE:
            yield page
            page = []
    yield page
