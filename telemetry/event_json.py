"""An event -> its JSON, as `event_schema` reads it."""

from __future__ import annotations

from typing import Any

from telemetry.events import Event, Message

SEPARATOR = b"\x1e"
"""Before each text of a JSON text sequence (RFC 7464, 2.2)."""


def event_to_json(event: Event) -> dict[str, Any]:
    """What `event_schema.events_from_json` makes the same event of. What is empty is left out."""
    payload, problem, routing, tokens = event.payload, event.problem, event.routing, event.tokens
    told: dict[str, Any] = {
        "run_id": event.trace_id,
        "event_id": event.event_id,
        "step_id": event.step_id,
        "parent_id": event.parent_id,
        "conversation_id": event.conversation_id,
        "is_root": event.is_root,
        "kind": event.kind.value,
        "phase": event.phase.value,
        "status": event.status.value,
        "name": event.name,
        "at": event.at.isoformat(),
        "ended_at": event.ended_at and event.ended_at.isoformat(),
        "agent": event.source,
        "node": event.node,
        "iteration": event.iteration,
        "model": event.model,
        "provider": event.provider,
        "tokens": tokens and {name: getattr(tokens, name) for name in tokens.__slots__},
        "cost": None if event.told_cost is None else str(event.told_cost),
        "routing": routing
        and {
            "chosen": routing.chosen,
            "reason": routing.reason,
            "alternatives": list(routing.alternatives),
        },
        "error": problem and {"type": problem.type, "message": problem.message, "stack": problem.stack},
        "prompt": [_message(message) for message in payload.prompt] or None,
        "answer": [_message(message) for message in payload.answer] or None,
        "arguments": payload.arguments,
        "result": payload.result,
        "input": payload.input,
        "parameters": payload.parameters or None,
        "attributes": payload.attributes or None,
    }
    for name in ("tokens", "routing", "error"):
        if told[name] is not None:
            told[name] = _without_none(told[name])
    return _without_none(told)


def _message(message: Message) -> dict[str, Any]:
    told = {"role": message.role, "content": message.content}
    return told | {"tool_calls": list(message.tool_calls)} if message.tool_calls else told


def _without_none(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
