"""A panel for the examples: it takes what they tell, and tells them what people want."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry import spans
from telemetry.event_schema import events_from_json
from telemetry.events import Event
from tests.telemetry.exports import RECEIVED_AT

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
Command = dict[str, Any]


@dataclass
class Panel:
    """Takes events as the panel does, up to `most` in a request. `wanted`: what people want of one."""

    url: str = ""
    most: int = 1_000
    wanted: Callable[[Event], list[Command]] = field(default=lambda _: [])
    events: list[Event] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    requests: int = 0
    commands: list[Command] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    def take(self, events: tuple[Event, ...]) -> bool:
        """Whether it is not too much."""
        self.requests += 1
        if len(events) > self.most:
            return False
        self.events += events
        for event in events:
            self.commands += self.wanted(event)
        return True


@contextmanager
def panel() -> Iterator[Panel]:
    """It is there meanwhile."""
    made = Panel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.keys.add(self.headers["Authorization"])
            if self.path == "/api/v1/events":
                self.answer(200 if made.take(events_from_json(body, RECEIVED_AT).events) else 413)
            elif self.path == "/v1/traces":
                is_packed = self.headers["Content-Encoding"] == "gzip"
                sent = ExportTraceServiceRequest.FromString(gzip.decompress(body) if is_packed else body)
                self.answer(200 if made.take(spans.read(sent, RECEIVED_AT).events) else 413)
            elif self.path.startswith("/api/v1/commands/"):
                made.answered.append(self.path.rpartition("/")[2])
                self.answer(200)
            else:
                self.answer(404)

        def do_GET(self) -> None:
            given, made.commands = made.commands, []
            self.answer(200, {"commands": given})

        def answer(self, status: int, body: object = None) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode() if body else b"")

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
    """One of the examples, as a person runs it, to its good end."""
    command = [sys.executable, str(EXAMPLES / example), *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
