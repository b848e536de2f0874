"""Of what the JSON of an event is made: texts, times, amounts, and the objects inside of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)

from telemetry.attributes import LARGEST_COUNT, MAX_KEYS, money, short
from telemetry.events import MAX_MESSAGE, MAX_STACK, Message, Problem, Routing, Tokens
from telemetry.json_text import is_deeper_than
from telemetry.messages import of_chat, tool_call

MAX_ID = 400
MAX_RUN_ID = 200
"""Characters of ids; what is longer is refused, since a part of an id is another id."""
MAX_DEPTH = 64
"""Of lists and maps in each other, in one field."""
MAX_MESSAGES = 5_000
MAX_REASON = 4_000
_LONGEST_NUMBER = 40
_FIRST_YEAR, _LAST_YEAR = 1970, 2554
"""OTLP has no words for other times."""


class Sent(BaseModel):
    """What a sender writes: a field that is not known is refused, not dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _moment(value: object) -> datetime:
    try:
        if not isinstance(value, str) or len(value) > _LONGEST_NUMBER or "T" not in value.upper():
            raise ValueError
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not _FIRST_YEAR < moment.year < _LAST_YEAR:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("should be a time with its zone, such as 2026-03-01T12:00:00.123Z") from None


def _amount(value: object) -> Decimal:
    is_short = not isinstance(value, str) or len(value) <= _LONGEST_NUMBER
    amount = money(value) if is_short else None
    if amount is None:
        raise ValueError("should be an amount of at least 0, as a number or as the text of one")
    return amount


def _shallow(value: Any) -> Any:
    if is_deeper_than(MAX_DEPTH, value):
        raise ValueError(f"should have at most {MAX_DEPTH} lists and objects in each other")
    return value


Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
RunId = Annotated[str, Field(min_length=1, max_length=MAX_RUN_ID)]
OptionalId = Annotated[Id | None, BeforeValidator(_none_if_empty)]
OptionalLine = Annotated[Annotated[str, AfterValidator(short)] | None, BeforeValidator(_none_if_empty)]
"""What is shown in a line; what is longer is cut."""
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
Moment = Annotated[
    datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Amount = Annotated[
    Decimal,
    PlainValidator(_amount),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]
Json = Annotated[Any, AfterValidator(_shallow)]
JsonObject = Annotated[dict[str, Any], Field(max_length=MAX_KEYS), AfterValidator(_shallow)]


class TokensSent(Sent):
    """As `events.Tokens`. What is left out is unknown, which is not 0."""

    input: Count | None = None
    output: Count | None = None
    cache_read: Count | None = None
    cache_write: Count | None = None
    reasoning: Count | None = None

    def read(self) -> Tokens | None:
        """None where nothing is told."""
        made = Tokens(self.input, self.output, self.cache_read, self.cache_write, self.reasoning)
        return None if made == Tokens() else made


class RoutingSent(Sent):
    """As `events.Routing`."""

    chosen: Annotated[str, Field(min_length=1), AfterValidator(short)]
    reason: Annotated[str, Field(max_length=MAX_REASON)] | None = None
    alternatives: Annotated[list[Annotated[str, AfterValidator(short)]], Field(max_length=100)] = []

    def read(self) -> Routing:
        """The same in the model."""
        return Routing(self.chosen, self.reason, tuple(self.alternatives))


class ErrorSent(Sent):
    """What went wrong. A message longer than 4,000 characters is cut, a stack longer than 32,000."""

    type: OptionalLine = None
    message: str = ""
    stack: str | None = None

    def read(self) -> Problem:
        """The same in the model."""
        stack = self.stack and self.stack[:MAX_STACK]
        return Problem(self.type, self.message[:MAX_MESSAGE], stack or None)


class ForeignSent(BaseModel):
    """A part that libraries write, and add to as they like: what is not known of it is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class FunctionSent(ForeignSent):
    """The inner part of a tool call of the chat completions."""

    name: str
    arguments: Json = None


class ToolCallSent(ForeignSent):
    """Id, name and arguments, or as the chat completions write it. Arguments as JSON or as the text of it."""

    id: Json = None
    name: Json = None
    arguments: Json = None
    type: Literal["function"] | None = None
    function: FunctionSent | None = None

    def read(self) -> dict[str, Any]:
        """As in `events.Message`."""
        function = self.function and {"name": self.function.name, "arguments": self.function.arguments}
        return tool_call(
            {"id": self.id, "name": self.name, "arguments": self.arguments, "function": function}
        )


class MessageSent(ForeignSent):
    """One message of a prompt or an answer. `content` is text, or a list of parts; `refusal` is what stands
    in its place where a model refuses."""

    role: Annotated[str, Field(min_length=1), AfterValidator(short)]
    content: Json = None
    tool_calls: list[ToolCallSent] | None = None
    tool_call_id: str | None = None
    """Of a message of the role `tool`: which call it answers."""
    refusal: str | None = None

    def read(self) -> Message:
        """The same in the model."""
        calls = tuple(call.read() for call in self.tool_calls or ())
        if self.tool_call_id is not None:
            answered = {"role": self.role, "content": self.content, "tool_call_id": self.tool_call_id}
            return Message(self.role, of_chat(answered, self.role).content, calls)
        content = self.refusal if self.content is None else self.content
        return Message(self.role, "" if content is None else content, calls)
