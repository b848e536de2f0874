"""What is read of the body of an export, and what is refused."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from errors import AppError, Invalid, TooLarge
from telemetry import otlp, spans
from tests.telemetry.exports import CAPTURES, RECEIVED_AT, SPAN, TRACE, captured, export, made

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

BODY = export(made({"session.id": "thread-1"})).SerializeToString()


def as_json(**fields: Any) -> bytes:
    span = {"traceId": TRACE.hex(), "spanId": SPAN.hex(), "name": "step"} | fields
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
    ],
)
def test_a_body_is_read_as_it_is_compressed(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    request = otlp.traces(compress(BODY), PROTOBUF, encoding)
    assert request.resource_spans[0].scope_spans[0].spans[0].trace_id == TRACE


def test_json_has_ids_in_hex_and_numbers_in_either_form() -> None:
    body = as_json(
        traceId=TRACE.hex().upper(),
        parentSpanId="00000000000000ff",
        kind="SPAN_KIND_CLIENT",
        startTimeUnixNano="1772359200000000001",
        endTimeUnixNano=1772359201000000000,
        status={"code": 2},
        attributes=[
            {"key": "traceId", "value": {"stringValue": "an attribute of that name stays as it is"}},
            {"key": "text", "value": {"intValue": "7"}},
            {"key": "number", "value": {"intValue": 7}},
        ],
        links=[{"traceId": TRACE.hex(), "spanId": SPAN.hex()}],
        fieldOfANewerVersion=True,
    )
    span = otlp.traces(body, "application/json; charset=utf-8").resource_spans[0].scope_spans[0].spans[0]
    assert (span.trace_id, span.span_id, span.parent_span_id.hex()) == (TRACE, SPAN, "00000000000000ff")
    assert span.start_time_unix_nano == 1772359200000000001
    assert span.end_time_unix_nano == 1772359201000000000
    assert (span.kind, span.status.code) == (3, 2)
    assert [pair.value.int_value for pair in span.attributes[1:]] == [7, 7]
    assert span.attributes[0].value.string_value.startswith("an attribute")


def test_both_forms_make_the_same_events() -> None:
    for path in ("langgraph-tool", "pydantic-ai-v5", "litellm-fallback"):
        from_json = captured(path)
        requests = [
            otlp.traces(json.dumps(one["body"]).encode(), JSON)
            for one in json.loads((CAPTURES / f"{path}.json").read_text())
        ]
        again = [otlp.traces(request.SerializeToString(), PROTOBUF) for request in requests]
        from_protobuf = [event for request in again for event in spans.read(request, RECEIVED_AT).events]
        assert from_protobuf == from_json


def test_logs_are_read_in_both_forms() -> None:
    record = {"traceId": TRACE.hex(), "spanId": SPAN.hex(), "body": {"stringValue": "hello"}}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    request = otlp.logs(body, JSON)
    assert request.resource_logs[0].scope_logs[0].log_records[0].span_id == SPAN
    assert otlp.logs(request.SerializeToString(), PROTOBUF) == request


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (BODY[:-1], PROTOBUF, ""),
        (b"\xff" * 50, PROTOBUF, ""),
        (gzip.compress(BODY, mtime=0)[:-9], PROTOBUF, "gzip"),
        (gzip.compress(BODY, mtime=0) + b"more", PROTOBUF, "gzip"),
        (BODY, PROTOBUF, "gzip"),
        (b"", PROTOBUF, "gzip"),
        (as_json()[:-1], JSON, ""),
        (b"[]", JSON, ""),
        (b"null", JSON, ""),
        (b"\xff\xfe\x00", JSON, ""),
        (b"[" * 100_000, JSON, ""),
        (b'{"resourceSpans": 7}', JSON, ""),
        (b'{"resourceSpans": {"a": 1}}', JSON, ""),
        (b'{"resourceSpans": [[]]}', JSON, ""),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": ["spanId"]}]}]}', JSON, ""),
        (as_json(traceId="not hex"), JSON, ""),
        (as_json(traceId=7), JSON, ""),
        (as_json(traceId=None), JSON, ""),
        (as_json(startTimeUnixNano="soon"), JSON, ""),
        (as_json(startTimeUnixNano=2**64), JSON, ""),
        (as_json(startTimeUnixNano=-1), JSON, ""),
        (as_json(attributes=[{"key": "a", "value": {"stringValue": "a", "intValue": 1}}]), JSON, ""),
    ],
)
def test_a_body_that_is_not_what_it_says_is_one_clear_error(
    body: bytes, content_type: str, encoding: str
) -> None:
    with pytest.raises(Invalid) as refused:
        otlp.traces(body, content_type, encoding)
    assert refused.value.code == "otlp_unreadable"
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("content_type", "encoding", "code"),
    [
        ("text/plain", "", "otlp_content_type"),
        ("", "", "otlp_content_type"),
        ("application/grpc", "", "otlp_content_type"),
        (PROTOBUF, "br", "otlp_content_encoding"),
        (PROTOBUF, "gzip, gzip", "otlp_content_encoding"),
    ],
)
def test_what_is_not_otlp_is_refused(content_type: str, encoding: str, code: str) -> None:
    with pytest.raises(AppError) as refused:
        otlp.traces(BODY, content_type, encoding)
    assert refused.value.code == code


def test_a_zip_bomb_is_never_blown_up(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(bytes(200_000_000))
    made_of_it: list[int] = []
    inflated = otlp._inflated  # what it makes is what is measured

    def measured(body: bytes, window_bits: int, max_bytes: int) -> bytes:
        plain = inflated(body, window_bits, max_bytes)
        made_of_it.append(len(plain))
        return plain

    monkeypatch.setattr(otlp, "_inflated", measured)
    with pytest.raises(TooLarge):
        otlp.traces(bomb, PROTOBUF, "gzip")
    assert made_of_it == [otlp.MAX_BYTES + 1]


def test_the_largest_body_is_read_and_one_byte_more_is_not() -> None:
    assert otlp.traces(gzip.compress(BODY, mtime=0), PROTOBUF, "gzip", max_bytes=len(BODY))
    for body, encoding in ((BODY, ""), (gzip.compress(BODY, mtime=0), "gzip")):
        with pytest.raises(TooLarge):
            otlp.traces(body, PROTOBUF, encoding, max_bytes=len(BODY) - 1)
