"""The words for what happened in events that are sent as JSON -> the kinds, phases and statuses of the model.

| Word | Kind | Phase, where none is told | Status, where none is told |
| --- | --- | --- | --- |
| `agent`, `node`, `model_call`, `tool_call`, `retrieval`, `other` | the same | `begun` if its status is `running`, else `ended` | `done` |
| `user_input`, `plan_update`, `approval_decision`, `routing`, `log` | the same | `point`; `ended` if it has an `ended_at` | `done` |
| `approval_request` | the same | as above | `waiting` |
| `model_request` | `model_call` | `begun`, no other | `running` |
| `model_response` | `model_call` | `ended`, no other | `done` |
| `tool_result` | `tool_call` | `ended`, no other | `done` |
| `state_change` | `node` | `point`, no other | `done` |
| `message` | `log` | `point`, no other | `done` |
| `error` | `log` | `point`, no other | `error` |

Whatever begins is `running`, and whatever has an `error` is `error`, where no status is told.
"""  # noqa: E501  # a table

from __future__ import annotations

from typing import Literal

from telemetry.events import Kind, Phase, Status

Word = Literal[
    "user_input", "model_call", "tool_call", "agent", "node", "retrieval", "plan_update", "approval_request",
    "approval_decision", "routing", "log", "other",
    "model_request", "model_response", "tool_result", "state_change", "message", "error",
]  # fmt: skip

_MEANS: dict[str, tuple[Kind, Phase]] = {
    "model_request": (Kind.MODEL_CALL, Phase.BEGUN),
    "model_response": (Kind.MODEL_CALL, Phase.ENDED),
    "tool_result": (Kind.TOOL_CALL, Phase.ENDED),
    "state_change": (Kind.NODE, Phase.POINT),
    "message": (Kind.LOG, Phase.POINT),
    "error": (Kind.LOG, Phase.POINT),
}
_TAKES_NO_TIME = frozenset(
    {
        Kind.USER_INPUT,
        Kind.PLAN_UPDATE,
        Kind.APPROVAL_REQUEST,
        Kind.APPROVAL_DECISION,
        Kind.ROUTING,
        Kind.LOG,
    }
)


def meant(
    word: Word, phase: Phase | None, status: Status | None, *, has_error: bool, has_ended: bool
) -> tuple[Kind, Phase, Status]:
    """By the table above. `has_ended` says that an end is told. Raises ValueError where these contradict."""
    kind, only = _MEANS.get(word) or (Kind(word), None)
    if phase is None:
        phase = only or _phase(kind, status, has_ended)
    if only not in (None, phase):
        raise ValueError(f"the phase of {word} is {only}")
    if status is None:
        status = _status(word, phase, has_error)
    if phase is Phase.BEGUN and (status is not Status.RUNNING or has_ended):
        raise ValueError("what has begun is running, and has no ended_at yet: tell its end by a second event")
    if phase is Phase.ENDED and status is Status.RUNNING:
        raise ValueError("what has ended is not running")
    if phase is Phase.POINT and has_ended:
        raise ValueError("what is a point in time has no ended_at")
    return kind, phase, status


def _phase(kind: Kind, status: Status | None, has_ended: bool) -> Phase:
    if kind in _TAKES_NO_TIME:
        return Phase.ENDED if has_ended else Phase.POINT
    return Phase.BEGUN if status is Status.RUNNING else Phase.ENDED


def _status(word: Word, phase: Phase, has_error: bool) -> Status:
    if has_error or word == "error":
        return Status.FAILED
    if phase is Phase.BEGUN:
        return Status.RUNNING
    return Status.WAITING if word == "approval_request" else Status.SUCCEEDED
