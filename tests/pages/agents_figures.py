"""Agents' figures as the database tells them: of a salon at work, and what differs in others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

DAYS = 30
FIRST = datetime(2026, 2, 13, 21, tzinfo=UTC)
"""Midnight in Moscow, 30 days before the end of the fakes' today."""


def document(**changes: Any) -> dict[str, Any]:
    """What `dashboard.agent_metrics` answers; `changes` replace parts of it."""
    return {
        "time_zone": "Europe/Moscow",
        "unit": "day",
        "by": "model",
        "has_runs": True,
        "totals": totals(),
        "approvals": {
            "asked": 16, "approved": 9, "rejected": 3, "unclear": 1, "unanswered": 2, "open": 1,
            "p50_ms": 95_000,
        },
        "points": [point(at) for at in range(DAYS)],
        "rows": [
            row(name="gpt-5", calls=900, failures=12, p50_ms=850.4, p95_ms=12_400, max_ms=61_000),
            row(
                name="<img src=x onerror=alert(1)>", calls=100, unpriced_calls=100, unmetered_calls=100,
                costs=[],
            ),
            row(calls=3, unpriced_calls=1),
        ],
        "rows_in_all": 3,
    } | changes  # fmt: skip


def totals(**changes: Any) -> dict[str, Any]:
    """Of the period."""
    return {
        "runs": 400, "running": 2, "waiting": 1, "done": 377, "error": 20, "stopped": 0,
        "model_calls": 1003, "tool_calls": 512, "failures": 31,
        "tokens_input": 1_250_000, "tokens_output": 98_000, "tokens_cached": 400_000,
        "tokens_reasoning": 12_000,
        "unmetered_calls": 100, "unpriced_calls": 101,
        "costs": [{"currency": "USD", "amount": 12.5}, {"currency": "EUR", "amount": 0.0042}],
        "p50_ms": 850.4, "p95_ms": 12_400, "timed_calls": 1000,
    } | changes  # fmt: skip


def point(at: int, **changes: Any) -> dict[str, Any]:
    """A day."""
    return {
        "begins_at": (FIRST + timedelta(days=at)).isoformat(),
        "runs": at, "failures": at // 10, "model_calls": at * 2, "tokens_input": 1000 * at,
        "tokens_output": 100 * at, "unmetered_calls": 0, "unpriced_calls": 0,
        "costs": [{"currency": "USD", "amount": at / 10}] if at else [],
        "p50_ms": 800 if at else None, "p95_ms": 9000 if at else None,
    } | changes  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    """One line of the table; what is not known is not in it."""
    return {
        "calls": 0, "failures": 0, "tokens_input": 1000, "tokens_output": 50, "unmetered_calls": 0,
        "unpriced_calls": 0, "costs": [{"currency": "USD", "amount": 1.5}],
    } | changes  # fmt: skip


def quiet(**changes: Any) -> dict[str, Any]:
    """A period without runs."""
    nothing: dict[str, Any] = dict.fromkeys(totals(), 0) | {"costs": [], "p50_ms": None, "p95_ms": None}
    none_asked = {
        "asked": 0, "approved": 0, "rejected": 0, "unclear": 0, "unanswered": 0, "open": 0, "p50_ms": None,
    }  # fmt: skip
    empty = [
        point(at, runs=0, failures=0, model_calls=0, tokens_input=0, tokens_output=0, costs=[],
              p50_ms=None, p95_ms=None)
        for at in range(DAYS)
    ]  # fmt: skip
    return document(totals=nothing, approvals=none_asked, points=empty, rows=[], rows_in_all=0, **changes)
