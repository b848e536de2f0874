"""What people tell agents to do, what agents wait for, and how both come to each other.

The reads give the database's JSON as it came; the models say what is in it. Writes take a `request_id`: sent
twice with the same one, they act once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter

from data import Door
from errors import Conflict
from models import Model

Json: TypeAlias = dict[str, Any]
Decision = Literal["approve", "reject"]
Kind = Literal["approve", "reject", "stop", "stop_all", "add_task"]
Status = Literal["queued", "sent", "received", "done", "failed", "expired", "dead"]
AnswerStatus = Literal["received", "done", "failed"]

MOST_LISTED = 500
MOST_TAKEN = 100
LIFETIME = timedelta(hours=24)
"""So long after it was queued, and after it was queued again, a command is handed out."""


class Approval(Model):
    """Something that an agent may not do before a person allows it."""

    run_id: UUID
    run_name: str
    agent: str | None = None
    seq: int = Field(description="Of the event that asks.")
    event_id: str
    step_id: str
    trace_id: str
    name: str
    summary: str | None = None
    risk: str | None = None
    arguments: Any = Field(None, description="Left out if not kept, or of more than 20,000 bytes.")
    asked_at: datetime
    expires_at: datetime


class Command(Model):
    """What a person told an agent to do, and how far it has come."""

    command_id: UUID
    kind: Kind
    status: Status
    run_id: UUID | None = Field(None, description="None for all runs of the salon.")
    run_name: str | None = None
    seq: int | None = Field(None, description="Of the event that asked, for a decision.")
    name: str | None = Field(None, description="What was asked for.")
    comment: str | None = None
    text: str | None = Field(None, description="Of a task.")
    runs: int | None = Field(None, description="How many were running when all were to stop.")
    created_by: str | None = None
    created_at: datetime
    sent_at: datetime | None = None
    received_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime
    attempts: int
    next_attempt_at: datetime | None = None
    problem: str | None = None
    result: str | None = None


class CommandPage(Model):
    """Some commands, newest first."""

    commands: Sequence[Command]
    next_cursor: str | None = None


class SentCommand(Model):
    """A command as an agent is told it. `command_id` is the same however often it comes."""

    command_id: UUID
    tenant_id: UUID
    kind: Kind
    run_id: UUID | None = None
    trace_id: str | None = Field(None, description="The agent's own id of the run: its newest trace.")
    conversation_id: str | None = None
    event_id: str | None = Field(None, description="Of what is decided.")
    step_id: str | None = None
    seq: int | None = None
    name: str | None = None
    comment: str | None = None
    text: str | None = None
    runs: int | None = None
    created_by: str | None = None
    created_at: datetime
    expires_at: datetime
    attempt: int


_COUNTS = TypeAdapter(dict[str, int])


class AlreadyDecidedError(Conflict):
    """Somebody else decided first; `decision` is theirs, as a `Command`."""

    def __init__(self, decision: Command) -> None:
        super().__init__(
            "{name} has approved this already, at {time} (UTC)."
            if decision.kind == "approve"
            else "{name} has rejected this already, at {time} (UTC).",
            code="approval_decided",
            advice="Look at how the run goes on.",
            name=decision.created_by or "?",
            time=f"{decision.created_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        )
        self.decision = decision


async def pending(door: Door) -> list[Json]:
    """What waits for a decision, as `Approval`s: the most urgent first."""
    found: list[Json] = await door.read_value("pending_approvals")
    return found


async def listed(
    door: Door,
    run_id: UUID | None = None,
    status: Status | None = None,
    at_most: int = 100,
    before: str | None = None,
) -> Json:
    """A `CommandPage`, of a run or of all. Raises `Invalid` for a bad cursor."""
    page: Json = await door.read_value(
        "list_commands", run_id=run_id, status=status, at_most=at_most, before=before
    )
    return page


# --- By people ------------------------------------------------------------------------------------------
# All of them give the `Command` that was made, and raise `NotFound` for what is not the salon's.


async def decide(
    door: Door, request_id: UUID, run_id: UUID, seq: int, *, decision: Decision, comment: str | None
) -> Json:
    """Allow or refuse what a run asks for.

    Raises `AlreadyDecidedError`, and `Conflict` for what is answered otherwise or over its time.
    """
    try:
        made: Json = await door.call(
            "decide_approval",
            request_id=request_id,
            run_id=run_id,
            seq=seq,
            decision=decision,
            comment=comment,
        )
    except Conflict as problem:
        if problem.code == "approval_decided":
            earlier = await door.read_value("approval_decision", run_id=run_id, seq=seq)
            if earlier is not None:
                raise AlreadyDecidedError(Command.model_validate(earlier)) from None
        raise
    return made


async def stop(door: Door, request_id: UUID, run_id: UUID, comment: str | None) -> Json:
    """Have a run stopped; a stop that is under way is given back. Raises `Conflict` when it has ended."""
    made: Json = await door.call("stop_run", request_id=request_id, run_id=run_id, comment=comment)
    return made


async def stop_all(door: Door, request_id: UUID, comment: str | None) -> Json:
    """Have all of the salon's runs stopped; `runs` says how many there were."""
    made: Json = await door.call("stop_all_runs", request_id=request_id, comment=comment)
    return made


async def add_task(door: Door, request_id: UUID, run_id: UUID, text: str) -> Json:
    """Have a task put on a run's plan. Raises `Conflict` when the run has ended."""
    made: Json = await door.call("add_plan_task", request_id=request_id, run_id=run_id, text=text)
    return made


async def resend(door: Door, request_id: UUID, command_id: UUID) -> Json:
    """Have a command go out anew. Raises `Conflict` for one that is under way, done, or of no use now."""
    made: Json = await door.call("resend_command", request_id=request_id, command_id=command_id)
    return made


# --- By agents ------------------------------------------------------------------------------------------


async def take(door: Door, at_most: int, traces: Sequence[str] = ()) -> list[Json]:
    """What there is to do for the salon of a key, as `SentCommand`s: from now on it is the asker's.

    With `traces`, the agents' own ids of their runs, only what concerns these.
    """
    taken: list[Json] = await door.call(
        "take_commands", at_most=at_most, traces=list(traces) if traces else None
    )
    return taken


async def answer(door: Door, command_id: UUID, status: AnswerStatus, detail: str | None) -> Json:
    """Note what became of a command. Raises `NotFound`, and `Conflict` after another answer."""
    noted: Json = await door.call("answer_command", command_id=command_id, status=status, detail=detail)
    return noted


# --- By the panel's own loop ----------------------------------------------------------------------------


async def to_send(door: Door, at_most: int) -> list[Json]:
    """What is due for a push channel, as `SentCommand`s of all salons: nobody else has them for 30 s."""
    leased: list[Json] = await door.call("commands_to_send", at_most=at_most)
    return leased


async def note_sent(door: Door, command_id: str) -> None:
    """A push channel has taken it."""
    await door.call("note_sent", command_id=command_id)


async def note_unsent(door: Door, command_id: str, problem: str) -> None:
    """A push channel has not: it is due again after a pause that grows."""
    await door.call("note_unsent", command_id=command_id, problem=problem)


async def counts(door: Door) -> dict[str, int]:
    """How many commands are under way, and have ended within a day, by their status; of all salons."""
    return _COUNTS.validate_python(await door.read_value("command_counts"))


def waited(command: Json) -> float:
    """For how many seconds a command that is handed over now has waited since it was queued."""
    queued_at = datetime.fromisoformat(command["expires_at"]) - LIFETIME
    # the database's clock may differ from ours
    return max(0.0, (datetime.now(UTC) - queued_at).total_seconds())


async def give_up(door: Door) -> int:
    """End what is too old, and what nobody took however often it was tried; says how many those were."""
    return int(await door.call("give_up_commands"))
