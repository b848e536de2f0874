"""The line of an event in the feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from telemetry.event_schema import events_from_json
from telemetry.stored import summary

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"result": {"tasks": ["book"], "reason": "The client\nwants it"}}, "The client wants it"),
        ({"input": {"todos": [], "reason": "Nothing is left"}}, "Nothing is left"),
        ({"result": {"tasks": ["book"], "reason": " "}}, '{"tasks":["book"],"reason":" "}'),
        ({"result": {"tasks": ["book"], "reason": ["why"]}}, '{"tasks":["book"],"reason":["why"]}'),
        ({"result": ["book"]}, '["book"]'),
        ({}, None),
    ],
)
def test_a_plan_says_why_it_is_so_where_that_is_known(told: dict[str, Any], line: str | None) -> None:
    event = {"run_id": "t", "kind": "plan_update", "name": "plan", **told}
    (read,) = events_from_json(orjson.dumps(event), NOW).events
    assert summary(read) == line
