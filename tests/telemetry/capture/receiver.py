"""A small OTLP/HTTP receiver on loopback: keeps what it is sent as OTLP JSON, no trace of the machine."""

from __future__ import annotations

import base64
import getpass
import gzip
import json
import os
import re
import socket
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
REQUESTS = {"/v1/traces": ExportTraceServiceRequest, "/v1/logs": ExportLogsServiceRequest}
IDS = ("traceId", "spanId", "parentSpanId")
OF_THE_MACHINE = ("host.", "process.", "os.", "service.instance.id", "code.file", "code.filepath", "thread.")


@contextmanager
def capture(name: str) -> Iterator[str]:
    """Yields the address, such as `http://127.0.0.1:40000`; writes `captures/<name>.json` at the end."""
    kept: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path in REQUESTS:
                kept.append({"path": self.path, "body": _as_json(REQUESTS[self.path].FromString(body))})
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
    text = _without_machine(json.dumps(kept, indent=1, ensure_ascii=False))
    CAPTURES.mkdir(exist_ok=True)
    (CAPTURES / f"{name}.json").write_text(text + "\n")


def _as_json(request: Any) -> Any:
    body = json_format.MessageToDict(request, use_integers_for_enums=True)
    return _cleaned(body)


def _cleaned(value: Any) -> Any:
    """Ids in hex, as OTLP JSON has them (opentelemetry.io/docs/specs/otlp, JSON Protobuf Encoding)."""
    if isinstance(value, list):
        return [_cleaned(item) for item in value if not _is_of_the_machine(item)]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(item).hex() if key in IDS and isinstance(item, str) else _cleaned(item)
        for key, item in value.items()
    }


def _is_of_the_machine(item: Any) -> bool:
    return isinstance(item, dict) and str(item.get("key", "")).startswith(OF_THE_MACHINE)


def _without_machine(text: str) -> str:
    """Paths of the interpreter, of packages and of these programs, the host's and user's name replaced."""
    places = {
        sysconfig.get_paths()["purelib"]: "/app/site-packages",
        sysconfig.get_paths()["stdlib"]: "/app/python",
        str(CAPTURES.parent): "/app",
        sys.prefix: "/app",
        sys.base_prefix + "/lib": "/app/lib",
        str(Path.home()): "/home/agent",
        os.getcwd(): "/app",
    }
    for place in sorted(places, key=len, reverse=True):
        if len(place) > 1:
            text = text.replace(place, places[place])
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", text)
    text = text.replace(socket.gethostname(), "host")
    return text if getpass.getuser() in {"root", ""} else text.replace(getpass.getuser(), "agent")
