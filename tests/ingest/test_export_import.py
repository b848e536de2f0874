"""A run goes out of one database and into another as the same run; and by Redis into the real intake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from background import beside
from ingest.redis_source import RedisPlace, RedisSource
from tests.ingest.redis_world import GROUP, STREAM, told, world
from tests.ingest.telling import Telling, forget
from tests.telemetry.exports import CAPTURES
from tests.waiting import until

NOT_IN_IT = ("received_at", "seq", "removed", "summary")
"""When and in which pieces it came (within one request, events are put in the order of their times), how many
secrets it had before, and the line for the feed, which is made anew of JSON whose keys have another order."""
OF_EACH_KIND = (
    "langchain-gen-ai-by-hand", "langgraph-tool-interrupt", "litellm-fallback", "logfire-pending",
    "openai-agents-tool", "openai-event-only", "openllmetry-ollama", "pydantic-ai-v6",
)  # fmt: skip
"""One capture of each emitter: without the database, all of them make this way in `tests/telemetry`."""
PATHS = {"json": "/api/v1/events", "otlp": "/v1/traces"}


async def everything(panel: Telling) -> list[dict[str, Any]]:
    """All runs with all of their events, as far as an export has them."""
    runs = sorted(await panel.runs(), key=lambda run: run["run_id"])
    return [run | {"events": as_sent(await panel.events(run)), "removed": 0} for run in runs]


def as_sent(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    plain = [{name: value for name, value in event.items() if name not in NOT_IN_IT} for event in events]
    return sorted(plain, key=lambda event: event["event_id"])


async def exported(panel: Telling, form: str) -> list[bytes]:
    files = []
    for run in reversed(await panel.runs()):
        answer = await panel.http.get(
            f"/api/v1/runs/{run['run_id']}/export?format={form}",
            headers={"authorization": f"Bearer {panel.key}"},
        )
        answer.raise_for_status()
        files.append(answer.content)
    return files


async def send(panel: Telling, form: str, files: list[bytes]) -> None:
    for file in files:
        answer = await panel.post(PATHS[form], file)
        assert answer.status_code == 200, answer.text
        assert "partialSuccess" not in answer.json()


@pytest.mark.parametrize("form", ["json", "otlp"])
@pytest.mark.parametrize("name", OF_EACH_KIND)
async def test_a_run_of_a_real_agent_comes_back_the_same(panel: Telling, name: str, form: str) -> None:
    for export in json.loads((CAPTURES / f"{name}.json").read_text()):
        await panel.post(export["path"], json.dumps(export["body"]))
    before = await everything(panel)
    files = await exported(panel, form)

    await send(panel, form, files)
    assert await everything(panel) == before  # it is still there: nothing is repeated

    await forget(panel)
    await send(panel, form, files)
    assert await everything(panel) == before


@pytest.mark.parametrize("form", ["json", "otlp"])
async def test_a_run_of_a_bot_comes_back_the_same(panel: Telling, form: str) -> None:
    events = [
        told("begins") | {"step_id": "s", "status": "running", "parent_id": "root", "iteration": 2},
        told("ends") | {"step_id": "s", "parent_id": "root", "error": {"message": "m", "stack": "s"}},
        {"run_id": "r", "kind": "model_call", "model": "gpt-5-mini", "tokens": {"input": 9, "output": 1},
         "routing": {"chosen": "gpt-5-mini"}, "prompt": [{"role": "user", "content": "<b>"}]},
        {"run_id": "r", "kind": "approval_request", "name": "book", "arguments": {"at": [None, 1.5, "\0"]}},
        {"run_id": "r", "kind": "agent", "agent": "Booker", "step_id": "root", "status": "waiting"},
    ]  # fmt: skip
    answer = await panel.post("/api/v1/events", json.dumps(events), content_type="application/json")
    assert answer.status_code == 200, answer.text
    before = await everything(panel)
    files = await exported(panel, form)
    await forget(panel)
    await send(panel, form, files)
    assert await everything(panel) == before


async def test_redis_reaches_the_database_and_is_read_again_without_repeating(panel: Telling) -> None:
    async with world() as here:
        await here.add("a", "b")
        await here.put(b"{")
        await here.add("c", key="agp_unknown")
        place = RedisPlace(f"redis://127.0.0.1:{here.line.port}/0", STREAM, GROUP, key=panel.key)
        for _ in range(2):
            source = RedisSource(place, panel.machines.keys, panel.machines.intake)
            async with beside(source.run(), "events from Redis"):
                await until(here.is_done)
            # as if it had been killed before it could acknowledge
            await here.redis.xgroup_destroy(STREAM, GROUP)
        codes = [each["code"] for each in await here.refused()]
        assert codes == ["events_unreadable", "key_invalid"] * 2
    (run,) = await panel.runs()
    assert [event["name"] for event in await panel.events(run)] == ["a", "b"]


@pytest.mark.parametrize(
    "value",
    [2**64, -(10**4000), 1e308, 5e-324, "\0", {"\0": {"\ud800": "\udfff"}}, {"": {}}, [[]] * 9, "\u2028"],
    ids=lambda value: repr(value)[:20],
)
async def test_whatever_can_be_sent_can_be_stored_and_read(panel: Telling, value: Any) -> None:
    event: dict[str, Any] = told("\0") | dict.fromkeys(("arguments", "result", "input"), value)
    event |= {"attributes": {"a": value}, "agent": "\ud800", "cost": "1E-60", "iteration": 2**31 - 1}
    event |= {"at": "1971-01-01T00:00:00+14:00", "ended_at": "2553-12-31T00:00:00Z", "event_id": "x" * 400}
    answer = await panel.post("/api/v1/events", json.dumps(event))
    assert answer.status_code == 200, answer.text
    (run,) = await panel.runs()
    (read,) = await panel.events(run)
    assert read["payload"].keys() == {"arguments", "result", "input", "attributes"}


async def test_a_round_beyond_counting_holds_up_nobody_elses_events(panel: Telling) -> None:
    """What a database's integer cannot hold would refuse the whole commit."""
    metadata = '{"langgraph_node": "n", "langgraph_step": 9999999999}'
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "n", "attributes": [
        {"key": "openinference.span.kind", "value": {"stringValue": "CHAIN"}},
        {"key": "metadata", "value": {"stringValue": metadata}},
    ]}  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    answer = await panel.post("/v1/traces", body)
    assert answer.status_code == 200, answer.text
    assert len(await panel.runs()) == 1
