"""A database's REST that answers `purge_expired` only, and remembers who asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

SECRET = "s" * 40


class FakeDatabase(ThreadingHTTPServer):
    """Answers `purge_expired` once with rows, then with none, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FakeDatabaseHandler)
        self.asked: list[tuple[str, dict[str, Any], dict[str, object]]] = []
        self.keys: set[str] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class FakeDatabaseHandler(BaseHTTPRequestHandler):
    server: FakeDatabase
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        token = self.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        arguments = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, claims, arguments))
        self.server.keys.add(self.headers["apikey"])
        self.server.may_answer.wait(60)
        removed = 7 if len(self.server.asked) == 1 else 0
        body = json.dumps([{"table_name": "auth_sessions", "removed": removed}]).encode()
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except BrokenPipeError:
            self.close_connection = True  # the run was killed meanwhile

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the test's output quiet."""


@contextmanager
def fake_database() -> Iterator[FakeDatabase]:
    """One that answers until the block ends."""
    server = FakeDatabase()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
