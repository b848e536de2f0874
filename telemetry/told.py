"""What a dialect makes of the attributes of a span or of a log record."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from telemetry.events import Kind, Message, Payload, Routing, Tokens


@dataclass(frozen=True, slots=True)
class Approval:
    """Something that a person is asked for. `id` is the emitter's, None where it tells none."""

    id: str | None
    name: str
    arguments: Any = None


@dataclass(slots=True)
class Told:
    """As in `events.Event`. `name` is None where the span's own is best; `agent` did it, if no tool did."""

    kind: Kind = Kind.OTHER
    name: str | None = None
    agent: str | None = None
    conversation_id: str | None = None
    node: str | None = None
    iteration: int | None = None
    model: str | None = None
    provider: str | None = None
    tokens: Tokens | None = None
    cost: Decimal | None = None
    routing: Routing | None = None
    approvals: tuple[Approval, ...] = ()
    answer_to_approval: Any = None
    """What a person answered to a request for approval, where the step goes on with it."""
    is_waiting: bool = False
    prompt: tuple[Message, ...] = ()
    answer: tuple[Message, ...] = ()
    arguments: Any = None
    result: Any = None
    input: Any = None
    parameters: dict[str, Any] = field(default_factory=dict)

    def payload(self, rest: dict[str, Any]) -> Payload:
        """`rest` is what no dialect has a place for."""
        return Payload(
            self.prompt, self.answer, self.arguments, self.result, self.input, self.parameters, rest
        )


def tokens(
    input: int | None,  # noqa: A002  # as in `Tokens`
    output: int | None,
    cache_read: int | None,
    cache_write: int | None,
    reasoning: int | None,
) -> Tokens | None:
    """None where nothing is told: that is unknown, not zero."""
    counts = (input, output, cache_read, cache_write, reasoning)
    return None if counts == (None,) * 5 else Tokens(*counts)
