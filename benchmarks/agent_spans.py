"""Spans of pretend agents, about 2 KB each, as an exporter sends them; and what sends them."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SPANS_OF_TRACE = 20
BATCH = 200
TEXT_BYTES = 520
"""Of each of three messages; with the rest a span is some 2.2 KB."""
HEADERS = {"content-type": "application/x-protobuf"}
_WORDS = [
    "balayage",
    "Thursday",
    "stylist",
    "colour",
    "confirm",
    "slot",
    "deposit",
    "keratin",
    "manicure",
    "voucher",
    "reminder",
    "opening",
]
_RANDOM = random.Random(20260920)


def trace(spans: int = SPANS_OF_TRACE) -> list[Span]:
    """One run of an agent: a root, and model and tool calls in it."""
    trace_id, begun = os.urandom(16), time.time_ns() - 60_000_000_000
    made = [_span(trace_id, b"", 0, begun)]
    for number in range(1, spans):
        parent = made[0] if number % 5 else _RANDOM.choice(made)
        made.append(_span(trace_id, parent.span_id, number, begun + number * 1_000_000))
    made[0].end_time_unix_nano = max(span.end_time_unix_nano for span in made) + 1_000_000
    return made


def traces(spans: int, *, interleaved: bool = False) -> list[Span]:
    """Many runs after each other, or all of them at once."""
    made = [span for _ in range(spans // SPANS_OF_TRACE) for span in trace()]
    if interleaved:
        _RANDOM.shuffle(made)
    return made


def body(spans: Sequence[Span]) -> bytes:
    """One export."""
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.append(_pair("service.name", "benchmark"))
    of_resource.scope_spans.add().spans.extend(spans)
    return bytes(request.SerializeToString())


def bodies(spans: Sequence[Span]) -> list[bytes]:
    """Exports of `BATCH` spans each."""
    return [body(spans[at : at + BATCH]) for at in range(0, len(spans), BATCH)]


@dataclass
class Exporters:
    """Threads that post exports to one panel, each over its own connection."""

    url: str
    key: str
    acknowledged: list[bytes] = field(default_factory=list)
    """The exports that were answered with success."""

    def client(self) -> httpx.Client:
        """With the key."""
        return httpx.Client(base_url=self.url, headers={"x-api-key": self.key, **HEADERS}, timeout=60)

    def send(self, exports: Sequence[bytes], senders: int = 4) -> float:
        """Post all of them and return how many seconds that took; ends early when the panel does."""
        waiting, lock = iter(exports), threading.Lock()

        def post() -> None:
            with self.client() as http:
                while True:
                    with lock:
                        export = next(waiting, None)
                    if export is None:
                        return
                    try:
                        http.post("/v1/traces", content=export).raise_for_status()
                    except httpx.TransportError:
                        return
                    self.acknowledged.append(export)

        began = time.perf_counter()
        with ThreadPoolExecutor(senders) as pool:
            for sender in [pool.submit(post) for _ in range(senders)]:
                sender.result()
        return time.perf_counter() - began


class Background:
    """`per_second` spans, sent by another process while the block runs: who measures waits for none."""

    def __init__(self, exporters: Exporters, per_second: int) -> None:
        processes = multiprocessing.get_context("spawn")
        self._begun, self._ended = processes.Event(), processes.Event()
        self._process = processes.Process(
            target=_send_steadily, args=(exporters, per_second, self._begun, self._ended), daemon=True
        )

    def __enter__(self) -> None:
        self._process.start()
        self._begun.wait()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._process.join()


def _send_steadily(exporters: Exporters, per_second: int, begun: Event, ended: Event) -> None:
    began, sent = time.perf_counter(), 0
    with exporters.client() as http:
        while not ended.is_set():
            http.post("/v1/traces", content=body(trace())).raise_for_status()
            begun.set()
            sent += SPANS_OF_TRACE
            ahead = sent / per_second - (time.perf_counter() - began)
            if ahead > 0:
                ended.wait(ahead)


def _span(trace_id: bytes, parent: bytes, number: int, begun: int) -> Span:
    told: dict[str, str | int] = {"gen_ai.conversation.id": f"thread-{trace_id.hex()[:8]}"}
    if not parent:
        name = "invoke_agent receptionist"
        told |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "receptionist"}
    elif number % 3 == 0:
        name = "execute_tool find_slots"
        told |= {
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find_slots",
            "gen_ai.tool.call.arguments": json.dumps({"day": "Thursday", "service": _text(40)}),
            "gen_ai.tool.call.result": json.dumps({"slots": [_text(20) for _ in range(4)]}),
        }  # fmt: skip
    else:
        name = "chat llama3.1:8b"
        told |= {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "ollama",
            "gen_ai.request.model": "llama3.1:8b", "gen_ai.usage.input_tokens": _RANDOM.randint(50, 4000),
            "gen_ai.usage.output_tokens": _RANDOM.randint(5, 700),
        }  # fmt: skip
    told["gen_ai.input.messages"] = json.dumps(
        [
            {"role": role, "parts": [{"type": "text", "content": _text(TEXT_BYTES)}]}
            for role in ("system", "user")
        ]
    )
    told["gen_ai.output.messages"] = json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": _text(TEXT_BYTES)}]}]
    )
    return Span(
        trace_id=trace_id,
        span_id=os.urandom(8),
        parent_span_id=parent,
        name=name,
        start_time_unix_nano=begun,
        end_time_unix_nano=begun + _RANDOM.randint(2, 900) * 1_000_000,
        attributes=[_pair(key, value) for key, value in told.items()],
    )


def _text(length: int) -> str:
    return " ".join(_RANDOM.choices(_WORDS, k=length // 6))[:length]


def _pair(key: str, value: str | int) -> KeyValue:
    given = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
    return KeyValue(key=key, value=given)
