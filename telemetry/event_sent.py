"""The JSON of one event, as its senders write it."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from telemetry import event_fields as fields
from telemetry.attributes import LARGEST_ROUND
from telemetry.event_fields import Sent
from telemetry.event_kinds import Word, meant
from telemetry.events import Event, Kind, Payload, Phase, Status

MAX_EVENTS = 1_000
"""Of one body."""
MAX_VALUES = 500_000
"""Of one body, as `json_text.values_in` counts them."""

Messages = Annotated[list[fields.MessageSent], Field(max_length=fields.MAX_MESSAGES)]


class EventSent(Sent):
    """One event. Only `run_id` and `kind` are needed; null is the same as leaving a field out."""

    run_id: fields.RunId = Field(
        validation_alias=AliasChoices("run_id", "trace_id"),
        description="The sender's id of the task that the event belongs to.",
    )
    kind: Word = Field(description="What happened.")
    event_id: fields.OptionalId = Field(
        None, description="The same whenever the same is told again. Without it, it is made of the content."
    )
    conversation_id: fields.OptionalId = Field(
        None,
        validation_alias=AliasChoices("conversation_id", "session_id"),
        description="A run that waits goes on in the next run of the same conversation.",
    )
    step_id: fields.OptionalId = Field(
        None, description="The same for the beginning and the end of a step; needed where a step begins."
    )
    parent_id: fields.OptionalId = Field(None, description="The `step_id` of the step around this one.")
    is_root: bool | None = Field(
        None,
        strict=True,
        description="Whether the step is the whole run, and its status the run's. Without it: whether it is "
        "an `agent` that has no parent.",
    )
    phase: Phase | None = None
    status: Status | None = None
    name: fields.OptionalLine = None
    at: fields.Moment | None = Field(None, description="When it began, or happened; without it, now.")
    ended_at: fields.Moment | None = None
    agent: fields.OptionalLine = Field(
        None, validation_alias=AliasChoices("agent", "source"), description="Who did it."
    )
    node: fields.OptionalLine = Field(None, description="The graph's node that it happened in.")
    iteration: Annotated[int, Field(strict=True, ge=0, le=LARGEST_ROUND)] | None = None
    model: fields.OptionalLine = None
    provider: fields.OptionalLine = None
    tokens: fields.TokensSent | None = None
    cost: fields.Amount | None = Field(None, description="In US dollars; without it, by the price list.")
    routing: fields.RoutingSent | None = None
    error: fields.ErrorSent | None = None
    prompt: Messages | None = None
    answer: Messages | None = None
    arguments: fields.Json = None
    result: fields.Json = None
    input: fields.Json = None
    parameters: fields.JsonObject | None = None
    attributes: fields.JsonObject | None = None

    def read(self, told: Any, received_at: datetime) -> Event:
        """The same in the model. `told` is the JSON that this was made of, `received_at` stands in for times.

        Raises ValueError where kind, phase, status and times contradict each other.
        """
        kind, phase, status = meant(
            self.kind,
            self.phase,
            self.status,
            has_error=self.error is not None,
            has_ended=self.ended_at is not None,
        )
        if phase is Phase.BEGUN and self.step_id is None:
            raise ValueError("what begins needs a step_id, so that its end can be told")
        event_id = self.event_id or _digest(told)
        at = self.at or self.ended_at or received_at
        is_root = kind is Kind.AGENT and self.parent_id is None and phase is not Phase.POINT
        return Event(
            event_id=event_id,
            step_id=self.step_id or event_id,
            kind=kind,
            phase=phase,
            status=status,
            name=self.name or (self.agent if kind is Kind.AGENT else None) or self.kind,
            at=at,
            ended_at=self.ended_at and max(at, self.ended_at),
            trace_id=self.run_id,
            parent_id=self.parent_id,
            conversation_id=self.conversation_id,
            is_root=is_root if self.is_root is None else self.is_root,
            source=self.agent,
            node=self.node,
            iteration=self.iteration,
            model=self.model,
            provider=self.provider,
            tokens=self.tokens.read() if self.tokens else None,
            told_cost=self.cost,
            routing=self.routing.read() if self.routing else None,
            problem=self.error.read() if self.error else None,
            payload=Payload(
                prompt=tuple(message.read() for message in self.prompt or ()),
                answer=tuple(message.read() for message in self.answer or ()),
                arguments=self.arguments,
                result=self.result,
                input=self.input,
                parameters=self.parameters or {},
                attributes=self.attributes or {},
            ),
        )


class EventBatch(Sent):
    """Several events in one body."""

    events: Annotated[list[EventSent], Field(max_length=MAX_EVENTS)]


def _digest(told: Any) -> str:
    """Of what was told, in whatever order its fields came."""
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()
