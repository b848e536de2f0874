"""What the status and the exceptions of a span say of how its step stands.

Frameworks raise exceptions for what is no failure: LangGraph and pydantic-ai to wait for a person, asyncio to
cancel.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from telemetry.attributes import Attributes, is_too_deep, parsed, plain, short
from telemetry.events import MAX_MESSAGE, MAX_STACK, Problem, Status
from telemetry.told import Approval

WAITS = frozenset({"GraphInterrupt", "NodeInterrupt", "ApprovalRequired", "CallDeferred"})
STOPS = frozenset({"CancelledError", "Cancelled"})
"""Last names of exceptions, of asyncio, concurrent.futures and trio."""

MAX_EXCEPTIONS = 100
MAX_INTERRUPT = 20_000
MAX_OPERATORS = 400
"""Of a text that is read as Python: the parser calls itself for each."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`at` is when the last exception happened, in nanoseconds since 1970; 0 where none did."""

    status: Status
    problem: Problem | None = None
    approvals: tuple[Approval, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class _Raised:
    type: str
    message: str
    stack: str
    escaped: bool
    at: int

    @property
    def last_name(self) -> str:
        return self.type.rpartition(".")[2]


def of_span(span: Span, attributes: Attributes) -> Outcome:
    """How the step of a complete span stands. Its `error.*` attributes are read as well, and taken out.

    A wait or a cancel has no problem. LangGraph waits with status OK and cancels with status ERROR, so what a
    span has raised counts as much as its status.
    """
    code, said = span.status.code, span.status.message
    error_type = attributes.pop_text("error.type")
    raised = _last_raised(span.events) if span.events else None
    if raised is None and code != SpanStatus.STATUS_CODE_ERROR and error_type is None:
        return Outcome(Status.SUCCEEDED)
    name = raised.last_name if raised else (error_type or "").rpartition(".")[2]
    at = raised.at if raised else 0
    if name in WAITS:
        approvals = _interrupts(raised.message) if raised and name == "GraphInterrupt" else ()
        return Outcome(Status.WAITING, None, approvals, at)
    failed = code == SpanStatus.STATUS_CODE_ERROR or (
        code == SpanStatus.STATUS_CODE_UNSET and (error_type is not None or (raised and raised.escaped))
    )
    if name in STOPS and (failed or code == SpanStatus.STATUS_CODE_UNSET):
        return Outcome(Status.STOPPED, at=at)
    problem = _problem(raised, error_type, said, attributes)
    return Outcome(Status.FAILED if failed else Status.SUCCEEDED, problem, (), at)


def _last_raised(events: Sequence[Span.Event]) -> _Raised | None:
    for event in reversed(events[-MAX_EXCEPTIONS:]):
        if event.name != "exception":
            continue
        told = {pair.key: plain(pair.value) for pair in event.attributes[:20]}
        return _Raised(
            type=short(str(told.get("exception.type") or "")),
            message=str(told.get("exception.message") or ""),
            stack=str(told.get("exception.stacktrace") or ""),
            escaped=str(told.get("exception.escaped")).lower() == "true",
            at=event.time_unix_nano,
        )
    return None


def _problem(raised: _Raised | None, error_type: str | None, said: str, attributes: Attributes) -> Problem:
    told = attributes.pop("error.message")
    stack = attributes.pop("error.stack_trace")
    if raised is None:
        message = said or (told if isinstance(told, str) else "")
        return Problem(
            error_type, message[:MAX_MESSAGE], stack[:MAX_STACK] if isinstance(stack, str) else None
        )
    return Problem(
        raised.type or error_type,
        (raised.message or said)[:MAX_MESSAGE],
        raised.stack[:MAX_STACK] or None,
    )


def _interrupts(text: str) -> tuple[Approval, ...]:
    """LangGraph's `repr` of a tuple of `Interrupt(value=..., id='...')`: it is told in no other way.

    It is parsed, and only literals are evaluated: what a person wrote may be quoted in it, and look like one.
    """
    operators = sum(map(text.count, "([{-+*/~."))
    try:
        if len(text) > MAX_INTERRUPT or operators > MAX_OPERATORS:
            raise ValueError("too much to be parsed")
        tree = ast.parse(text, mode="eval").body
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return (Approval(None, "interrupt", text[:MAX_INTERRUPT]),)
    calls = tree.elts if isinstance(tree, ast.Tuple) else [tree]
    return tuple(_interrupt(call, text) for call in calls if isinstance(call, ast.Call)) or (
        Approval(None, "interrupt", text),
    )


def _interrupt(call: ast.Call, text: str) -> Approval:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    identity = given.get("id", given.get("interrupt_id"))
    told = identity.value if isinstance(identity, ast.Constant) else None
    value = _literal(given["value"], text) if "value" in given else None
    name = value.get("tool", value.get("action")) if isinstance(value, dict) else None
    return Approval(
        short(told) if isinstance(told, str) else None,
        short(name) if isinstance(name, str) and name else "interrupt",
        parsed(value),
    )


def _literal(node: ast.expr, text: str) -> Any:
    """Its value, or its own part of the text where it is no literal."""
    try:
        value = _as_json(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.get_source_segment(text, node)
    return ast.get_source_segment(text, node) if is_too_deep(value) else value


def _as_json(value: Any) -> Any:
    """Of a literal: what JSON has no word for becomes text."""
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_as_json(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
