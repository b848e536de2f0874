"""What bots send as JSON becomes events of the one model, whichever words they use; and back, whole."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from errors import Invalid
from telemetry.event_schema import EventBatch, event_to_json, events_from_json
from telemetry.events import Event, Kind, Message, Payload, Phase, Problem, Routing, Status, Tokens
from tests.telemetry.exports import CAPTURES, RECEIVED_AT, captured

NOON = datetime(2026, 3, 1, 9, tzinfo=UTC)
AT_NOON = NOON.isoformat()
MINIMAL = {"run_id": "task 7", "kind": "tool_call", "name": "find_slots"}


def read(*told: Any) -> list[Event]:
    body = told[0] if len(told) == 1 and isinstance(told[0], bytes) else json.dumps(list(told)).encode()
    reading = events_from_json(body, RECEIVED_AT)
    assert reading.rejected == 0
    return list(reading.events)


def one(**fields: Any) -> Event:
    (event,) = read(MINIMAL | fields)
    return event


class TestMinimal:
    def test_three_fields_are_enough(self) -> None:
        event = one()
        assert event == Event(
            event_id=event.event_id,
            step_id=event.event_id,
            kind=Kind.TOOL_CALL,
            phase=Phase.ENDED,
            status=Status.SUCCEEDED,
            name="find_slots",
            at=RECEIVED_AT,
            trace_id="task 7",
        )

    def test_even_a_name_is_not_needed(self) -> None:
        assert read({"run_id": "r", "kind": "model_response"})[0].name == "model_response"
        assert read({"run_id": "r", "kind": "agent", "agent": "Booker"})[0].name == "Booker"

    def test_the_same_told_again_is_the_same_whenever_and_in_whatever_order(self) -> None:
        later = events_from_json(json.dumps(MINIMAL).encode(), RECEIVED_AT + timedelta(days=1)).events[0]
        reordered = read(dict(reversed(MINIMAL.items())))[0]
        assert later.event_id == one().event_id == reordered.event_id

    @pytest.mark.parametrize(
        "other", [{"name": "book"}, {"run_id": "8"}, {"at": NOON.isoformat()}, {"result": 1}]
    )
    def test_something_else_is_another(self, other: dict[str, Any]) -> None:
        assert one(**other).event_id != one().event_id

    def test_an_id_of_the_senders_own_is_taken(self) -> None:
        event = one(event_id="mine")
        assert (event.event_id, event.step_id) == ("mine", "mine")
        assert one(event_id="mine", step_id="step").step_id == "step"

    def test_null_is_the_same_as_nothing_and_an_empty_text_where_a_line_is_optional(self) -> None:
        empty = {"agent": "", "parent_id": "", "model": None, "tokens": None, "prompt": None, "result": None}
        assert dataclasses.replace(one(**empty), event_id="", step_id="") == dataclasses.replace(
            one(), event_id="", step_id=""
        )


class TestForms:
    def test_one_a_list_or_an_object_of_them(self) -> None:
        single = json.dumps(MINIMAL).encode()
        bodies = [single, b"[" + single + b"]", b'{"events": [' + single + b"]}", b" \n" + single + b"\n"]
        assert all(read(body) == [one()] for body in bodies)
        assert read(b"[]") == read(b'{"events": []}') == []

    def test_a_json_text_sequence_has_the_events_of_all_its_texts(self) -> None:
        texts = [
            MINIMAL,
            [MINIMAL | {"name": "a"}, MINIMAL | {"name": "b"}],
            {"events": [MINIMAL | {"name": "c"}]},
        ]
        body = b"".join(b"\x1e" + json.dumps(text, indent=1).encode() + b"\n" for text in texts)
        assert [event.name for event in read(body)] == ["find_slots", "a", "b", "c"]

    def test_no_text_of_a_sequence_reaches_into_the_next(self) -> None:
        texts = [b'{"run_id": "r", "kind": "log", "attributes": {"x":', json.dumps(MINIMAL).encode(), b"}}"]
        with pytest.raises(Invalid):
            read(b"".join(b"\x1e" + text + b"\n" for text in texts))

    def test_order_is_kept(self) -> None:
        told = [MINIMAL | {"name": str(number)} for number in range(1000)]
        assert [event.name for event in read(*told)] == [str(number) for number in range(1000)]


class TestWords:
    @pytest.mark.parametrize(
        ("fields", "meant"),
        [
            ({"kind": "tool_call"}, (Kind.TOOL_CALL, Phase.ENDED, Status.SUCCEEDED)),
            ({"kind": "tool_call", "status": "running"}, (Kind.TOOL_CALL, Phase.BEGUN, Status.RUNNING)),
            ({"kind": "tool_call", "phase": "begun"}, (Kind.TOOL_CALL, Phase.BEGUN, Status.RUNNING)),
            ({"kind": "tool_call", "error": {"message": "no"}}, (Kind.TOOL_CALL, Phase.ENDED, Status.FAILED)),
            ({"kind": "tool_call", "status": "stopped"}, (Kind.TOOL_CALL, Phase.ENDED, Status.STOPPED)),
            ({"kind": "agent", "status": "waiting"}, (Kind.AGENT, Phase.ENDED, Status.WAITING)),
            ({"kind": "user_input"}, (Kind.USER_INPUT, Phase.POINT, Status.SUCCEEDED)),
            ({"kind": "plan_update", "ended_at": AT_NOON}, (Kind.PLAN_UPDATE, Phase.ENDED, Status.SUCCEEDED)),
            ({"kind": "approval_request"}, (Kind.APPROVAL_REQUEST, Phase.POINT, Status.WAITING)),
            ({"kind": "approval_decision"}, (Kind.APPROVAL_DECISION, Phase.POINT, Status.SUCCEEDED)),
            ({"kind": "routing"}, (Kind.ROUTING, Phase.POINT, Status.SUCCEEDED)),
            ({"kind": "model_request"}, (Kind.MODEL_CALL, Phase.BEGUN, Status.RUNNING)),
            ({"kind": "model_response"}, (Kind.MODEL_CALL, Phase.ENDED, Status.SUCCEEDED)),
            ({"kind": "tool_result"}, (Kind.TOOL_CALL, Phase.ENDED, Status.SUCCEEDED)),
            ({"kind": "tool_result", "error": {}}, (Kind.TOOL_CALL, Phase.ENDED, Status.FAILED)),
            ({"kind": "state_change"}, (Kind.NODE, Phase.POINT, Status.SUCCEEDED)),
            ({"kind": "message"}, (Kind.LOG, Phase.POINT, Status.SUCCEEDED)),
            ({"kind": "error"}, (Kind.LOG, Phase.POINT, Status.FAILED)),
        ],
    )  # fmt: skip
    def test_mean_a_kind_a_phase_and_a_status(self, fields: dict[str, Any], meant: tuple[Any, ...]) -> None:
        event = one(step_id="s", **fields)
        assert (event.kind, event.phase, event.status) == meant

    @pytest.mark.parametrize("kind", list(Kind))
    @pytest.mark.parametrize("phase", list(Phase))
    def test_every_kind_in_every_phase_has_a_word(self, kind: Kind, phase: Phase) -> None:
        event = one(kind=kind.value, phase=phase.value, step_id="s")
        assert (event.kind, event.phase) == (kind, phase)

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"phase": "begun"}, "needs a step_id"),
            ({"kind": "model_request"}, "needs a step_id"),
            ({"phase": "begun", "status": "done", "step_id": "s"}, "has begun is running"),
            (
                {"status": "running", "ended_at": "2026-03-01T09:00:00Z", "step_id": "s"},
                "has begun is running",
            ),
            ({"phase": "ended", "status": "running"}, "has ended is not running"),
            ({"kind": "log", "phase": "point", "ended_at": "2026-03-01T09:00:00Z"}, "has no ended_at"),
            ({"kind": "model_response", "phase": "begun"}, "phase of model_response is ended"),
        ],
    )
    def test_that_contradict_each_other_are_refused(self, fields: dict[str, Any], says: str) -> None:
        with pytest.raises(Invalid) as refused:
            one(**fields)
        assert says in str(refused.value.params["problems"])

    def test_other_names_for_ids_and_the_agent(self) -> None:
        (event,) = read({"trace_id": "t", "session_id": "s", "source": "Booker", "kind": "log"})
        assert (event.trace_id, event.conversation_id, event.source) == ("t", "s", "Booker")

    def test_the_agent_without_a_parent_is_the_whole_run_unless_it_is_said(self) -> None:
        assert one(kind="agent").is_root
        assert not one(kind="agent", parent_id="p").is_root
        assert not one(kind="tool_call").is_root
        assert one(kind="tool_call", is_root=True).is_root
        assert not one(kind="agent", is_root=False).is_root


class TestTimes:
    def test_have_any_zone(self) -> None:
        shown = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        event = one(at=shown.isoformat(), ended_at="2026-03-01T09:00:01.123456Z")
        assert event.at == NOON
        assert event.at.utcoffset() == timedelta(0)
        assert event.ended_at == NOON + timedelta(seconds=1, microseconds=123456)

    def test_nothing_ends_before_it_begins(self) -> None:
        assert one(at="2026-03-01T09:00:00Z", ended_at="2026-03-01T08:00:00Z").ended_at == NOON

    def test_without_a_beginning_the_end_counts(self) -> None:
        event = one(ended_at="2026-03-01T09:00:00Z")
        assert (event.at, event.ended_at) == (NOON, NOON)


def test_all_that_can_be_told_of_a_model_call() -> None:
    event = one(
        kind="model_call",
        step_id="s1",
        parent_id="s0",
        conversation_id="telegram:7",
        agent="Booker",
        node="plan",
        iteration=3,
        model="gpt-5-mini",
        provider="openai",
        tokens={"input": 120, "output": 20, "cache_read": 100, "reasoning": 5},
        cost=0.0021,
        routing={"chosen": "gpt-5-mini", "reason": "short question", "alternatives": ["gpt-5"]},
        prompt=[{"role": "system", "content": "Be kind."}, {"role": "user", "content": [{"type": "image"}]}],
        answer=[{"role": "assistant", "tool_calls": [{"id": "c1", "name": "find", "arguments": {"day": 1}}]}],
        parameters={"temperature": 0.2},
        attributes={"region": "eu", "tried": [1, None, {"deep": True}]},
    )
    assert event == Event(
        event_id=event.event_id,
        step_id="s1",
        kind=Kind.MODEL_CALL,
        phase=Phase.ENDED,
        status=Status.SUCCEEDED,
        name="find_slots",
        at=RECEIVED_AT,
        trace_id="task 7",
        parent_id="s0",
        conversation_id="telegram:7",
        source="Booker",
        node="plan",
        iteration=3,
        model="gpt-5-mini",
        provider="openai",
        tokens=Tokens(input=120, output=20, cache_read=100, reasoning=5),
        told_cost=Decimal("0.0021"),
        routing=Routing("gpt-5-mini", "short question", ("gpt-5",)),
        payload=Payload(
            prompt=(Message("system", "Be kind."), Message("user", [{"type": "image"}])),
            answer=(Message("assistant", "", ({"id": "c1", "name": "find", "arguments": {"day": 1}},)),),
            parameters={"temperature": 0.2},
            attributes={"region": "eu", "tried": [1, None, {"deep": True}]},
        ),
    )


def test_messages_of_the_chat_completions_are_taken_as_they_are() -> None:
    function = {"name": "find", "arguments": '{"day": 1}', "strict": True}
    call = {"id": "c1", "type": "function", "index": 0, "function": function}
    event = one(
        kind="model_call",
        prompt=[
            {"role": "assistant", "content": None, "tool_calls": [call], "audio": None, "annotations": []},
            {"role": "tool", "tool_call_id": "c1", "content": "free at 10", "name": "find"},
            {"role": "assistant", "content": None, "refusal": "I may not say"},
        ],
    )
    assert event.payload.prompt == (
        Message("assistant", "", ({"id": "c1", "name": "find", "arguments": {"day": 1}},)),
        Message("tool", [{"type": "tool_call_response", "id": "c1", "response": "free at 10"}]),
        Message("assistant", "I may not say"),
    )


def test_an_error_is_told_with_its_stack_and_cut_where_it_is_long() -> None:
    event = one(error={"type": "ValueError", "message": "m" * 9_999, "stack": "s" * 99_999})
    assert event.problem == Problem("ValueError", "m" * 4_000, "s" * 32_000)


class TestThereAndBack:
    @pytest.mark.parametrize("name", sorted(path.stem for path in CAPTURES.glob("*.json")))
    def test_every_event_of_real_agents_is_the_same_after_it(self, name: str) -> None:
        events = captured(name)
        assert events
        assert read(*map(event_to_json, events)) == events

    def test_every_part_of_an_event_is_told(self) -> None:
        full = Event(
            event_id="e", step_id="s", kind=Kind.APPROVAL_REQUEST, phase=Phase.ENDED, status=Status.STOPPED,
            name="n", at=NOON, ended_at=NOON + timedelta(microseconds=1), trace_id="t", parent_id="p",
            conversation_id="c", is_root=True, source="a", node="o", iteration=0, model="m", provider="v",
            tokens=Tokens(0, 1, 2, 3, 4), told_cost=Decimal("0.10"), routing=Routing("m", None, ("x", "y")),
            problem=Problem(None, "", "stack"),
            payload=Payload(
                (Message("r", {"x": None}, ({"id": None, "name": 7, "arguments": "{"},)),),
                (Message("r", ""),), [], False, 0, {"p": None}, {"": {}},
            ),
        )  # fmt: skip
        assert read(event_to_json(full)) == [full]
        defaults = {field.name: field.default for field in dataclasses.fields(Event)}
        assert not [name for name, default in defaults.items() if getattr(full, name) == default]

    def test_the_published_schema_names_what_is_read(self) -> None:
        schema = EventBatch.model_json_schema()["$defs"]["EventSent"]
        assert schema["required"] == ["run_id", "kind"]
        assert set(event_to_json(one(conversation_id="c", agent="a"))) <= set(schema["properties"])
