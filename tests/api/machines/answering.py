"""A door to a database that answers each function with what a test says, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from data import Door, Supabase

RUN = UUID("10000000-0000-4000-8000-000000000001")

Answer = Callable[[dict[str, str]], Any]


def refusal(status: int, code: str) -> httpx.Response:
    """As our functions refuse."""
    told = {"code": f"PT{status}", "message": code, "details": "It may not be.", "hint": "Do other."}
    return httpx.Response(status, json=told)


@dataclass
class Database:
    """`answers`: what a function gives, by name: a value, a response, or what is made of its arguments."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def door(self) -> Door:
        transport = httpx.MockTransport(self._answer)
        return Supabase("http://database.test", "key", transport=transport).door(lambda: "token")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name, arguments = request.url.path.rpartition("/")[2], dict(request.url.params)
        self.asked.append((name, arguments))
        answer = self.answers[name]
        if callable(answer):
            answer = answer(arguments)
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        return httpx.Response(200, content=json.dumps(answer), headers={"content-type": "application/json"})


def run_row(**changes: Any) -> dict[str, Any]:
    """A run as `list_runs` tells it."""
    return {
        "run_id": str(RUN),
        "trace_id": "ab" * 16,
        "name": "Booking",
        "status": "done",
        "started_at": "2026-03-01T12:00:00+00:00",
        "ended_at": "2026-03-01T12:00:02+00:00",
        "last_event_at": "2026-03-01T12:00:02+00:00",
        "duration_ms": 2000,
        "events": 2,
        "model_calls": 1,
        "tool_calls": 0,
        "failures": 0,
        "tokens_input": 10,
        "tokens_output": 5,
        "cost": 0.25,
        "currency": "USD",
        "cost_is_known": True,
        "models": ["gpt-4o"],
    } | changes


def event_row(seq: int, **changes: Any) -> dict[str, Any]:
    """An event as the readers tell it."""
    return {
        "run_id": str(RUN),
        "seq": seq,
        "event_id": f"{'ab' * 16}:{seq:016x}:ended",
        "trace_id": "ab" * 16,
        "step_id": f"{seq:016x}",
        "kind": "model_call",
        "phase": "ended",
        "status": "done",
        "name": "chat",
        "at": "2026-03-01T12:00:00+00:00",
        "ended_at": "2026-03-01T12:00:01+00:00",
        "duration_ms": 1000,
        "removed": 0,
        "has_payload": True,
        "received_at": "2026-03-01T12:00:01+00:00",
    } | changes
