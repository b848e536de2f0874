"""`/api/v1/commands` and what belongs to it: people tell agents what to do, and agents ask for it.

An agent asks with a key of the scope `control`, and waits for up to half a minute for something to do. People
tell by pages of the panel, with their session; a key decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, StringConstraints
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.machines import bodies
from api.machines.command_schema import (
    Answered,
    AnswerSent,
    Approvals,
    Asked,
    CommentSent,
    DecisionProblem,
    DecisionSent,
    Taken,
    TaskSent,
)
from api.machines.operators import Operator
from api.machines.problem import problem_response
from api.machines.run_schema import PREFIX, REFUSALS, Problem, document
from api.machines.telling import Telling, Told
from control.answers import without_secrets
from control.hints import Hints
from data import Door
from errors import Unavailable
from ingest.keys import KeyClaims, Scope
from observability.metrics import CommandMetrics
from queries import commands
from queries.commands import AlreadyDecidedError, Command, CommandPage, Json, Status

MOST_SECONDS = 30
LOOK_SECONDS = 1.0
"""Between two looks of one that waits: what another process has written is found so late."""
MOST_WAITING = 500
MOST_OF_A_SALON = 50
"""Requests that wait at once."""

M = TypeVar("M", bound=BaseModel)
RunIds = Annotated[
    Sequence[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Query(max_length=100)
]
Seq = Annotated[int, Path(ge=1, le=2**31 - 1)]


class KeyHolders(Protocol):
    """`api.machines.callers.Callers`."""

    async def key(self, connection: HTTPConnection, scope: Scope) -> KeyClaims:
        """The living key of a request. Raises `SignInRequired`, `NotAllowed` or `Unavailable`."""

    async def reader(self, connection: HTTPConnection) -> Door:
        """What the caller may read, by key or session. Raises the same, `Invalid` and `NotFound`."""


class People(Protocol):
    """`api.machines.operators.Operators`."""

    async def reading(self, connection: HTTPConnection) -> Operator:
        """A person who looks. Raises `AppError`."""

    async def writing(self, connection: HTTPConnection) -> Operator:
        """A person who tells agents what to do. Raises `AppError`."""


@dataclass(frozen=True, slots=True)
class _Parts:
    callers: KeyHolders
    people: People
    hints: Hints
    metrics: CommandMetrics

    async def steer(
        self, request: Request, model: type[M], make: Callable[[Door, M], Awaitable[Json]]
    ) -> Response:
        """Have a person's command made of what the request brings; who waits for one looks at once."""
        operator = await self.people.writing(request)
        made = await make(operator.door, await bodies.sent(request, model))
        self.hints.ring(operator.tenant_id)
        return Told(made)


def command_routes(callers: KeyHolders, people: People, hints: Hints, metrics: CommandMetrics) -> APIRouter:
    """The routes, to be mounted at the root of the application."""
    router = APIRouter(prefix=PREFIX, route_class=Telling, responses=REFUSALS)
    parts = _Parts(callers, people, hints, metrics)
    _add_agents(router, parts)
    _add_approvals(router, parts)
    _add_steering(router, parts)
    _add_log(router, parts)
    return router


def described(router: APIRouter) -> dict[str, Any]:
    """`paths` and `schemas` of OpenAPI for these routes."""
    made = document(router.routes, {})
    return {"paths": made["paths"], "schemas": made["components"]["schemas"]}


def _add_agents(router: APIRouter, parts: _Parts) -> None:
    @router.get("/commands", response_model=Taken, summary="What there is to do for the salon's agents")
    async def take(
        request: Request,
        wait: Annotated[int, Query(ge=0, le=MOST_SECONDS, description="Seconds.")] = 0,
        limit: Annotated[int, Query(ge=1, le=commands.MOST_TAKEN)] = 10,
        run: RunIds = (),
    ) -> Response:
        """Needs a key with the scope `control`. With `run`, only what concerns these runs: an agent beside
        others names its own, by the ids that it gave them (`run_id` of events, the trace id of spans). While
        there is nothing, the answer is held back for `wait` seconds. What is handed out is to be answered
        within a minute, or it comes again: under the same `command_id`, five times at most."""
        claims = await parts.callers.key(request, "control")
        due = partial(commands.take, claims.door, limit, run)
        taken = await _waited_for(request, parts.hints, claims.tenant_id, due, wait)
        for command in taken:
            if command["attempt"] == 1:
                parts.metrics.wait.labels("pull").observe(commands.waited(command))
        return Told({"commands": taken})

    @router.post(
        "/commands/{command_id}",
        response_model=Answered,
        summary="What became of a command",
        openapi_extra=bodies.described(AnswerSent),
    )
    async def answer(request: Request, command_id: UUID) -> Response:
        """Needs a key with the scope `control`. `received` says that the agent is at it, and is not to be
        told again."""
        claims = await parts.callers.key(request, "control")
        told = await bodies.sent(request, AnswerSent)
        detail = without_secrets(claims.rules, told.detail) if told.detail else None
        noted = await commands.answer(claims.door, command_id, told.status, detail)
        parts.metrics.answers.labels(told.status).inc()
        return Told(noted)


async def _waited_for(
    request: Request, hints: Hints, tenant_id: UUID, take: Callable[[], Awaitable[list[Json]]], wait: float
) -> list[Json]:
    until = time.monotonic() + wait
    while True:
        heard = hints.heard(tenant_id)
        # what is handed to who has left would be lost for a minute
        if await request.is_disconnected():
            return []
        taken = await take()
        left = until - time.monotonic()
        if taken or left <= 0:
            return taken
        if hints.waiting() >= MOST_WAITING or hints.waiting(tenant_id) >= MOST_OF_A_SALON:
            raise Unavailable(
                "Too many wait for something to do.",
                code="too_many_waiting",
                advice="Ask without waiting, or with fewer at once.",
            )
        await hints.wait(tenant_id, heard, min(left, LOOK_SECONDS))


def _add_approvals(router: APIRouter, parts: _Parts) -> None:
    @router.get("/approvals", response_model=Approvals, summary="What agents wait for")
    async def approvals(request: Request) -> Response:
        """For people who may see runs, and for keys that may read. 200 at most."""
        return Told({"approvals": await commands.pending(await parts.callers.reader(request))})

    @router.post(
        "/runs/{run_id}/approvals/{seq}",
        response_model=Command,
        summary="Allow or refuse what a run asks for",
        responses={409: {"model": DecisionProblem, "description": "Decided, answered, or too late."}},
        openapi_extra=bodies.described(DecisionSent),
    )
    async def decide(request: Request, run_id: UUID, seq: Seq) -> Response:
        """For people. Of several who decide, the first one does; the others are told who it was."""

        async def make(door: Door, told: DecisionSent) -> Json:
            return await commands.decide(
                door, told.request_id, run_id, seq, decision=told.decision, comment=told.comment
            )

        try:
            return await parts.steer(request, DecisionSent, make)
        except AlreadyDecidedError as problem:
            decision = problem.decision.model_dump(mode="json", exclude_none=True)
            return problem_response(problem, decision=decision)


def _add_steering(router: APIRouter, parts: _Parts) -> None:
    ended: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "The run has ended."}}

    @router.post(
        "/runs/stop",
        response_model=Command,
        summary="Stop all runs",
        openapi_extra=bodies.described(CommentSent),
    )
    async def stop_all(request: Request) -> Response:
        """For people. `runs` says how many were running."""

        async def make(door: Door, told: CommentSent) -> Json:
            return await commands.stop_all(door, told.request_id, told.comment)

        return await parts.steer(request, CommentSent, make)

    @router.post(
        "/runs/{run_id}/stop",
        response_model=Command,
        summary="Stop a run",
        responses=ended,
        openapi_extra=bodies.described(CommentSent),
    )
    async def stop(request: Request, run_id: UUID) -> Response:
        """For people. A stop that is under way already is given back."""

        async def make(door: Door, told: CommentSent) -> Json:
            return await commands.stop(door, told.request_id, run_id, told.comment)

        return await parts.steer(request, CommentSent, make)

    @router.post(
        "/runs/{run_id}/tasks",
        response_model=Command,
        summary="Put a task on a run's plan",
        responses=ended,
        openapi_extra=bodies.described(TaskSent),
    )
    async def add_task(request: Request, run_id: UUID) -> Response:
        """For people."""

        async def make(door: Door, told: TaskSent) -> Json:
            return await commands.add_task(door, told.request_id, run_id, told.text)

        return await parts.steer(request, TaskSent, make)


def _add_log(router: APIRouter, parts: _Parts) -> None:
    @router.get("/command-log", response_model=CommandPage, summary="What people told agents, newest first")
    async def listed(
        request: Request,
        *,
        run: UUID | None = None,
        status: Status | None = None,
        limit: Annotated[int, Query(ge=1, le=commands.MOST_LISTED)] = 100,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Response:
        """For people who may see runs."""
        operator = await parts.people.reading(request)
        return Told(await commands.listed(operator.door, run, status, limit, cursor))

    @router.post(
        "/command-log/{command_id}/resend",
        response_model=Command,
        summary="Tell an agent again",
        responses={409: {"model": Problem, "description": "It is under way, done, or of no use any more."}},
        openapi_extra=bodies.described(Asked),
    )
    async def resend(request: Request, command_id: UUID) -> Response:
        """For people: what is `dead`, `failed` or `expired`."""

        async def make(door: Door, told: Asked) -> Json:
            return await commands.resend(door, told.request_id, command_id)

        return await parts.steer(request, Asked, make)
