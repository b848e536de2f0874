"""The examples do what they say, run as a person runs them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from telemetry.event_schema import event_to_json, events_from_json
from telemetry.events import Event, Kind
from tests.ingest.redis_world import KEY, world
from tests.telemetry.exports import RECEIVED_AT, captured
from tests.waiting import until

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@dataclass
class Panel:
    """Takes events as the panel does, up to `most` in a request."""

    url: str = ""
    most: int = 1_000
    events: list[Event] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    requests: int = 0


@contextmanager
def panel() -> Iterator[Panel]:
    made = Panel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            events = events_from_json(body, RECEIVED_AT).events
            is_too_much = len(events) > made.most
            made.requests += 1
            made.keys.add(self.headers["Authorization"])
            if not is_too_much:
                made.events += events
            self.send_response(404 if self.path != "/api/v1/events" else 413 if is_too_much else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def run(example: str, *arguments: str, **environment: str) -> None:
    command = [sys.executable, str(EXAMPLES / example), *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


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
