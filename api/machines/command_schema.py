"""What the routes for commands take and answer."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from api.machines.run_schema import Problem
from models import Model
from queries.commands import AnswerStatus, Approval, Command, Decision, SentCommand, Status


class Taken(Model):
    """What there is to do, oldest first."""

    commands: list[SentCommand]


class Answered(Model):
    """How the command stands now."""

    command_id: UUID
    status: Status


class AnswerSent(Model):
    """What became of a command."""

    status: AnswerStatus
    detail: str | None = Field(None, max_length=20_000, description="A word on it; cut to 2,000 characters.")


class Asked(Model):
    """A request of a person; sent again with the same id, it acts once."""

    request_id: UUID


class CommentSent(Asked):
    """With a word for the agent, and for those who look at it later."""

    comment: str | None = Field(None, max_length=1_000)


class DecisionSent(CommentSent):
    """An answer to what an agent asks for."""

    decision: Decision


class TaskSent(Asked):
    """Something to be put on the plan."""

    text: str = Field(max_length=1_000)


class Approvals(Model):
    """What waits for a decision, the most urgent first."""

    approvals: list[Approval]


class DecisionProblem(Problem):
    """Somebody else decided first."""

    decision: Command | None = None
