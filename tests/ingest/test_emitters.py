"""What the released packages export becomes the right run by the whole way: HTTP, worker, database, back."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.ingest.telling import Telling
from tests.telemetry.exports import CAPTURES


def exports(name: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((CAPTURES / f"{name}.json").read_text())
    return told


async def tell(panel: Telling, listed: list[dict[str, Any]]) -> None:
    for export in listed:
        answer = await panel.post(export["path"], json.dumps(export["body"]))
        assert (answer.status_code, answer.json()) == (200, {})


FACTS = ("status", "model_calls", "tool_calls", "tokens_input", "tokens_output", "models", "failures")
FAKE, DATED, TOO = ["fake-1"], ["fake-1-2026-01-01"], ["fake-1-2026-01-01", "refused"]
ONE_CALL, TWO_CALLS = (120, 7), (240, 14)

RUNS: dict[str, list[tuple[Any, ...]]] = {
    "langchain-gen-ai-by-hand": [("done", 1, 1, *ONE_CALL, DATED, 0)],
    "langgraph-cancel": [("stopped", 0, 0, 0, 0, [], 0)],
    "langgraph-error": [("error", 0, 0, 0, 0, [], 2)],
    "langgraph-interrupt": [("done", 0, 0, 0, 0, [], 0)],
    "langgraph-stream": [("done", 1, 0, 0, 0, FAKE, 0)],
    "langgraph-tool": [("done", 2, 1, *TWO_CALLS, FAKE, 0)],
    "langgraph-tool-interrupt": [("done", 2, 2, *TWO_CALLS, FAKE, 0)],
    "litellm-fallback": [
        ("done", 1, 0, *ONE_CALL, ["gpt-4o-mini-2026-01-01"], 0),
        ("done", 1, 0, *ONE_CALL, ["gpt-4o-mini-2026-01-01"], 0),
        ("error", 1, 0, 0, 0, ["broken"], 1),
        ("error", 1, 0, 0, 0, ["refused"], 1),
    ],
    "litellm-proxy-by-hand": [("done", 1, 0, *ONE_CALL, ["gpt-4o-mini"], 0)],
    "logfire-pending": [("done", 2, 1, *TWO_CALLS, FAKE, 0)],
    "newest-conventions-by-hand": [("done", 1, 0, *ONE_CALL, FAKE, 0)],
    # the half after the approval is never told of, and nothing says that there was one
    "openai-agents-approval": [("done", 1, 1, *ONE_CALL, FAKE, 0)],
    "openai-agents-tool": [("done", 2, 1, *TWO_CALLS, FAKE, 0)],
    "openai-event-only": [("done", 3, 0, *TWO_CALLS, TOO, 1)],
    "openai-old-conventions": [("done", 3, 0, *TWO_CALLS, TOO, 1)],
    "openai-span-only": [("done", 3, 0, *TWO_CALLS, TOO, 1)],
    "openllmetry-ollama": [
        ("done", 1, 0, *ONE_CALL, ["llama3"], 0),
        ("done", 1, 0, *ONE_CALL, ["llama3"], 0),
        ("error", 1, 0, 0, 0, ["broken"], 1),
    ],
    "pydantic-ai-v2": [
        ("done", 2, 1, *TWO_CALLS, FAKE, 0),
        ("done", 2, 1, *TWO_CALLS, FAKE, 0),
        ("error", 1, 1, *ONE_CALL, FAKE, 2),
    ],
    "pydantic-ai-v2-approval-required-by-hand": [("waiting", 0, 1, 0, 0, [], 0)],
}
RUNS["pydantic-ai-v5"] = RUNS["pydantic-ai-v6"] = RUNS["pydantic-ai-v2"]
"""Of each capture, its runs as `FACTS`, in no order. One with an approval in it is one run of two traces."""


async def known(panel: Telling) -> list[tuple[Any, ...]]:
    return sorted(tuple(run[name] for name in FACTS) for run in await panel.runs())


def spans_one_by_one(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same spans and records, each in an export of its own."""
    alone = []
    for export in listed:
        for outer, inner, records in (
            ("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"),
        ):  # fmt: skip
            for of_resource in export["body"].get(outer, ()):
                for of_scope in of_resource[inner]:
                    for record in of_scope[records]:
                        scope = {**of_scope, records: [record]}
                        body = {outer: [{**of_resource, inner: [scope]}]}
                        alone.append({"path": export["path"], "body": body})
    return alone


def test_every_capture_has_its_runs() -> None:
    assert set(RUNS) == {path.stem for path in CAPTURES.glob("*.json")}


@pytest.mark.parametrize("name", sorted(RUNS))
async def test_a_capture_becomes_its_runs(panel: Telling, name: str) -> None:
    await tell(panel, exports(name))
    expected = sorted(RUNS[name])
    assert await known(panel) == expected
    await tell(panel, list(reversed(exports(name))))
    assert await known(panel) == expected, "told again"


@pytest.mark.parametrize("name", sorted(RUNS))
async def test_it_does_in_whatever_order_and_pieces(panel: Telling, name: str) -> None:
    pieces = spans_one_by_one(exports(name))
    pieces += pieces[::3]
    random.Random(name).shuffle(pieces)
    await tell(panel, pieces)
    assert await known(panel) == sorted(RUNS[name])
    for run in await panel.runs():
        assert [event["seq"] for event in await panel.events(run)] == list(range(1, run["events"] + 1))


@pytest.mark.parametrize("name", ["langgraph-interrupt", "langgraph-tool-interrupt", "pydantic-ai-v6"])
async def test_a_run_waits_until_it_is_gone_on_with(panel: Telling, name: str) -> None:
    seen = []
    for piece in spans_one_by_one(exports(name)):
        await tell(panel, [piece])
        seen += [run["status"] for run in await panel.runs() if run["status"] == "waiting"]
    assert "waiting" in seen
    assert all(run["status"] != "waiting" for run in await panel.runs())


async def test_no_key_of_theirs_is_kept(panel: Telling) -> None:
    """The captures' keys begin so; LiteLLM and OpenAI put them into messages and stacks."""
    for name in sorted(RUNS):
        assert "sk-" in json.dumps(exports(name)) or name not in {"litellm-fallback", "openai-span-only"}
        await tell(panel, exports(name))
    kept = await panel.database.fetch(
        "select event::text || coalesce((select payload::text from dashboard.event_payloads as kept"
        " where kept.run_id = event.run_id and kept.seq = event.seq), '') from dashboard.events as event"
    )
    assert len(kept) > 100
    assert [row[0] for row in kept if "sk-" in row[0]] == []
    assert sum(run["removed"] for run in await panel.runs()) > 0
