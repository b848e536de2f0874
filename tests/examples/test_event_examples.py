"""The examples do what they say, run as a person runs them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from telemetry.event_schema import event_to_json
from telemetry.events import Kind
from tests.examples.fake_panel import EXAMPLES, panel, run
from tests.ingest.redis_world import KEY, world
from tests.telemetry.exports import captured
from tests.waiting import until


def test_a_bot_tells_a_task_over_http() -> None:
    with panel() as there:
        run("bot_events.py", PANEL_URL=there.url, PANEL_KEY="agp_key")
    assert there.keys == {"Bearer agp_key"}
    kinds = [event.kind for event in there.events]
    assert kinds == [Kind.USER_INPUT, Kind.TOOL_CALL, Kind.MODEL_CALL, Kind.AGENT]
    assert {event.trace_id for event in there.events} == {"task-7"}
    assert [event.is_root for event in there.events] == [False, False, False, True]


async def test_a_bot_tells_a_task_over_redis() -> None:
    async with world() as here, here.running():
        address = f"redis://127.0.0.1:{here.line.port}/0"
        await asyncio.to_thread(run, "redis_events.py", REDIS_URL=address)
        await until(lambda: here.intake.names() == ["question", "find_slots", "Booker"])
        assert [event.kind for event in here.intake.recorded[KEY]] == [
            Kind.USER_INPUT,
            Kind.TOOL_CALL,
            Kind.AGENT,
        ]


def test_an_exported_run_is_sent_in_again_whole_and_in_order(tmp_path: Path) -> None:
    (first, *_) = captured("langgraph-tool")
    told = [event_to_json(first) | {"event_id": str(number)} for number in range(450)]
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"events": told}))
    with panel() as there:
        there.most = 60
        run("import_run.py", str(file), PANEL_URL=there.url, PANEL_KEY="agp_key")
    assert [event.event_id for event in there.events] == [str(number) for number in range(450)]


def test_the_first_example_is_short() -> None:
    code = (EXAMPLES / "bot_events.py").read_text().split('"""\n', 1)[1]
    needed = [
        line for line in code.split("\n\n\ntell(")[0].splitlines() if line.strip() and '"""' not in line
    ]
    assert len(needed) <= 10
