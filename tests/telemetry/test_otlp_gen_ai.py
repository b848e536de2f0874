"""The conventions for generative AI, as five emitters follow them: captured, and what must come out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from telemetry.events import Event, Kind, Message, Phase, Routing, Status, Tokens
from tests.telemetry.exports import captured, of_kind, one, total

CALL = {"id": "call_1", "name": "weather", "arguments": {"city": "Riga"}}
ASKED = (Message("system", "Be brief."), Message("user", "Weather in Riga?"))
ANSWERED = (Message("assistant", "It is sunny."),)
RESPONSE = {"type": "tool_call_response", "id": "call_1", "response": "Sunny in Riga"}


def by_trace(events: list[Event]) -> list[list[Event]]:
    traces = dict.fromkeys(event.trace_id for event in events)
    return [[event for event in events if event.trace_id == trace] for trace in traces]


class TestOpenAi:
    def test_content_on_the_spans(self) -> None:
        first, second, refused = of_kind(captured("openai-span-only"), Kind.MODEL_CALL)
        assert (first.model, first.provider, first.source) == ("fake-1-2026-01-01", "openai", "booking-agent")
        assert first.tokens == Tokens(input=120, output=7)
        assert first.payload.prompt == ASKED
        assert first.payload.answer == (Message("assistant", "", (CALL,)),)
        assert first.payload.parameters == {"temperature": 0.2}
        assert second.payload.prompt[3] == Message("tool", [RESPONSE])
        assert (refused.status, refused.model) == (Status.FAILED, "refused")
        assert refused.problem is not None
        assert refused.problem.type == "AuthenticationError"
        assert refused.problem.message.startswith("Error code: 401")  # with the key: redaction comes after

    def test_content_in_log_records_only(self) -> None:
        events = captured("openai-event-only")
        calls = of_kind(events, Kind.MODEL_CALL)
        details = of_kind(events, Kind.MODEL_CALL, Phase.POINT)
        assert [call.payload.prompt for call in calls] == [(), (), ()]
        assert [one.step_id for one in details] == [call.step_id for call in calls]
        assert details[0].payload.prompt == ASKED
        assert details[0].payload.answer == (Message("assistant", "", (CALL,)),)
        assert details[1].payload.answer == ANSWERED
        assert [one.status for one in details] == [Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED]

    @pytest.mark.parametrize("name", ["openai-span-only", "openai-event-only", "openai-old-conventions"])
    def test_tokens_are_counted_once_in_every_mode(self, name: str) -> None:
        assert total(captured(name)) == Tokens(input=240, output=14, cache_read=0, reasoning=0)

    def test_one_record_a_message_by_the_old_conventions(self) -> None:
        events = captured("openai-old-conventions")
        second = of_kind(events, Kind.MODEL_CALL)[1]
        points = [e for e in of_kind(events, Kind.MODEL_CALL, Phase.POINT) if e.step_id == second.step_id]
        assert sum((point.payload.prompt for point in points), ()) == (
            *ASKED,
            Message("assistant", "", (CALL,)),
            Message("tool", [RESPONSE]),
        )
        assert sum((point.payload.answer for point in points), ()) == ANSWERED
        assert len({event.event_id for event in events}) == len(events)
        assert [event.event_id for event in captured("openai-old-conventions")] == [
            e.event_id for e in events
        ]


@pytest.mark.parametrize("name", ["pydantic-ai-v2", "pydantic-ai-v5", "pydantic-ai-v6"])
class TestPydanticAi:
    def test_a_run_with_a_tool(self, name: str) -> None:
        run = by_trace(captured(name))[0]
        first, second = of_kind(run, Kind.MODEL_CALL)
        assert (first.model, first.provider, first.node, first.source) == (
            "fake-1",
            "function",
            "concierge",
            "concierge",
        )
        assert first.tokens == Tokens(input=120, output=7, cache_read=100, reasoning=3)
        assert first.payload.prompt == ASKED
        assert second.payload.prompt[-1].content == [RESPONSE]
        assert second.payload.answer == (Message("assistant", "Done."),)
        (tool,) = of_kind(run, Kind.TOOL_CALL)
        assert (tool.name, tool.payload.arguments, tool.payload.result) == (
            "weather",
            {"city": "Riga"},
            "Sunny in Riga",
        )
        (agent,) = of_kind(run, Kind.AGENT)
        assert (agent.name, agent.is_root, agent.payload.result) == ("concierge", True, "Done.")
        assert len({event.conversation_id for event in run}) == 1
        assert agent.conversation_id is not None

    def test_totals_of_the_agent_are_not_added(self, name: str) -> None:
        run = by_trace(captured(name))[0]
        assert total(run) == Tokens(input=240, output=14, cache_read=200, reasoning=6)
        (agent,) = of_kind(run, Kind.AGENT)
        assert agent.payload.attributes["gen_ai.aggregated_usage.input_tokens"] == 240

    def test_what_is_said_twice_is_kept_once(self, name: str) -> None:
        (agent,) = of_kind(by_trace(captured(name))[0], Kind.AGENT)
        assert not {"pydantic_ai.all_messages", "logfire.json_schema"} & agent.payload.attributes.keys()

    def test_a_failing_tool(self, name: str) -> None:
        run = by_trace(captured(name))[1]
        (tool,) = of_kind(run, Kind.TOOL_CALL)
        (agent,) = of_kind(run, Kind.AGENT)
        for event in (tool, agent):
            assert event.status is Status.FAILED
            assert event.problem is not None
            assert (event.problem.type, event.problem.message) == ("ValueError", "no weather today")

    def test_an_approval_is_a_wait_and_the_resume_has_the_same_conversation(self, name: str) -> None:
        paused, resumed = by_trace(captured(name))[2:]
        (agent,) = of_kind(paused, Kind.AGENT)
        assert (agent.status, agent.is_root, agent.problem) == (Status.WAITING, True, None)
        (request,) = of_kind(paused, Kind.APPROVAL_REQUEST, Phase.POINT)
        assert (request.name, request.step_id, request.status) == ("refund", "call_1", Status.WAITING)
        assert request.payload.arguments == {"amount": 40}
        assert request.parent_id == agent.step_id
        assert {event.conversation_id for event in paused + resumed} == {agent.conversation_id}
        assert {event.status for event in resumed} == {Status.SUCCEEDED}
        (tool,) = of_kind(resumed, Kind.TOOL_CALL)
        assert tool.payload.attributes["gen_ai.tool.call.id"] == request.step_id


def test_pydantic_ai_raises_for_an_approval_in_its_old_format() -> None:
    events = captured("pydantic-ai-v2-approval-required-by-hand")
    (tool,) = of_kind(events, Kind.TOOL_CALL)
    assert (tool.status, tool.problem) == (Status.WAITING, None)
    assert of_kind(events, Kind.APPROVAL_REQUEST, Phase.POINT) == []  # the end of the agent's run has it
    assert total(events).input == 0  # what an agent tells is a total


class TestPendingSpans:
    events = captured("logfire-pending")

    def test_each_step_begins_and_ends_under_one_id(self) -> None:
        begun = {event.step_id: event for event in self.events if event.phase is Phase.BEGUN}
        ended = {event.step_id: event for event in self.events if event.phase is Phase.ENDED}
        assert begun.keys() == ended.keys()
        assert len(begun) == 5
        for step_id, event in begun.items():
            after = ended[step_id]
            assert (event.parent_id, event.kind, event.is_root, event.at) == (
                after.parent_id,
                after.kind,
                after.is_root,
                after.at,
            )
            assert (event.status, event.ended_at) == (Status.RUNNING, None)
            assert event.event_id == f"{event.trace_id}:{step_id}:begun"

    def test_there_is_one_root(self) -> None:
        assert {event.name for event in self.events if event.is_root} == {"handle message"}

    def test_tokens_are_counted_once(self) -> None:
        assert total(self.events) == Tokens(input=240, output=14, cache_read=200, reasoning=6)


class TestLiteLlm:
    events = captured("litellm-fallback")

    def test_a_call_has_its_cost_once(self) -> None:
        called, broken, fallen_back, refused = of_kind(self.events, Kind.MODEL_CALL)
        assert called.told_cost == Decimal("0.000014699999999999998")
        assert called.tokens == Tokens(input=120, output=7)
        assert (called.model, called.provider) == ("gpt-4o-mini-2026-01-01", "openai")
        assert called.payload.prompt == ASKED
        assert (broken.told_cost, broken.tokens, refused.told_cost) == (None, None, None)
        assert fallen_back.payload.answer == ANSWERED
        assert {event.told_cost for event in self.events if event.kind is not Kind.MODEL_CALL} == {None}
        assert total(self.events) == Tokens(input=240, output=14, cache_read=0, reasoning=0)

    def test_a_tool_call_is_told_only_in_the_old_way(self) -> None:
        called = of_kind(self.events, Kind.MODEL_CALL)[0]
        assert called.payload.answer == (Message("assistant", "", (CALL | {"id": None},)),)

    def test_several_tool_calls_are_of_one_message(self) -> None:
        told = {f"gen_ai.completion.{number}.function_call.name": f"tool {number}" for number in range(2)}
        (message,) = one({"gen_ai.operation.name": "chat"} | told).payload.answer
        assert [call["name"] for call in message.tool_calls] == ["tool 0", "tool 1"]

    def test_what_is_empty_is_not_kept(self) -> None:
        assert "" not in of_kind(self.events, Kind.MODEL_CALL)[0].payload.attributes.values()

    def test_a_fallback_is_two_traces_without_a_link(self) -> None:
        _, broken, fallen_back, _ = of_kind(self.events, Kind.MODEL_CALL)
        assert (broken.status, fallen_back.status) == (Status.FAILED, Status.SUCCEEDED)
        assert broken.trace_id != fallen_back.trace_id
        assert {event.conversation_id for event in self.events} == {None}

    def test_the_problem_is_the_exception(self) -> None:
        refused = of_kind(self.events, Kind.MODEL_CALL)[3]
        assert refused.problem is not None
        assert refused.problem.type == "litellm.exceptions.AuthenticationError"
        assert "Incorrect API key" in refused.problem.message
        assert "error.message" not in refused.payload.attributes

    def test_behind_the_proxy_the_group_says_why_the_model_was_chosen(self) -> None:
        (call,) = captured("litellm-proxy-by-hand")
        assert call.routing == Routing("gpt-4o-mini", "model group smart")
        assert (call.tokens, call.told_cost) == (Tokens(input=120, output=7), Decimal("0.0015"))


def test_open_llmetry_numbers_its_messages() -> None:
    answered, called, broken = captured("openllmetry-ollama")
    assert (answered.kind, answered.model, answered.tokens) == (
        Kind.MODEL_CALL,
        "llama3",
        Tokens(input=120, output=7),
    )
    assert (answered.payload.prompt, answered.payload.answer) == (ASKED, ANSWERED)
    assert called.payload.answer == (Message("assistant", ""),)  # the emitter loses a returned tool call
    assert broken.status is Status.FAILED
    assert broken.problem is not None
    assert broken.problem.type == "ollama._types.ResponseError"


def test_open_llmetry_tells_tool_calls_of_a_history() -> None:
    event = one(
        {
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "assistant",
            "gen_ai.prompt.0.tool_calls.0.id": "call_1",
            "gen_ai.prompt.0.tool_calls.0.name": "weather",
            "gen_ai.prompt.0.tool_calls.0.arguments": '{"city": "Riga"}',
        }
    )
    assert event.payload.prompt == (Message("assistant", "", (CALL,)),)


def test_the_conventions_by_the_instrumentation_of_langchain() -> None:
    events = captured("langchain-gen-ai-by-hand")
    assert {event.conversation_id for event in events} == {"thread-2"}
    assert {event.node for event in events if event.kind is not Kind.AGENT} == {None}
    (tool,) = of_kind(events, Kind.TOOL_CALL)
    assert (tool.payload.arguments, tool.payload.result) == ({"city": "Riga"}, "Sunny in Riga")
    assert total(events).input == 120


class TestTheNewestConventions:
    events = captured("newest-conventions-by-hand")

    def test_operations(self) -> None:
        assert [(event.kind, event.name) for event in self.events] == [
            (Kind.AGENT, "booking"),
            (Kind.PLAN_UPDATE, "plan"),
            (Kind.RETRIEVAL, "search_memory"),
            (Kind.OTHER, "update_memory"),
            (Kind.MODEL_CALL, "chat fake-1"),
        ]

    def test_messages_are_values_and_not_json(self) -> None:
        call = self.events[-1]
        assert call.payload.prompt[1] == Message("tool", [RESPONSE])
        assert call.payload.answer == (
            Message(
                "assistant",
                [
                    {"type": "reasoning", "content": "It says sunny."},
                    {"type": "text", "content": "It is sunny."},
                ],
            ),
        )
        assert call.tokens == Tokens(input=120, output=7, cache_read=100, cache_write=20, reasoning=3)

    def test_a_plan_is_kept(self) -> None:
        assert self.events[1].payload.result[0]["parts"][0]["content"] == "1. Ask. 2. Book."


@pytest.mark.parametrize(
    "name",
    [
        "gen_ai.conversation.id",
        "session.id",
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.session_id",
    ],
)
def test_names_of_a_conversation(name: str) -> None:
    assert one({"llm.request.type": "chat", name: "thread-1"}).conversation_id == "thread-1"


@pytest.mark.parametrize("name", ["gen_ai.cost.total_cost", "gen_ai.usage.cost", "operation.cost"])
def test_names_of_a_cost(name: str) -> None:
    assert one({"gen_ai.operation.name": "chat", name: 0.5}).told_cost == Decimal("0.5")
    assert one({"gen_ai.operation.name": "invoke_agent", name: 0.5}).told_cost is None


@pytest.mark.parametrize(
    ("told", "kind"),
    [("workflow", Kind.AGENT), ("agent", Kind.AGENT), ("tool", Kind.TOOL_CALL), ("task", Kind.NODE)],
)
def test_kinds_of_spans_of_open_llmetry(told: str, kind: Kind) -> None:
    assert one({"traceloop.span.kind": told}).kind is kind


def test_a_span_of_no_dialect_is_a_step() -> None:
    event = one({"http.request.method": "POST"})
    assert (event.kind, event.name, event.status) == (Kind.OTHER, "step", Status.SUCCEEDED)
    assert event.payload.attributes == {"http.request.method": "POST"}
