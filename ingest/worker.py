"""The process that reads what agents send: `python -m ingest.worker`, with frames on its standard streams.

Decoding and redaction take a processor as long as they last, and hostile input lasts longest: here it stops
no page. Its memory is bounded, and it ends when the panel does, as its input ends then.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from datetime import UTC, datetime
from typing import BinaryIO

from errors import Invalid, TooLarge
from ingest.frames import LENGTHS, Job, Prepared, job_of, prepared_frame, refusal_frame
from telemetry import event_schema, log_records, otlp, spans
from telemetry.preparing import prepare, rules_from_json

MOST_MEMORY = 1536 * 1024 * 1024
"""Bytes of data. An export of 16 MB takes up to half of it when it is all empty spans."""
POLITENESS = 2
"""Added to the niceness: of two who want the same core, the pages come first."""


def main() -> None:
    """Answer frames until the input ends."""
    os.nice(POLITENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    source, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    gc.freeze()  # a job makes a hundred thousand values, none of them in circles: there is little to look for
    gc.set_threshold(100_000, 20, 100)
    while (lengths := _exactly(source, LENGTHS.size)) is not None:
        head_length, body_length = LENGTHS.unpack(lengths)
        head, body = _exactly(source, head_length), _exactly(source, body_length)
        if head is None or body is None:
            return
        answers.write(answer(job_of(head, body)))
        answers.flush()


def answer(job: Job) -> bytes:
    """The frame that answers a job."""
    try:
        return prepared_frame(_prepared(job))
    except (Invalid, TooLarge) as problem:
        return refusal_frame(problem)
    except MemoryError:
        return refusal_frame(
            TooLarge("The export is too large.", advice="Export fewer spans or log records at a time.")
        )


def _prepared(job: Job) -> Prepared:
    received_at = datetime.now(UTC)
    match job.kind:
        case "traces":
            reading = spans.read(otlp.traces(job.body, job.content_type, job.content_encoding), received_at)
        case "logs":
            reading = log_records.read(
                otlp.logs(job.body, job.content_type, job.content_encoding), received_at
            )
        case "events":
            reading = event_schema.events_from_json(job.body, received_at)
    rules = rules_from_json(job.rules)
    return Prepared(prepare(reading.events, rules), len(reading.events), reading.rejected)


def _exactly(source: BinaryIO, length: int) -> bytes | None:
    read = source.read(length)
    return read if len(read) == length else None


if __name__ == "__main__":
    main()
