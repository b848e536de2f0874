"""What the panel and its worker process say to each other: frames of a JSON head and a body of bytes.

A frame is the lengths of both, as two unsigned 32-bit numbers in network order, then both.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from errors import AppError, Invalid, TooLarge

LENGTHS = struct.Struct("!II")

Kind = Literal["traces", "logs", "events"]


@dataclass(frozen=True, slots=True)
class Job:
    """One body that somebody sent, with the headers that say how to read it and the salon's rules as JSON."""

    kind: Kind
    body: bytes
    content_type: str
    content_encoding: str
    rules: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """Events as JSON, ready for `append_events`; `rejected` are records that were no events."""

    events: bytes
    count: int
    rejected: int = 0


def job_frame(job: Job) -> bytes:
    """A job as it goes to the worker."""
    head = orjson.dumps(
        {
            "kind": job.kind,
            "content_type": job.content_type,
            "content_encoding": job.content_encoding,
            "rules": job.rules.decode(),
        }
    )
    return LENGTHS.pack(len(head), len(job.body)) + head + job.body


def job_of(head: bytes, body: bytes) -> Job:
    """The same, arrived."""
    told = orjson.loads(head)
    return Job(told["kind"], body, told["content_type"], told["content_encoding"], told["rules"].encode())


def prepared_frame(prepared: Prepared) -> bytes:
    """A result on its way back."""
    head = orjson.dumps({"count": prepared.count, "rejected": prepared.rejected})
    return LENGTHS.pack(len(head), len(prepared.events)) + head + prepared.events


_REFUSALS: dict[str, type[AppError]] = {"Invalid": Invalid, "TooLarge": TooLarge}


def refusal_frame(problem: Invalid | TooLarge) -> bytes:
    """A refusal on its way back."""
    told: dict[str, Any] = {
        "refused": "TooLarge" if isinstance(problem, TooLarge) else "Invalid",
        "message": problem.message,
        "code": problem.code,
        "advice": problem.advice,
        "params": {name: str(value) for name, value in problem.params.items()},
    }
    head = orjson.dumps(told)
    return LENGTHS.pack(len(head), 0) + head


def result_of(head: bytes, body: bytes) -> Prepared:
    """What the worker made. Raises the `Invalid` or `TooLarge` that it answered in its place."""
    told = orjson.loads(head)
    if "refused" in told:
        kind = _REFUSALS[told["refused"]]
        raise kind(told["message"], code=told["code"], advice=told["advice"], **told["params"])
    return Prepared(body, told["count"], told["rejected"])
