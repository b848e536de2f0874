"""The one model of what agents tell, whichever way it comes in.

A run is one task of an agent. What happens in it are steps: a model call, a tool call, a node of its graph.
An event tells something of a step and is never changed afterwards: that it has begun, that it has ended,
or, for what takes no time, that it happened. Readers put the events of a step together by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a step is."""

    USER_INPUT = "user_input"
    MODEL_CALL = "model_call"
    TOOL_CALL = "tool_call"
    AGENT = "agent"
    NODE = "node"
    RETRIEVAL = "retrieval"
    PLAN_UPDATE = "plan_update"
    APPROVAL_REQUEST = "approval_request"
    APPROVAL_DECISION = "approval_decision"
    ROUTING = "routing"
    LOG = "log"
    OTHER = "other"


class Phase(StrEnum):
    """What an event tells of its step. `ENDED` may be the only one: most emitters tell of a step when it is
    over."""

    BEGUN = "begun"
    ENDED = "ended"
    POINT = "point"


class Status(StrEnum):
    """How a step, or a run, stands. A pause for a person's answer is WAITING, a cancel STOPPED: neither is
    FAILED."""

    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "done"
    FAILED = "error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one model call, each None where it was not told. `cache_read` and `cache_write` are parts of
    `input`, `reasoning` a part of `output`."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """Why a model was chosen: the router's decision."""

    chosen: str
    reason: str | None = None
    alternatives: tuple[str, ...] = ()


MAX_MESSAGE = 4_000
MAX_STACK = 32_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong. `stack` is the emitter's own text."""

    type: str | None
    message: str
    stack: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt or an answer. `content` is text, or parts as JSON values where it has
    several."""

    role: str
    content: Any
    tool_calls: tuple[dict[str, Any], ...] = ()
    """Each {"id", "name", "arguments"}; arguments as JSON where they are, as the text that came otherwise."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The large parts of an event, kept apart from what the feed reads."""

    prompt: tuple[Message, ...] = ()
    answer: tuple[Message, ...] = ()
    arguments: Any = None
    """Of a tool call."""
    result: Any = None
    """Of a tool call, or of any other step: what came out of it."""
    input: Any = None
    """What went into a step that is neither a model nor a tool call."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Of a model call: temperature and the like."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """Whatever else the emitter told, by its own names."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Times have a zone; ids are the emitter's, as it writes them (trace and span ids in lower
    hex).

    `event_id` is the same whenever the same is told again. `trace_id` and `conversation_id` say which run it
    belongs to: those of one trace are of one run, and a trace that goes on with a conversation whose last run
    waits is of that run.
    """

    event_id: str
    step_id: str
    kind: Kind
    phase: Phase
    status: Status
    name: str
    at: datetime
    """When the step began, or when it happened."""
    ended_at: datetime | None = None
    trace_id: str | None = None
    parent_id: str | None = None
    conversation_id: str | None = None
    is_root: bool = False
    """Its step is the whole of its trace: its status is the run's, as far as this trace goes."""
    source: str | None = None
    """Who did it: the agent's, the tool's or the service's name."""
    node: str | None = None
    """The graph's node that it happened in."""
    iteration: int | None = None
    model: str | None = None
    provider: str | None = None
    tokens: Tokens | None = None
    told_cost: Decimal | None = None
    """In US dollars, where the emitter itself tells it."""
    routing: Routing | None = None
    problem: Problem | None = None
    payload: Payload = field(default_factory=Payload)
