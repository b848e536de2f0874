"""What counts as a failure, and what does not."""

from __future__ import annotations

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from telemetry.events import Problem, Status
from tests.telemetry.exports import one, raised

FAILED = SpanStatus(code=SpanStatus.STATUS_CODE_ERROR, message="it broke")


def test_an_error_without_an_exception() -> None:
    assert one({"error.type": "timeout"}, status=FAILED).problem == Problem("timeout", "it broke")


def test_an_exception_that_was_caught_is_a_problem_of_a_success() -> None:
    event = one(events=[raised("ValueError", "tried again")])
    assert (event.status, event.problem) == (Status.SUCCEEDED, Problem("ValueError", "tried again"))


def test_an_exception_that_escaped_is_a_failure() -> None:
    event = one(events=[raised("ValueError", "no", escaped="True")])
    assert event.status is Status.FAILED


def test_the_last_exception_counts() -> None:
    event = one(events=[raised("asyncio.CancelledError", ""), raised("ValueError", "no")], status=FAILED)
    assert (event.status, event.problem) == (Status.FAILED, Problem("ValueError", "no"))


def test_a_wait_in_a_span_that_failed_otherwise() -> None:
    event = one(events=[raised("GraphInterrupt", ""), raised("ValueError", "no")], status=FAILED)
    assert event.status is Status.FAILED


@pytest.mark.parametrize(
    "kind", ["CancelledError", "asyncio.exceptions.CancelledError", "concurrent.futures.CancelledError"]
)
def test_cancels(kind: str) -> None:
    assert one(events=[raised(kind, "")], status=FAILED).status is Status.STOPPED
    assert one({"error.type": kind}, status=FAILED).status is Status.STOPPED


def test_a_name_that_only_ends_like_a_cancel() -> None:
    assert one(events=[raised("OrderCancelledError", "")], status=FAILED).status is Status.FAILED
