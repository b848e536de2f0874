"""The body of an OTLP/HTTP export -> the message in it.

The protocol: https://opentelemetry.io/docs/specs/otlp/#otlphttp. A body is protobuf, or the JSON mapping of
it, with ids in hex, not in base64.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from errors import Invalid, TooLarge

MAX_BYTES = 16 * 1024 * 1024
"""Of a body when it is decompressed."""

_Request = TypeVar("_Request", ExportTraceServiceRequest, ExportLogsServiceRequest)

_WINDOW_BITS = {"gzip": 31, "deflate": 15}
"""zlib's numbers for the two formats (RFC 1952 and RFC 1950)."""
_IDS = ("traceId", "spanId", "parentSpanId")


def traces(
    body: bytes, content_type: str, content_encoding: str = "", *, max_bytes: int = MAX_BYTES
) -> ExportTraceServiceRequest:
    """What was posted to `/v1/traces`.

    `content_type` and `content_encoding` are the request's headers. Raises `Invalid` if the body is not what
    they say, and `TooLarge` if it is more than `max_bytes` when it is decompressed.
    """
    return _message(ExportTraceServiceRequest(), body, content_type, content_encoding, max_bytes)


def logs(
    body: bytes, content_type: str, content_encoding: str = "", *, max_bytes: int = MAX_BYTES
) -> ExportLogsServiceRequest:
    """The same of `/v1/logs`."""
    return _message(ExportLogsServiceRequest(), body, content_type, content_encoding, max_bytes)


def _message(
    empty: _Request, body: bytes, content_type: str, content_encoding: str, max_bytes: int
) -> _Request:
    plain = _decompressed(body, content_encoding.strip().lower(), max_bytes)
    match content_type.partition(";")[0].strip().lower():
        case "application/x-protobuf":
            return _from_protobuf(empty, plain)
        case "application/json":
            return _from_json(empty, plain)
    raise Invalid(
        "This is not a content type of OTLP.",
        code="otlp_content_type",
        advice="Send application/x-protobuf or application/json.",
    )


def _decompressed(body: bytes, encoding: str, max_bytes: int) -> bytes:
    if encoding in {"", "identity"}:
        plain = body
    elif encoding in _WINDOW_BITS:
        plain = _inflated(body, _WINDOW_BITS[encoding], max_bytes)
    else:
        raise Invalid(
            "This content encoding is not read.", code="otlp_content_encoding", advice="Use gzip, or none."
        )
    if len(plain) > max_bytes:
        raise TooLarge("The export is too large.", advice="Export fewer spans or log records at a time.")
    return plain


def _inflated(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    """At most one byte more than `max_bytes`: what would come after it is never made."""
    reader = zlib.decompressobj(window_bits)
    try:
        plain = reader.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise _unreadable("compressed as it says") from error
    if len(plain) <= max_bytes and (not reader.eof or reader.unused_data):
        raise _unreadable("compressed as it says")
    return plain


def _from_protobuf(empty: _Request, body: bytes) -> _Request:
    try:
        empty.ParseFromString(body)
    except DecodeError as error:
        raise _unreadable("protobuf") from error
    return empty


def _from_json(empty: _Request, body: bytes) -> _Request:
    try:
        tree = json.loads(body)
        if not isinstance(tree, dict):
            raise _unreadable("JSON")
        _ids_to_base64(tree)
        json_format.ParseDict(tree, empty, ignore_unknown_fields=True)
    except (ValueError, TypeError, AttributeError, RecursionError, json_format.ParseError) as error:
        raise _unreadable("JSON") from error
    return empty


def _ids_to_base64(tree: dict[str, Any]) -> None:
    """Ids as the JSON mapping of protobuf has bytes. Attributes of the same names are not touched."""
    for of_resource in tree.get("resourceSpans") or tree.get("resourceLogs") or ():
        for of_scope in of_resource.get("scopeSpans") or of_resource.get("scopeLogs") or ():
            for record in of_scope.get("spans") or of_scope.get("logRecords") or ():
                for name in _IDS:
                    if name in record:
                        record[name] = base64.b64encode(bytes.fromhex(record[name])).decode()


def _unreadable(form: str) -> Invalid:
    return Invalid(
        "The export cannot be read.",
        code="otlp_unreadable",
        advice="It is not {form}, or a part of it is missing.",
        form=form,
    )
