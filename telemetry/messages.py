"""The ways in which messages are written -> `events.Message`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telemetry.attributes import in_order, parsed, short
from telemetry.events import Message

MAX_MESSAGES = 2_000
PARTS = ('[{"type"', '[{"content"')
"""How a text begins that is a list of parts: what a person wrote stays text, JSON or not."""


def of_parts(value: Any) -> tuple[Message, ...]:
    """From the semantic conventions: a list of {"role", "parts": [{"type", ...}]}, or that as JSON.

    A message of the chat completions, with "content" and "tool_calls", is read as well; all else is left out.
    """
    listed = parsed(value)
    if not isinstance(listed, list):
        return ()
    return tuple(_of_parts(item) for item in listed[:MAX_MESSAGES] if isinstance(item, dict))


def of_instructions(value: Any) -> tuple[Message, ...]:
    """From `gen_ai.system_instructions`: parts, that as JSON, or a text. One message or none."""
    parts = parsed(value)
    if isinstance(parts, str) and parts:
        return (Message("system", parts),)
    return (_of_parts({"role": "system", "parts": parts}),) if isinstance(parts, list) and parts else ()


def of_openinference(listed: Iterable[dict[str, Any]]) -> tuple[Message, ...]:
    """From {"message": {"role", "content" | "contents", "tool_calls"}} as OpenInference flattens it."""
    inner = (item.get("message") for item in listed)
    return tuple(_of_openinference(message) for message in inner if isinstance(message, dict))


def of_chat(message: dict[str, Any], role: str) -> Message:
    """From a message of the chat completions, its tool calls a list or flattened; `role` if it has none."""
    calls = message.get("tool_calls")
    listed = calls if isinstance(calls, list) else in_order(calls)
    content = message.get("content")
    if isinstance(content, str) and content.startswith(PARTS):
        content = parsed(content)
    answered = message.get("tool_call_id") or message.get("id")
    role = _role(message, role)
    if role == "tool" and answered is not None:
        content = [_response(answered, content)]
    return Message(role, "" if content is None else content, tuple(map(tool_call, filter(_is_map, listed))))


def tool_call(call: dict[str, Any]) -> dict[str, Any]:
    """{"id", "name", "arguments"} from the same, or from {"id", "function": {"name", "arguments"}}."""
    function = call.get("function")
    named = function if isinstance(function, dict) else call
    return {
        "id": call.get("id"),
        "name": named.get("name"),
        "arguments": parsed(named.get("arguments")),
    }


def _of_parts(message: dict[str, Any]) -> Message:
    parts = message.get("parts")
    if not isinstance(parts, list):
        return of_chat(message, "user")
    calls = []
    others: list[Any] = []
    for part in parts:
        if isinstance(part, dict) and part.get("type") == "tool_call":
            calls.append(tool_call(part))
        elif isinstance(part, dict) and part.get("type") == "tool_call_response":
            others.append(_response(part.get("id"), part.get("response", part.get("result"))))
        else:
            others.append(part)
    return Message(_role(message, "user"), _content(others), tuple(calls))


def _content(parts: list[Any]) -> Any:
    """A single text is told as text."""
    if not parts:
        return ""
    only = parts[0] if len(parts) == 1 else None
    if isinstance(only, dict) and only.get("type") == "text" and isinstance(only.get("content"), str):
        return only["content"]
    return parts


def _of_openinference(message: dict[str, Any]) -> Message:
    several = [part.get("message_content", part) for part in in_order(message.get("contents"))]
    calls = [call.get("tool_call") for call in in_order(message.get("tool_calls"))]
    return of_chat(
        {
            "role": message.get("role"),
            "content": several or message.get("content"),
            "tool_call_id": message.get("tool_call_id"),
            "tool_calls": calls,
        },
        "user",
    )


def _response(answered: Any, response: Any) -> dict[str, Any]:
    return {"type": "tool_call_response", "id": answered, "response": response}


def _role(message: dict[str, Any], otherwise: str) -> str:
    role = message.get("role")
    return short(role) if isinstance(role, str) and role else otherwise


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)
