"""What the REST routes answer, for their OpenAPI document; and that document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from models import Model
from queries.runs import AgentEvent, Run

PREFIX = "/api/v1"


class Problem(Model):
    """Why there is no answer. `code` is stable and meant for programs."""

    code: str
    message: str
    advice: str = ""


class SpanAnswer(Model):
    """What is known of one span: that it has begun, that it has ended."""

    span_id: str
    events: Sequence[AgentEvent]


class TracePage(Model):
    """Some events of a trace, oldest first. Without `next_cursor` these are the last there are now."""

    spans: Sequence[AgentEvent]
    next_cursor: str | None = None


class TracesPage(Model):
    """The newest runs, each under the first of its traces."""

    traces: Sequence[Run]
    next_cursor: str | None = None


REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "Neither a living key nor a session."},
    403: {"model": Problem, "description": "The key's scopes, or the person's role, do not allow it."},
    404: {"model": Problem, "description": "There is no such thing in this salon."},
    422: {"model": Problem, "description": "A value, such as a cursor, is not understood."},
    429: {"model": Problem, "description": "Too often; `Retry-After` says for how many seconds to wait."},
    503: {"model": Problem, "description": "The database does not answer; try again."},
}

_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the salon."},
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same."},
}


def document(routes: Sequence[BaseRoute], more: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document of the routes. `more`: `paths` and `schemas` of what is served by other means."""
    made = get_openapi(
        title="Agent P control panel",
        version="1",
        description="Agents' events, in and out. Times are in UTC, positions and cursors are opaque.",
        routes=routes,
    )
    made.setdefault("paths", {}).update(more.get("paths", {}))
    components = made.setdefault("components", {})
    components.setdefault("schemas", {}).update(more.get("schemas", {}))
    components["securitySchemes"] = _SECURITY
    made["security"] = [{name: []} for name in _SECURITY]
    return made
