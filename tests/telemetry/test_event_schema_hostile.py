"""Events as JSON that no honest bot sends: survived, or refused by a word on where, without their values."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from errors import Invalid, TooLarge
from telemetry.event_schema import events_from_json
from telemetry.events import Event, Message
from tests.telemetry.exports import RECEIVED_AT

SECRET = "sk-live-0123456789abcdefghij"
MINIMAL = {"run_id": "r", "kind": "tool_call", "name": "n"}


def read(body: bytes) -> tuple[Event, ...]:
    return events_from_json(body, RECEIVED_AT).events


def one(**fields: Any) -> Event:
    (event,) = read(json.dumps(MINIMAL | fields).encode())
    return event


def problems(told: Any) -> str:
    with pytest.raises(Invalid) as refused:
        read(json.dumps(told).encode())
    assert refused.value.code == "events_invalid"
    return refused.value.advice.format(**refused.value.params)


def message(**fields: Any) -> dict[str, Any]:
    return MINIMAL | {"prompt": [{"role": "user"} | fields]}


@pytest.mark.parametrize(
    "body",
    [
        *[b"", b"null0", b"{", b"[NaN]", b'{"run_id": Infinity}', b'[{"cost": 1e999}]', b"run_id=1"],
        *[b"\x1e", b"\x1e{}\x1e", b'{"a": 1}{"a": 2}', b"\xff\xfe", b"\xef\xbb\xbf[]", "[]".encode("utf-16")],
        *[b"[" * 400_000, b'{"a":' * 400_000, b'{"result": ' + b"9" * 5_000 + b"}"],
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(body)
    assert refused.value.code == "events_unreadable"


@pytest.mark.parametrize(
    ("told", "path"),
    [
        (None, "events[0]: "),
        ("text", "events[0]: "),
        ([[]], "events[0]: "),
        ({}, "events[0].run_id: "),
        ({"events": 7}, "events[0].events: is not a field here"),
        ({"events": [], "more": 1}, "events[0].events: is not a field here"),
        (MINIMAL | {"run_id": ""}, "events[0].run_id: "),
        (MINIMAL | {"run_id": 7}, "events[0].run_id: "),
        (MINIMAL | {"run_id": "x" * 201}, "events[0].run_id: "),
        (MINIMAL | {"event_id": "x" * 401}, "events[0].event_id: "),
        (MINIMAL | {"kind": SECRET}, "events[0].kind: "),
        (MINIMAL | {"kind": ["log"]}, "events[0].kind: "),
        (MINIMAL | {"phase": SECRET}, "events[0].phase: "),
        (MINIMAL | {"status": 1}, "events[0].status: "),
        (MINIMAL | {"name": {"a": SECRET}}, "events[0].name: "),
        (MINIMAL | {"at": SECRET}, "events[0].at: "),
        (MINIMAL | {"at": 1_700_000_000}, "events[0].at: "),
        (MINIMAL | {"at": "2026-03-01T12:00:00"}, "events[0].at: "),
        (MINIMAL | {"at": "20260301"}, "events[0].at: "),
        (MINIMAL | {"at": "0001-01-01T00:00:00+14:00"}, "events[0].at: "),
        (MINIMAL | {"ended_at": "9999-12-31T23:59:59-14:00"}, "events[0].ended_at: "),
        (MINIMAL | {"at": "9" * 100_000 + "T"}, "events[0].at: "),
        (MINIMAL | {"iteration": -1}, "events[0].iteration: "),
        (MINIMAL | {"iteration": 2**31}, "events[0].iteration: "),
        (MINIMAL | {"iteration": True}, "events[0].iteration: "),
        (MINIMAL | {"tokens": {"input": "12"}}, "events[0].tokens.input: "),
        (MINIMAL | {"tokens": {"input": 10**13}}, "events[0].tokens.input: "),
        (MINIMAL | {"tokens": {"input": 1.5}}, "events[0].tokens.input: "),
        (MINIMAL | {"tokens": {"total": 1}}, "events[0].tokens.total: is not a field here"),
        (MINIMAL | {"cost": -0.1}, "events[0].cost: "),
        (MINIMAL | {"cost": "NaN"}, "events[0].cost: "),
        (MINIMAL | {"cost": "1E-100000"}, "events[0].cost: "),
        (MINIMAL | {"cost": 10**4000}, "events[0].cost: "),
        (MINIMAL | {"cost": "0" * 100}, "events[0].cost: "),
        (MINIMAL | {"cost": True}, "events[0].cost: "),
        (MINIMAL | {"is_root": "yes"}, "events[0].is_root: "),
        (MINIMAL | {"is_root": 1}, "events[0].is_root: "),
        (MINIMAL | {"routing": {"reason": "r"}}, "events[0].routing.chosen: "),
        (MINIMAL | {"routing": {"chosen": "m", "alternatives": ["x"] * 101}}, "[0].routing.alternatives: "),
        (MINIMAL | {"error": SECRET}, "events[0].error: "),
        (message(refusal=1), "events[0].prompt[0].refusal: "),
        (MINIMAL | {"prompt": {"0": {"role": "user"}}}, "events[0].prompt: "),
        (message(tool_calls=[{"type": SECRET}]), "events[0].prompt[0].tool_calls[0].type: "),
        (MINIMAL | {"prompt": [{"role": "u"}] * 5_001}, "events[0].prompt: "),
        (MINIMAL | {"attributes": [SECRET]}, "events[0].attributes: "),
        (MINIMAL | {"attributes": dict.fromkeys(map(str, range(5_001)))}, "events[0].attributes: "),
        (MINIMAL | {SECRET + " with spaces": 1}, "events[0].(a field): is not a field here"),
        (MINIMAL | {"x" * 41: 1}, "events[0].(a field): "),
        (MINIMAL | {"trace_id": "both"}, "events[0].trace_id: "),
        (MINIMAL | {"__class__": 1}, "events[0].__class__: "),
        ([MINIMAL, MINIMAL | {"kind": "?"}], "events[1].kind: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_named_by_its_path_and_no_value_comes_back(told: Any, path: str) -> None:
    said = problems(told)
    assert path in said
    assert SECRET not in said
    assert len(said) < 1_500


def test_only_the_first_few_problems_are_named() -> None:
    assert problems([{"kind": "?"}] * 1_000).count("events[") == 5
    assert problems({f"field_{number}": 1 for number in range(10_000)}).count("events[") == 5


def test_all_of_it_is_refused_when_one_is_wrong() -> None:
    assert problems([MINIMAL] * 999 + [{}]).startswith("Put this right: events[999].run_id")


class TestSize:
    @pytest.mark.parametrize(
        "body",
        [
            json.dumps([MINIMAL] * 1_001).encode(),
            b"".join(b"\x1e" + json.dumps([MINIMAL] * 501).encode() for _ in range(2)),
            b'"' + b"x" * (16 << 20) + b'"',
            b"[" + b"0," * 600_000 + b"0]",
            b"[" * 600_000,
            b"\x1e[]" * 600_000,
        ],
        ids=["events", "in a sequence", "bytes", "values", "lists", "texts"],
    )
    def test_too_much_is_refused_at_once(self, body: bytes) -> None:
        started = time.process_time()
        with pytest.raises(TooLarge):
            read(body)
        assert time.process_time() - started < 1

    def test_a_text_of_10_mb_passes_whole(self) -> None:
        assert one(result="x" * 10_000_000).payload.result == "x" * 10_000_000

    @pytest.mark.parametrize("field", ["name", "agent", "node", "model", "provider"])
    def test_a_line_is_cut(self, field: str) -> None:
        event = one(**{field: "x" * 100_000})
        shown = [event.name, event.source, event.node, event.model, event.provider]
        assert max(len(text or "") for text in shown) == 200

    @pytest.mark.parametrize("field", ["arguments", "result", "input"])
    def test_nesting_has_an_end(self, field: str) -> None:
        def nested(depth: int) -> str:
            return "[" * depth + "1" + "]" * depth

        def body(depth: int) -> bytes:
            return f'{{"run_id": "r", "kind": "log", "{field}": {nested(depth)}}}'.encode()

        assert getattr(read(body(64))[0].payload, field) == json.loads(nested(64))
        for depth in (65, 900):
            with pytest.raises(Invalid) as refused:
                read(body(depth))
            assert f"events[0].{field}: " in str(refused.value.params["problems"])
        for place in ("attributes", "parameters"):
            with pytest.raises(Invalid):
                one(**{place: {"a": json.loads(nested(64))}})
        with pytest.raises(Invalid):
            one(prompt=[{"role": "user", "content": json.loads(nested(65))}])


class TestSurvives:
    def test_halves_of_characters_are_replaced_and_nul_stays(self) -> None:
        event = one(name="a\ud800b", result={"\udc00": "x\ud800"}, agent="\0")
        assert (event.name, event.source) == ("a\ufffdb", "\0")
        assert event.payload.result == {"\ufffd": "x\ufffd"}

    def test_numbers_larger_than_a_machine_word_stay_what_they_are(self) -> None:
        assert one(result=[2**64, -(10**100), 0.1]).payload.result == [2**64, -(10**100), 0.1]

    def test_markup_and_strange_keys_are_data(self) -> None:
        told: dict[str, Any] = {":key": "<script>", "__proto__": {}, "": None, "{problems}": "%s"}
        assert one(attributes=told, name="<b>{x}</b>").payload.attributes == told

    def test_of_a_name_that_comes_twice_the_last_counts(self) -> None:
        (event,) = read(b'{"run_id": "a", "run_id": "b", "kind": "log"}')
        assert event.trace_id == "b"

    def test_a_call_that_is_no_call(self) -> None:
        told = [{"role": "u", "tool_calls": [{"id": 7, "name": ["x"], "arguments": "{not json"}, {}]}]
        assert one(prompt=told).payload.prompt == (
            Message(
                "u",
                "",
                (
                    {"id": 7, "name": ["x"], "arguments": "{not json"},
                    {"id": None, "name": None, "arguments": None},
                ),
            ),
        )
