"""What was stored of a run goes out as OTLP and as JSON, and comes in again as the very same run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from telemetry import export_json, export_otlp, otlp, spans
from telemetry.event_schema import event_to_json, events_from_json
from telemetry.events import Event, Kind, Message, Payload, Phase, Problem, Status
from telemetry.pricing import Money
from telemetry.spans import Reading
from telemetry.stored import as_json, as_row
from telemetry.stored_event import event_of
from tests.telemetry.exports import CAPTURES, RECEIVED_AT, captured

NAMES = sorted(path.stem for path in CAPTURES.glob("*.json"))
Document = Callable[[AsyncIterator[Iterable[Event]]], AsyncIterator[bytes]]


def stored(event: Event, price: Money | None = None) -> dict[str, Any]:
    """As the database tells it."""
    row: dict[str, Any] = json.loads(as_json(as_row(event, 0, price, keeps_prompts=True)))
    return {name: value for name, value in row.items() if name not in {"is_root", "conversation_id"}} | {
        "run_id": "7d1f6f4e-0f3c-4ab2-9c80-0c2f4f1f3f55",
        "seq": 1,
        "has_payload": "payload" in row,
        "removed": 0,
    }


async def written(document: Document, events: list[Event], size: int = 3) -> bytes:
    async def pages() -> AsyncIterator[list[Event]]:
        for start in range(0, len(events), size):
            yield events[start : start + size]

    return b"".join([piece async for piece in document(pages())])


def read_otlp(body: bytes) -> Reading:
    return spans.read(otlp.traces(body, "application/json"), RECEIVED_AT)


@pytest.mark.parametrize("name", NAMES)
async def test_a_run_of_a_real_agent_comes_back_whole(name: str) -> None:
    told = captured(name)
    events = [event_of(stored(event), event.conversation_id) for event in told]
    assert events == [replace(event, told_cost=None) for event in told]

    by_otlp = read_otlp(await written(export_otlp.document, events))
    assert (list(by_otlp.events), by_otlp.rejected) == (events, 0)
    by_json = events_from_json(await written(export_json.document, events), RECEIVED_AT)
    assert list(by_json.events) == events


@pytest.mark.parametrize("document", [export_otlp.document, export_json.document])
@pytest.mark.parametrize("size", [1, 1000])
async def test_a_document_of_no_events_is_one(document: Document, size: int) -> None:
    body = await written(document, [], size)
    read = events_from_json(body, RECEIVED_AT) if document is export_json.document else read_otlp(body)
    assert read == Reading(())


class TestPrices:
    def priced(self, currency: str) -> Event:
        (call, *_) = [event for event in captured("pydantic-ai-v6") if event.kind is Kind.MODEL_CALL]
        return event_of(stored(call, Money(Decimal("0.0021"), currency)))

    def test_in_dollars_stay_what_they_are(self) -> None:
        assert self.priced("USD").told_cost == Decimal("0.0021")

    def test_in_another_currency_are_left_to_the_reader(self) -> None:
        assert self.priced("RUB").told_cost is None


class TestOtherReaders:
    """Without our own attribute an export is what the conventions say."""

    def read(self, *events: Event) -> list[Event]:
        told = [export_otlp.span_of(event) for event in events]
        for span in told:
            assert span["attributes"].pop(0)["key"] == "agentp.event"
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": told}]}]}).encode()
        reading = read_otlp(body)
        assert reading.rejected == 0
        return list(reading.events)

    @pytest.mark.parametrize(
        "name", ["langgraph-tool", "pydantic-ai-v6", "litellm-fallback", "openai-agents-tool"]
    )
    def test_see_calls_with_their_tokens_tools_and_times(self, name: str) -> None:
        events = [event for event in captured(name) if event.phase is Phase.ENDED]
        read = self.read(*events)
        assert [(event.trace_id, event.step_id, event.parent_id) for event in read] == [
            (event.trace_id, event.step_id, event.parent_id) for event in events
        ]
        for seen, event in zip(read, events, strict=True):
            assert (seen.at, seen.ended_at, seen.conversation_id) == (
                event.at,
                event.ended_at,
                event.conversation_id,
            )
            assert (seen.status is Status.FAILED) == (event.status is Status.FAILED)
            if event.kind in {Kind.MODEL_CALL, Kind.TOOL_CALL}:
                assert (seen.kind, seen.model, seen.tokens) == (event.kind, event.model, event.tokens)
                assert seen.payload.arguments == event.payload.arguments
            if event.kind is Kind.MODEL_CALL:
                assert seen.payload.prompt == event.payload.prompt
                assert seen.payload.answer == event.payload.answer

    def test_see_what_went_wrong(self) -> None:
        (event, *_) = [event for event in captured("langgraph-error") if event.problem]
        assert self.read(event)[0].problem == event.problem

    def test_see_a_beginning_as_logfire_tells_it(self) -> None:
        begun = next(event for event in captured("logfire-pending") if event.phase is Phase.BEGUN)
        (seen,) = self.read(begun)
        assert (seen.phase, seen.step_id, seen.parent_id) == (Phase.BEGUN, begun.step_id, begun.parent_id)

    def test_see_valid_ids_whatever_the_bot_calls_its_task(self) -> None:
        event = replace(captured("langgraph-tool")[0], parent_id="parent")
        ids = [("task 7", "s"), ("0" * 32, "0" * 16), ("A" * 32, "A" * 16)]
        events = [replace(event, trace_id=trace, step_id=step) for trace, step in ids]
        seen = self.read(*events)
        assert len({(event.trace_id, event.step_id) for event in seen}) == 3
        assert len({event.parent_id for event in seen}) == 1
        assert self.read(*events) == seen


class TestHostile:
    def export(self, told: Any, key: str = "stringValue") -> bytes:
        span = export_otlp.span_of(captured("langgraph-tool")[0])
        span["attributes"] = [{"key": "agentp.event", "value": {key: told}}]
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [span, span | {"attributes": []}]}]}]}
        return json.dumps(body).encode()

    @pytest.mark.parametrize(
        "told",
        [
            *["", "null", "[]", "{}", "NaN", "{" * 1_000, "[" + "0," * 600_000 + "0]", "9" * 5_000],
            *['{"run_id": "r", "kind": "spy"}', '[{"run_id": "r", "kind": "log"}]'],
            '{"run_id": "r", "kind": "log", "tenant_id": "other"}',
        ],
        ids=lambda told: told[:20],
    )
    def test_an_event_that_is_none_is_rejected_and_the_others_are_read(self, told: str) -> None:
        reading = read_otlp(self.export(told))
        # without a text it is a span like any other
        assert (len(reading.events), reading.rejected) == ((2, 0) if told == "" else (1, 1))

    def test_an_event_that_is_no_text_is_rejected(self) -> None:
        assert read_otlp(self.export("7", "intValue")).rejected == 1

    async def test_markup_nul_and_quotes_are_data(self) -> None:
        event = Event(
            event_id="e", step_id="s", kind=Kind.OTHER, phase=Phase.ENDED, status=Status.FAILED,
            trace_id='"}]', name="</script>\0\"'\n", at=RECEIVED_AT, node="\x1e",
            problem=Problem("E", 'm"', "\u2028"),
            payload=Payload(
                (Message("user", '"},{"'),), (Message("assistant", {"a": [None]}),), result={"": 2**70},
                parameters={"stop": ["\n"], "n": True, "seed": 2**70, "top_p": 0.5},
            ),
        )  # fmt: skip
        assert read_otlp(await written(export_otlp.document, [event])).events == (event,)
        assert events_from_json(await written(export_json.document, [event]), RECEIVED_AT).events == (event,)

    def test_a_half_of_a_character_ends_no_export(self) -> None:
        event = replace(captured("langgraph-tool")[0], name="\ud800", trace_id="\udfff")
        assert json.dumps(export_otlp.span_of(event)).encode()
        assert json.dumps(event_to_json(event)).encode()
