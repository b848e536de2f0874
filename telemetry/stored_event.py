"""An event as the database tells it -> the event that it was made of, as far as it was kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telemetry.attributes import money
from telemetry.events import Event, Kind, Message, Payload, Phase, Problem, Routing, Status, Tokens
from telemetry.pricing import DOLLAR


def event_of(row: Mapping[str, Any], conversation_id: str | None = None) -> Event:
    """From a row of `dashboard.run_export`. `conversation_id` is its run's: events do not repeat it.

    A price in US dollars is taken for told, so that it stays what it is wherever the event goes; any other is
    left to the prices of whoever reads it.
    """
    payload = row.get("payload") or {}
    routing = payload.get("routing")
    kind, phase = Kind(row["kind"]), Phase(row["phase"])
    return Event(
        event_id=row["event_id"],
        step_id=row["step_id"],
        kind=kind,
        phase=phase,
        status=Status(row["status"]),
        name=row["name"],
        at=_moment(row["at"]),
        ended_at=_moment(row["ended_at"]) if row.get("ended_at") else None,
        trace_id=row["trace_id"],
        parent_id=row.get("parent_id"),
        conversation_id=conversation_id,
        is_root=_is_root(row, kind, phase),
        source=row.get("source"),
        node=row.get("node"),
        iteration=row.get("iteration"),
        model=row.get("model"),
        provider=row.get("provider"),
        tokens=_tokens(row),
        told_cost=money(row["cost"]) if row.get("currency") == DOLLAR and "cost" in row else None,
        routing=routing
        and Routing(routing["chosen"], routing.get("reason"), tuple(routing.get("alternatives") or ())),
        problem=_problem(row, payload),
        payload=Payload(
            prompt=_messages(payload.get("prompt")),
            answer=_messages(payload.get("answer")),
            arguments=payload.get("arguments"),
            result=payload.get("result"),
            input=payload.get("input"),
            parameters=payload.get("parameters") or {},
            attributes=payload.get("attributes") or {},
        ),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_root(row: Mapping[str, Any], kind: Kind, phase: Phase) -> bool:
    """Where it is not told: as the readers of spans and of JSON say, each of what it has made."""
    if "is_root" in row:
        return bool(row["is_root"])
    of_span = f"{row['trace_id']}:{row['step_id']}:{phase}"
    is_outermost = row.get("parent_id") is None and phase is not Phase.POINT
    return is_outermost and (kind is Kind.AGENT or row["event_id"] == of_span)


def _tokens(row: Mapping[str, Any]) -> Tokens | None:
    made = Tokens(*(row.get(f"tokens_{name}") for name in Tokens.__slots__))
    return None if made == Tokens() else made


def _problem(row: Mapping[str, Any], payload: Mapping[str, Any]) -> Problem | None:
    kind, message, stack = row.get("problem_type"), row.get("problem"), payload.get("stack")
    return None if kind is message is stack is None else Problem(kind, message or "", stack)


def _messages(told: list[dict[str, Any]] | None) -> tuple[Message, ...]:
    return tuple(
        Message(each["role"], each["content"], tuple(each.get("tool_calls") or ())) for each in told or ()
    )
