"""`POST /v1/traces`, `/v1/logs` (OTLP/HTTP) and `/api/v1/events`: what agents tell comes in.

The protocol of the first two is https://opentelemetry.io/docs/specs/otlp/#otlphttp. All of them answer when
what they were sent is committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.machines import bodies
from api.machines.callers import Callers
from api.machines.problem import Answer, refusing
from ingest.intake import Accepted, Intake
from ingest.keys import KeyClaims
from ingest.quotas import MOST_BODY
from telemetry.event_sent import MAX_EVENTS, EventSent

REJECTED = "Records without a valid trace id or span id were left out."

Records = Literal["Spans", "LogRecords"]
TakeExport = Callable[[KeyClaims, bytes, str, str], Awaitable[Accepted]]


class IntakeRoutes:
    """The ways in of one process."""

    def __init__(self, callers: Callers, intake: Intake) -> None:
        self._callers = callers
        self._intake = intake

    def routes(self) -> list[Route]:
        """To be mounted at the root of the application."""
        ways: tuple[tuple[str, Answer], ...] = (
            ("/v1/traces", self._traces),
            ("/v1/logs", self._logs),
            ("/api/v1/events", self._events),
        )
        return [Route(path, refusing(answer), methods=["POST"]) for path, answer in ways]

    async def _traces(self, request: Request) -> Response:
        return await self._otlp(request, self._intake.otlp_traces, "Spans")

    async def _logs(self, request: Request) -> Response:
        return await self._otlp(request, self._intake.otlp_logs, "LogRecords")

    async def _otlp(self, request: Request, take: TakeExport, records: Records) -> Response:
        claims = await self._callers.key(request, "ingest")
        content_type = request.headers.get("content-type", "")
        body = await bodies.read(request, MOST_BODY)
        accepted = await take(claims, body, content_type, request.headers.get("content-encoding", ""))
        if "json" not in content_type:  # the answer is in the encoding of the request, as the protocol asks
            told = _partial_success(records, accepted.rejected) if accepted.rejected else b""
            return Response(told, media_type="application/x-protobuf")
        partial = {f"rejected{records}": str(accepted.rejected), "errorMessage": REJECTED}
        return JSONResponse({"partialSuccess": partial} if accepted.rejected else {})

    async def _events(self, request: Request) -> Response:
        claims = await self._callers.key(request, "ingest")
        accepted = await self._intake.events_json(claims, await bodies.read(request, MOST_BODY))
        return JSONResponse({"accepted": accepted.count})


def events_described() -> dict[str, Any]:
    """`paths` and `schemas` of OpenAPI for the way in for events as JSON."""
    schema = EventSent.model_json_schema(ref_template="#/components/schemas/{model}")
    one = {"$ref": "#/components/schemas/Event"}
    several = {"type": "array", "items": one, "maxItems": MAX_EVENTS}
    body = {"oneOf": [one, several, {"type": "object", "properties": {"events": several}}]}
    accepted = {"type": "object", "properties": {"accepted": {"type": "integer"}}}
    operation = {
        "summary": "Tell of one event, or of many",
        "description": "Answers when they are committed. Needs a key with the scope `ingest`.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "Committed.", "content": {"application/json": {"schema": accepted}}},
            "413": {"description": "Too large: send less at a time."},
            "429": {"description": "Too much; `Retry-After` says for how many seconds to wait."},
        },
    }
    return {
        "paths": {"/api/v1/events": {"post": operation}},
        "schemas": {**schema.pop("$defs", {}), "Event": schema},
    }


def _partial_success(records: Records, rejected: int) -> bytes:
    # Nearly all answers are the empty message: whoever is sent no broken record pays for no protobuf here.
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

    if records == "Spans":
        spans = traces.ExportTracePartialSuccess(rejected_spans=rejected, error_message=REJECTED)
        return bytes(traces.ExportTraceServiceResponse(partial_success=spans).SerializeToString())
    left_out = logs.ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=REJECTED)
    return bytes(logs.ExportLogsServiceResponse(partial_success=left_out).SerializeToString())
