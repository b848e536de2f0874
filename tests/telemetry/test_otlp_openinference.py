"""LangGraph and openai-agents as OpenInference tells of them: captured, and what must come out."""

from __future__ import annotations

import pytest

from telemetry.events import Event, Kind, Message, Phase, Status, Tokens
from tests.telemetry.exports import CAPTURES, captured, made, of_kind, one, raised, reading, total

OPENINFERENCE = "openinference.span.kind"
CALL = {"id": "call_1", "name": "weather", "arguments": {"city": "Riga"}}


def root_of(events: list[Event]) -> Event:
    (root,) = (event for event in events if event.is_root)
    return root


class TestARunOfLangGraph:
    events = captured("langgraph-tool")

    def test_it_is_one_run_of_one_conversation(self) -> None:
        assert {event.conversation_id for event in self.events} == {"thread-tool"}
        assert len({event.trace_id for event in self.events}) == 1
        root = root_of(self.events)
        assert (root.kind, root.status, root.name, root.parent_id) == (
            Kind.AGENT,
            Status.SUCCEEDED,
            "concierge",
            None,
        )

        assert root.source == "concierge"

    def test_every_step_but_the_root_is_under_another(self) -> None:
        ids = {event.step_id for event in self.events}
        assert {event.parent_id for event in self.events if not event.is_root} <= ids

    def test_nodes_and_their_steps(self) -> None:
        nodes = of_kind(self.events, Kind.NODE)
        assert sorted((node.node, node.iteration, node.name) for node in nodes) == [
            ("ask", 1, "ask"),
            ("ask", 3, "ask"),
            ("tools", 2, "tools"),
        ]
        assert root_of(self.events).node is None
        assert {event.node for event in self.events if event.name == "RunnableCallable"} == {"ask"}

    def test_model_calls(self) -> None:
        first, second = sorted(of_kind(self.events, Kind.MODEL_CALL), key=lambda event: event.at)
        assert (first.model, first.provider, first.node, first.source) == (
            "fake-1",
            "openai",
            "ask",
            "salon-agent",
        )
        assert first.tokens == Tokens(input=120, output=7, cache_read=100, reasoning=3)
        assert first.payload.prompt == (Message("user", "Weather in Riga?"),)
        assert first.payload.answer == (Message("assistant", "", (CALL,)),)
        assert first.payload.parameters["temperature"] == 0.2
        assert second.payload.prompt[1:] == (
            Message("assistant", "", (CALL,)),
            Message("tool", [{"type": "tool_call_response", "id": "call_1", "response": "Sunny in Riga"}]),
        )
        assert second.payload.answer == (Message("assistant", "It is sunny."),)

    def test_tokens_are_counted_once(self) -> None:
        assert total(self.events) == Tokens(input=240, output=14, cache_read=200, reasoning=6)
        assert {event.kind for event in self.events if event.tokens} == {Kind.MODEL_CALL}

    def test_tool_call(self) -> None:
        (tool,) = of_kind(self.events, Kind.TOOL_CALL)
        assert (tool.name, tool.source, tool.node) == ("weather", "weather", "tools")
        assert tool.payload.arguments == "Riga"  # as LangChain writes a single argument
        assert tool.payload.result == "Sunny in Riga"

    def test_what_goes_through_a_node_is_json_and_not_a_prompt(self) -> None:
        node = of_kind(self.events, Kind.NODE)[0]
        assert node.payload.prompt == ()
        assert node.payload.input["messages"][0]["data"]["content"] == "Weather in Riga?"
        assert node.payload.result["messages"][0]["type"] == "ai"

    def test_a_complete_span_has_both_times(self) -> None:
        for event in self.events:
            assert event.phase is Phase.ENDED
            assert event.ended_at is not None
            assert event.ended_at > event.at
            assert event.event_id == f"{event.trace_id}:{event.step_id}:ended"


def test_a_streamed_call_has_no_tokens_which_is_not_zero() -> None:
    (call,) = of_kind(captured("langgraph-stream"), Kind.MODEL_CALL)
    assert call.tokens is None
    assert call.payload.answer == (Message("assistant", "It is sunny."),)


def test_an_error_is_told_where_it_happened() -> None:
    events = captured("langgraph-error")
    (node,) = of_kind(events, Kind.NODE)
    assert (node.status, root_of(events).status) == (Status.FAILED, Status.FAILED)
    assert node.problem is not None
    assert (node.problem.type, node.problem.message) == ("ValueError", "no such booking")
    assert "in fail" in (node.problem.stack or "")


def test_a_cancel_is_stopped_and_no_problem() -> None:
    events = captured("langgraph-cancel")
    assert {(event.kind, event.status) for event in events} == {
        (Kind.NODE, Status.STOPPED),
        (Kind.AGENT, Status.STOPPED),
    }
    assert {event.problem for event in events} == {None}


class TestAnInterrupt:
    events = captured("langgraph-interrupt")

    def test_it_is_two_traces_of_one_conversation(self) -> None:
        assert len({event.trace_id for event in self.events}) == 2
        assert {event.conversation_id for event in self.events} == {"thread-pause"}

    def test_the_node_waits_and_nothing_has_failed(self) -> None:
        nodes = of_kind(self.events, Kind.NODE)
        assert [(node.status, node.problem) for node in nodes] == [
            (Status.WAITING, None),
            (Status.SUCCEEDED, None),
        ]
        assert Status.FAILED not in {event.status for event in self.events}

    def test_what_it_waits_for_is_an_event(self) -> None:
        (request,) = of_kind(self.events, Kind.APPROVAL_REQUEST, Phase.POINT)
        waiting = of_kind(self.events, Kind.NODE)[0]
        assert (request.status, request.name, request.node) == (Status.WAITING, "refund", "work")
        assert (request.trace_id, request.parent_id) == (waiting.trace_id, waiting.step_id)
        assert f"id='{request.step_id}'" in (CAPTURES / "langgraph-interrupt.json").read_text()
        assert request.payload.arguments == {
            "question": "Refund 40 EUR?",
            "tool": "refund",
            "arguments": {"amount": 40},
        }
        assert waiting.ended_at is not None
        assert waiting.at < request.at <= waiting.ended_at

    def test_the_resume_has_the_answer(self) -> None:
        (answer,) = of_kind(self.events, Kind.APPROVAL_DECISION, Phase.POINT)
        assert answer.payload.result == "yes"
        assert answer.trace_id != of_kind(self.events, Kind.NODE)[0].trace_id
        assert answer.parent_id == root_of([e for e in self.events if e.trace_id == answer.trace_id]).step_id


def test_an_interrupt_in_a_tool_is_asked_for_once() -> None:
    events = captured("langgraph-tool-interrupt")
    waiting = [event for event in events if event.status is Status.WAITING and event.phase is Phase.ENDED]
    assert [event.kind for event in waiting] == [Kind.TOOL_CALL, Kind.NODE]
    requests = of_kind(events, Kind.APPROVAL_REQUEST, Phase.POINT)
    assert len({request.event_id for request in requests}) == 1
    assert total(events).input == 240  # the first call is not made again by the resume


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("(Interrupt(value='Go on?', id='ab'),)", [("ab", "interrupt", "Go on?")]),
        (
            "(Interrupt(value={'action': 'pay'}, id='a'), Interrupt(value=7, id='b'))",
            [("a", "pay", {"action": "pay"}), ("b", "interrupt", 7)],
        ),
        ("(Interrupt(value=Ask(text='Go on?'), id='ab'),)", [("ab", "interrupt", "Ask(text='Go on?')")]),
        ("(Interrupt(value=(1, {2: b'x'}), id='ab'),)", [("ab", "interrupt", [1, {"2": "b'x'"}])]),
        (
            "(Interrupt(value=<Ask object>, id='ab'),)",
            [(None, "interrupt", "(Interrupt(value=<Ask object>, id='ab'),)")],
        ),
        ("()", [(None, "interrupt", "()")]),
        ("", [(None, "interrupt", "")]),
        (
            # what a client wrote is quoted in it, and asks for nothing
            "(Interrupt(value=\"', id='x'), Interrupt(value='Pay?', id='y'\", id='ab'),)",
            [("ab", "interrupt", "', id='x'), Interrupt(value='Pay?', id='y'")],
        ),
        (
            "(Interrupt(value=__import__('os').abort(), id='ab'),)",
            [("ab", "interrupt", "__import__('os').abort()")],
        ),
        ("(" * 5_000, [(None, "interrupt", "(" * 5_000)]),
        ("-" * 19_000 + "1", [(None, "interrupt", "-" * 19_000 + "1")]),
        (
            "(Interrupt(value=" + "1+" * 395 + "1, id='ab'),)",
            [("ab", "interrupt", "1+" * 395 + "1")],
        ),
        ("1+" * 500 + "1", [(None, "interrupt", "1+" * 500 + "1")]),
        (
            "(Interrupt(value=" + "1+" * 500 + "1, id='ab'),)",
            [(None, "interrupt", "(Interrupt(value=" + "1+" * 500 + "1, id='ab'),)")],
        ),
        ("9" * 5_000, [(None, "interrupt", "9" * 5_000)]),
        ("\0", [(None, "interrupt", "\0")]),
        (
            "(Interrupt(value=" + "[" * 60 + "]" * 60 + ", id='ab'),)",
            [("ab", "interrupt", "[" * 60 + "]" * 60)],
        ),
    ],
)
def test_what_an_interrupt_asks_is_read_and_never_run(
    message: str, asked: list[tuple[str | None, str, object]]
) -> None:
    span = made({OPENINFERENCE: "CHAIN"}, events=[raised("langgraph.errors.GraphInterrupt", message)])
    step, *requests = reading(span).events
    assert step.status is Status.WAITING
    assert [
        (
            None if request.step_id.startswith(step.step_id) else request.step_id,
            request.name,
            request.payload.arguments,
        )
        for request in requests
    ] == asked


class TestOpenAiAgents:
    events = captured("openai-agents-tool")

    def test_tokens_model_and_messages(self) -> None:
        calls = of_kind(self.events, Kind.MODEL_CALL)
        assert [call.model for call in calls] == ["fake-1", "fake-1"]
        assert total(self.events) == Tokens(input=240, output=14, cache_read=0, reasoning=0)
        assert calls[0].payload.answer == (Message("assistant", "", (CALL,)),)
        assert calls[0].payload.input is None  # said in the prompt already

    def test_tool_and_agent(self) -> None:
        (tool,) = of_kind(self.events, Kind.TOOL_CALL)
        assert (tool.payload.arguments, tool.payload.result) == ({"city": "Riga"}, "Sunny in Riga")
        agent = next(event for event in self.events if event.node is not None)
        assert (agent.kind, agent.node, agent.source) == (Kind.AGENT, "concierge", "concierge")

    def test_the_session_is_dropped_by_the_emitter(self) -> None:
        assert {event.conversation_id for event in self.events} == {None}

    def test_an_approval_leaves_no_mark_but_a_tool_without_a_result(self) -> None:
        events = captured("openai-agents-approval")
        assert {event.status for event in events} == {Status.SUCCEEDED}
        (tool,) = of_kind(events, Kind.TOOL_CALL)
        assert tool.payload.result is None


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("LLM", Kind.MODEL_CALL),
        ("EMBEDDING", Kind.MODEL_CALL),
        ("TOOL", Kind.TOOL_CALL),
        ("AGENT", Kind.AGENT),
        ("RETRIEVER", Kind.RETRIEVAL),
        ("CHAIN", Kind.OTHER),
        ("GUARDRAIL", Kind.OTHER),
        ("of a later version", Kind.OTHER),
    ],
)
def test_kinds_of_spans(told: str, kind: Kind) -> None:
    assert one({OPENINFERENCE: told}).kind is kind


def test_a_thread_stands_in_for_a_session() -> None:
    metadata = '{"thread_id": "thread-1"}'
    assert one({OPENINFERENCE: "LLM", "metadata": metadata}).conversation_id == "thread-1"
    told = {OPENINFERENCE: "LLM", "metadata": metadata, "session.id": "session-1"}
    assert one(told).conversation_id == "session-1"


def test_a_text_that_only_looks_like_json_stays_text() -> None:
    event = one(
        {
            OPENINFERENCE: "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": '{"a": 1}',
            "llm.input_messages.1.message.content": "<b>[1, 2</b>",
        }
    )
    assert [message.content for message in event.payload.prompt] == ['{"a": 1}', "<b>[1, 2</b>"]


def test_several_contents_of_a_message_are_its_parts() -> None:
    prefix = "llm.input_messages.0.message.contents"
    event = one(
        {
            OPENINFERENCE: "LLM",
            f"{prefix}.1.message_content.type": "image",
            f"{prefix}.0.message_content.type": "text",
            f"{prefix}.0.message_content.text": "What is it?",
        }
    )
    assert event.payload.prompt == (
        Message("user", [{"type": "text", "text": "What is it?"}, {"type": "image"}]),
    )
