"""What no honest emitter sends, and what clocks and networks make of what honest ones do."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from errors import Invalid, TooLarge
from telemetry import attributes, otlp, spans
from telemetry.events import Message, Phase, Status, Tokens
from tests.telemetry.exports import (
    CAPTURES,
    RECEIVED_AT,
    SECOND,
    SPAN,
    START,
    TRACE,
    captured,
    export,
    made,
    nested,
    one,
    raised,
    reading,
)

DAY = timedelta(days=1)
FAILED = SpanStatus(code=SpanStatus.STATUS_CODE_ERROR, message="it broke")


def depth_of(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth, value = depth + 1, value[0]
    return depth


class TestTimes:
    @pytest.mark.parametrize("ahead", [DAY, -DAY])
    def test_a_clock_that_is_a_day_off_is_told_as_it_is(self, ahead: timedelta) -> None:
        start = START + int(ahead.total_seconds()) * SECOND
        event = one(start_time_unix_nano=start, end_time_unix_nano=start + SECOND)
        assert event.at == RECEIVED_AT + ahead
        assert event.ended_at == event.at + timedelta(seconds=1)

    def test_nothing_ends_before_it_starts(self) -> None:
        event = one(end_time_unix_nano=START - SECOND)
        assert (event.at, event.ended_at) == (RECEIVED_AT, RECEIVED_AT)

    def test_a_span_without_an_end_has_only_begun(self) -> None:
        event = one({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 7}, end_time_unix_nano=0)
        assert (event.phase, event.status, event.ended_at) == (Phase.BEGUN, Status.RUNNING, None)
        assert event.tokens is None  # they come with its end, and once

    def test_without_a_start_the_end_counts(self) -> None:
        event = one(start_time_unix_nano=0)
        assert event.at == event.ended_at == RECEIVED_AT + timedelta(seconds=1)

    def test_without_any_time_it_happened_when_it_came(self) -> None:
        event = one(start_time_unix_nano=0, end_time_unix_nano=0)
        assert (event.at, event.ended_at, event.phase) == (RECEIVED_AT, None, Phase.ENDED)

    def test_the_largest_time_is_a_time(self) -> None:
        event = one(end_time_unix_nano=2**64 - 1)
        assert event.ended_at is not None
        assert event.ended_at.year == 2554


class TestIds:
    @pytest.mark.parametrize(
        "fields",
        [
            {"trace_id": b""},
            {"trace_id": TRACE[:15]},
            {"trace_id": TRACE + b"1"},
            {"trace_id": bytes(16)},
            {"span_id": b""},
            {"span_id": SPAN[:7]},
            {"span_id": bytes(8)},
            {"span_id": TRACE},
        ],
    )
    def test_a_span_of_wrong_ids_is_rejected_and_the_others_are_read(self, fields: dict[str, Any]) -> None:
        result = reading(made(**fields), made())
        assert result.rejected == 1
        assert [event.trace_id for event in result.events] == [TRACE.hex()]

    @pytest.mark.parametrize("parent", [b"", bytes(8), b"short", TRACE])
    def test_a_wrong_parent_is_none(self, parent: bytes) -> None:
        event = one(parent_span_id=parent)
        assert (event.parent_id, event.is_root) == (None, True)

    @pytest.mark.parametrize("told", ["", "not hex", "00", "0" * 16, "f" * 10_000, 7])
    def test_a_pending_span_of_a_wrong_parent(self, told: str | int) -> None:
        event = one(
            {"logfire.span_type": "pending_span", "logfire.pending_parent_id": told},
            parent_span_id=b"realspan",
        )
        assert (event.step_id, event.phase) == (b"realspan".hex(), Phase.BEGUN)
        assert event.parent_id is None

    def test_a_pending_span_of_no_real_one_is_its_own(self) -> None:
        event = one({"logfire.span_type": "pending_span"})
        assert (event.step_id, event.phase, event.is_root) == (SPAN.hex(), Phase.BEGUN, True)


def test_repeated_and_reordered_spans_make_the_same_events() -> None:
    body = json.loads((CAPTURES / "langgraph-tool.json").read_text())[0]["body"]
    request = otlp.traces(json.dumps(body).encode(), "application/json")
    some = request.resource_spans[0].scope_spans[0].spans
    straight = {event.event_id: event for event in reading(*some).events}
    shuffled = {event.event_id: event for event in reading(*reversed(some), *some).events}
    alone = {event.event_id: event for span in some for event in reading(span).events}
    assert len(straight) == len(some)
    assert straight == shuffled == alone


class TestSize:
    def test_an_attribute_of_10_mb_passes_whole_and_quickly(self) -> None:
        text = "[" + "0," * 5_000_000 + "0]"
        started = time.process_time()
        event = one({"openinference.span.kind": "LLM", "llm.input_messages.0.message.content": text})
        assert event.payload.prompt == (Message("user", text),)
        assert time.process_time() - started < 1

    @pytest.mark.parametrize(
        "attribute",
        ["session.id", "llm.model_name", "llm.provider", "agent.name", "graph.node.id", "tool.name"],
    )
    def test_what_a_line_shows_is_cut(self, attribute: str) -> None:
        kind = "TOOL" if attribute == "tool.name" else "LLM"
        event = one({"openinference.span.kind": kind, attribute: "x" * 10_000_000})
        shown = [event.conversation_id, event.model, event.provider, event.source, event.node, event.name]
        assert max(len(text or "") for text in shown) == attributes.MAX_NAME_LENGTH

    def test_the_name_of_a_span_is_cut_and_never_empty(self) -> None:
        assert len(one(name="x" * 10_000_000).name) == attributes.MAX_NAME_LENGTH
        assert one(name="").name == "other"

    def test_a_problem_is_cut(self) -> None:
        event = one(status=FAILED, events=[raised("E" * 9_999, "m" * 99_999, stacktrace="s" * 99_999)])
        assert event.problem is not None
        assert len(event.problem.type or "") == attributes.MAX_NAME_LENGTH
        assert (len(event.problem.message), len(event.problem.stack or "")) == (4_000, 32_000)

    def test_too_many_attributes_are_cut(self) -> None:
        event = one({f"key {number}": number for number in range(attributes.MAX_KEYS + 5)})
        assert len(event.payload.attributes) == attributes.MAX_KEYS

    def test_a_long_key_is_cut(self) -> None:
        (key,) = one({"k" * 1_000_000: 1}).payload.attributes
        assert len(key) == attributes.MAX_KEY_LENGTH

    def test_too_many_values_in_each_other_are_cut(self) -> None:
        wide = AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)] * 9_000))
        told = one({"first": wide, "second": wide}).payload.attributes
        assert len(told["first"]) + len(told["second"]) == attributes.MAX_NESTED_VALUES

    def test_too_many_spans_are_refused(self) -> None:
        request = export(made())
        request.resource_spans[0].scope_spans[0].spans.extend([made()] * spans.MAX_RECORDS)
        with pytest.raises(TooLarge):
            spans.read(request, RECEIVED_AT)

    def test_too_many_empty_groups_are_refused(self) -> None:
        request = export(made())
        request.resource_spans[0].scope_spans.extend(
            [type(request.resource_spans[0].scope_spans[0])()] * spans.MAX_RECORDS
        )
        with pytest.raises(TooLarge):
            spans.read(request, RECEIVED_AT)

    def test_a_thousand_messages_with_holes_in_their_numbers(self) -> None:
        told = {f"gen_ai.prompt.{number * 1_000_000}.content": str(number) for number in range(1_000)}
        event = one({"llm.request.type": "chat"} | dict(reversed(told.items())))
        assert [message.content for message in event.payload.prompt] == [str(n) for n in range(1_000)]


class TestDepth:
    def test_1000_values_in_each_other_are_refused(self) -> None:
        span = {"traceId": TRACE.hex(), "spanId": SPAN.hex(), "attributes": "HERE"}
        # as text, since json.dumps does not go so deep
        inner = '{"arrayValue": {"values": [' * 1_000 + '{"stringValue": "deep"}' + "]}}" * 1_000
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
        sent = body.replace('"HERE"', '[{"key": "a", "value": ' + inner + "}]").encode()
        with pytest.raises(Invalid):
            otlp.traces(sent, "application/json")

    def test_1000_values_in_each_other_are_refused_in_protobuf(self) -> None:
        inner = b""
        for _ in range(1_000):  # AnyValue { array_value (5) { values (1) } }
            inner = _field(5, _field(1, inner))
        body = _field(1, _field(2, _field(2, _field(9, _field(1, b"a") + _field(2, inner)))))
        with pytest.raises(Invalid):
            otlp.traces(body, "application/x-protobuf")

    def test_fewer_are_cut(self) -> None:
        told = one({"a": nested(40), "b": nested(10)}).payload.attributes
        assert depth_of(told["a"]) == attributes.MAX_DEPTH
        assert depth_of(told["b"]) == 10

    @pytest.mark.parametrize("depth", [33, 900, 1_000, 100_000])
    def test_json_in_a_text_that_is_too_deep_stays_text(self, depth: int) -> None:
        text = "[" * depth + "]" * depth
        assert one({"openinference.span.kind": "CHAIN", "input.value": text}).payload.input == text
        deep_map = '{"a":' * depth + "1" + "}" * depth
        assert one({"openinference.span.kind": "CHAIN", "input.value": deep_map}).payload.input == deep_map

    @pytest.mark.parametrize(
        ("length", "is_read"), [(attributes.MAX_JSON, True), (attributes.MAX_JSON + 1, False)]
    )
    def test_json_that_is_too_long_stays_text(self, length: int, is_read: bool) -> None:
        text = "[" + "1" + " " * (length - 3) + "]"
        event = one({"openinference.span.kind": "CHAIN", "input.value": text})
        assert event.payload.input == ([1] if is_read else text)

    def test_json_that_is_wide_and_not_deep_is_read(self) -> None:
        text = json.dumps([[number] for number in range(1_000)])
        assert one({"openinference.span.kind": "CHAIN", "input.value": text}).payload.input[999] == [999]

    @pytest.mark.parametrize("text", ["[NaN]", "[Infinity]", "[" + "9" * 5_000 + "]", '{"a"', "[1,]"])
    def test_what_is_no_json_stays_text(self, text: str) -> None:
        assert one({"openinference.span.kind": "CHAIN", "input.value": text}).payload.input == text

    def test_a_path_of_1000_parts(self) -> None:
        event = one({"llm.request.type": "chat", "gen_ai.prompt.0." + ".".join("a" * 100): "x"})
        assert len(event.payload.prompt) == 1


class TestNames:
    def test_they_are_only_data(self) -> None:
        told = {
            ":on-click": "alert(1)",
            ":": "x",
            "__class__": "x",
            "__proto__.polluted": "x",
            "<script>alert(1)</script>": "<img src=x onerror=alert(1)>",
            "a'; drop table events; --": "{{ 7 * 7 }}",
        }
        event = one(told, name="<b>:name</b>")
        assert event.payload.attributes == told
        assert event.name == "<b>:name</b>"

    def test_a_leaf_and_a_branch_of_one_name(self) -> None:
        prefix = "llm.input_messages.0.message"
        for first, second in ((prefix, f"{prefix}.content"), (f"{prefix}.content", prefix)):
            event = one({"openinference.span.kind": "LLM", first: "leaf", second: "leaf"})
            assert event.status is Status.SUCCEEDED

    @pytest.mark.parametrize("number", ["", "-1", "x", "²", "٣", "9" * 5_000, "1e3"])
    def test_what_is_no_number_of_a_message_is_left_out(self, number: str) -> None:
        event = one({"llm.request.type": "chat", f"gen_ai.prompt.{number}.content": "x"})
        assert event.payload.prompt == ()

    @pytest.mark.parametrize("value", [7, 1.5, nested(3), AnyValue(bytes_value=b"\xff"), AnyValue()])
    def test_a_text_may_come_as_anything_else(self, value: Any) -> None:
        names = (
            "openinference.span.kind",
            "session.id",
            "metadata",
            "input.value",
            "output.value",
            "llm.model_name",
            "llm.invocation_parameters",
            "gen_ai.operation.name",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "gen_ai.system_instructions",
            "gen_ai.request.model",
            "gen_ai.completion.0.function_call",
            "gen_ai.prompt.0.tool_calls",
            "final_result",
            "llm.request.type",
            "traceloop.span.kind",
            "error.type",
            "error.message",
            "logfire.span_type",
        )
        for name in names:
            for kind in ("LLM", "TOOL", "CHAIN"):
                one({"openinference.span.kind": kind, name: value})
            for operation in ("chat", "execute_tool", "invoke_agent"):
                one({"gen_ai.operation.name": operation, name: value})
            one({name: value})
            one({"llm.request.type": "chat", name: value}, status=FAILED)

    @pytest.mark.parametrize(
        "messages",
        [
            "7",
            "[7]",
            '[{"parts": 7}]',
            '[{"parts": [7]}]',
            '[{"role": 7}]',
            "[[]]",
            '[{"tool_calls": [7]}]',
            "[",
        ],
    )
    def test_messages_of_a_wrong_form(self, messages: str) -> None:
        event = one({"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages})
        assert all(isinstance(message, Message) for message in event.payload.prompt)
        json.dumps([message.content for message in event.payload.prompt])

    @pytest.mark.parametrize(
        "result",
        [
            {"approvals": [{"tool_name": "x"}], "calls": []},
            {"approvals": "all", "calls": []},
            {"approvals": [7], "calls": []},
            {"approvals": [{"tool_call_id": "1"}]},
            {"approvals": [], "calls": []},
        ],
    )
    def test_a_result_that_only_looks_like_an_approval_waits_for_nobody(self, result: dict[str, Any]) -> None:
        event = one({"gen_ai.operation.name": "invoke_agent", "final_result": json.dumps(result)})
        assert event.status is Status.SUCCEEDED


class TestNumbers:
    @pytest.mark.parametrize(
        "told",
        [
            -1,
            2**62,
            "-1",
            "7 ",
            "x",
            "9" * 5_000,
            AnyValue(bool_value=True),
            1.5,
            float("nan"),
            float("inf"),
            nested(1),
        ],
    )
    def test_a_count_that_is_none_is_unknown(self, told: Any) -> None:
        event = one({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": told})
        assert event.tokens is None

    @pytest.mark.parametrize("told", [7, 7.0, "7"])
    def test_a_count_may_be_text(self, told: Any) -> None:
        event = one({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": told})
        assert event.tokens == Tokens(input=7)

    def test_zero_is_not_unknown(self) -> None:
        event = one({"gen_ai.operation.name": "chat", "gen_ai.usage.output_tokens": 0})
        assert event.tokens == Tokens(output=0)

    @pytest.mark.parametrize("told", [-0.1, float("nan"), float("inf"), 1e300, "much", "NaN", nested(1)])
    def test_a_cost_that_is_none_is_unknown(self, told: Any) -> None:
        assert one({"gen_ai.operation.name": "chat", "gen_ai.cost.total_cost": told}).told_cost is None

    @pytest.mark.parametrize(("told", "cost"), [(0.1, "0.1"), (0, "0"), ("0.25", "0.25")])
    def test_a_cost_is_told_as_it_was_written(self, told: Any, cost: str) -> None:
        event = one({"gen_ai.operation.name": "chat", "gen_ai.cost.total_cost": told})
        assert event.told_cost == Decimal(cost)

    def test_what_json_has_no_word_for_is_text(self) -> None:
        told = one(
            {"a": float("nan"), "b": float("-inf"), "c": AnyValue(bytes_value=b"\xff")}
        ).payload.attributes
        assert told == {"a": "nan", "b": "-inf", "c": "ff"}

    def test_a_map_is_a_map(self) -> None:
        pairs = [KeyValue(key=":a", value=AnyValue(bool_value=True))]
        event = one({"map": AnyValue(kvlist_value=KeyValueList(values=pairs))})
        assert event.payload.attributes == {"map": {":a": True}}


def test_all_payloads_are_json() -> None:
    for path in sorted(CAPTURES.glob("*.json")):
        for event in captured(path.stem):
            payload = event.payload
            json.dumps(
                [payload.arguments, payload.result, payload.input, payload.parameters, payload.attributes],
                allow_nan=False,
            )


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes in protobuf (https://protobuf.dev/programming-guides/encoding/)."""
    length, rest = bytearray(), len(content)
    while rest > 127:
        length.append(rest & 127 | 128)
        rest >>= 7
    return bytes([number << 3 | 2, *length, rest]) + content
