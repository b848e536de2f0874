"""Spans and log records by OpenTelemetry's conventions for generative AI, old and new.

The current names are at https://opentelemetry.io/docs/specs/semconv/gen-ai/; where they differ, those of
pydantic-ai, of LiteLLM and of OpenLLMetry are read too. A span that has none of them is a step of kind OTHER.
"""

from __future__ import annotations

from typing import Any

from telemetry.attributes import Attributes, money, parsed, short
from telemetry.events import Kind, Message, Routing
from telemetry.messages import of_chat, of_instructions, of_parts, tool_call
from telemetry.told import Approval, Told, tokens

_OPERATIONS = {
    "chat": Kind.MODEL_CALL,
    "text_completion": Kind.MODEL_CALL,
    "generate_content": Kind.MODEL_CALL,
    "embeddings": Kind.MODEL_CALL,
    "execute_tool": Kind.TOOL_CALL,
    "invoke_agent": Kind.AGENT,
    "create_agent": Kind.AGENT,
    "invoke_workflow": Kind.AGENT,
    "plan": Kind.PLAN_UPDATE,
    "retrieval": Kind.RETRIEVAL,
    "search_memory": Kind.RETRIEVAL,
}
_OLD_REQUESTS = frozenset({"chat", "completion", "embedding", "acompletion", "aembedding", "responses"})
"""Of `llm.request.type`, before there were operations."""
_TRACELOOP = {"workflow": Kind.AGENT, "agent": Kind.AGENT, "tool": Kind.TOOL_CALL, "task": Kind.NODE}

_PARAMETERS = "gen_ai.request."
_NOISE = (
    "logfire.json_schema",
    "logfire.span_type",
    "logfire.pending_parent_id",
    "pydantic_ai.all_messages",
)
"""Said again elsewhere: each would double what is stored."""


def read(attributes: Attributes) -> Told:
    """Takes out of `attributes` what it has a place for.

    Tokens and cost are of the step's own call only: a total that a parent tells of its children
    (`gen_ai.aggregated_usage.*`, or `gen_ai.usage.*` of an agent) stays an attribute.
    """
    pop, pop_text = attributes.pop, attributes.pop_text
    told = Told()
    operation = pop_text("gen_ai.operation.name")
    told.kind = _kind(operation, attributes)
    told.conversation_id = pop_text(
        "gen_ai.conversation.id",
        "session.id",
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.session_id",
    )
    told.agent = told.node = pop_text("gen_ai.agent.name", "agent_name")
    asked_model = pop_text("gen_ai.request.model")
    told.model = pop_text("gen_ai.response.model") or asked_model or pop_text("model_name")
    told.provider = pop_text("gen_ai.provider.name", "gen_ai.system")
    attributes.pop(*_NOISE)
    match told.kind:
        case Kind.MODEL_CALL:
            _read_model_call(told, attributes, asked_model)
        case Kind.TOOL_CALL:
            told.name = pop_text("gen_ai.tool.name", "traceloop.entity.name")
            told.arguments = parsed(
                pop("gen_ai.tool.call.arguments", "tool_arguments", "traceloop.entity.input")
            )
            told.result = parsed(pop("gen_ai.tool.call.result", "tool_response", "traceloop.entity.output"))
        case _:
            told.name = pop_text("gen_ai.workflow.name") or (told.agent if told.kind is Kind.AGENT else None)
            told.input = _came_in(attributes)
            told.result = parsed(pop("gen_ai.output.messages", "final_result", "traceloop.entity.output"))
            _read_deferred(told)
    return told


def _kind(operation: str | None, attributes: Attributes) -> Kind:
    if operation is not None:
        return _OPERATIONS.get(operation, Kind.OTHER)
    plain = attributes.plain
    traceloop = plain.get("traceloop.span.kind")
    if isinstance(traceloop, str) and traceloop in _TRACELOOP:
        return _TRACELOOP[traceloop]
    old = plain.get("llm.request.type")
    if (isinstance(old, str) and old in _OLD_REQUESTS) or "gen_ai.request.model" in plain:
        return Kind.MODEL_CALL
    return Kind.TOOL_CALL if "gen_ai.tool.name" in plain else Kind.OTHER


def _read_model_call(told: Told, attributes: Attributes, asked_model: str | None) -> None:
    pop, pop_count = attributes.pop, attributes.pop_count
    told.prompt = of_instructions(pop("gen_ai.system_instructions")) + (
        of_parts(pop("gen_ai.input.messages")) or _flattened(attributes, "gen_ai.prompt.", "user")
    )
    told.answer = _answer(attributes)
    told.parameters = {
        name.removeprefix(_PARAMETERS): attributes.plain.pop(name)
        for name in [name for name in attributes.plain if name.startswith(_PARAMETERS)]
    }
    told.tokens = tokens(
        pop_count("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        pop_count("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        pop_count(
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
        ),
        pop_count(
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
        ),
        pop_count(
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
        ),
    )
    told.cost = money(pop("gen_ai.cost.total_cost", "gen_ai.usage.cost", "operation.cost"))
    group = attributes.pop_text("litellm.model_group")
    if group is not None and (chosen := asked_model or told.model) is not None:
        told.routing = Routing(chosen, f"model group {group}")


def _answer(attributes: Attributes) -> tuple[Message, ...]:
    completions = attributes.messages("gen_ai.completion.")
    answer = of_parts(attributes.pop("gen_ai.output.messages")) or tuple(
        of_chat(completion, "assistant")
        for completion in completions
        if completion.keys() != {"function_call"}
    )
    called = [item["function_call"] for item in completions if isinstance(item.get("function_call"), dict)]
    if called and not any(message.tool_calls for message in answer):
        # LiteLLM tells calls only here, each under a number of its own
        first = answer[0] if answer else Message("assistant", "")
        answer = (Message(first.role, first.content, tuple(map(tool_call, called))), *answer[1:])
    return answer


def _flattened(attributes: Attributes, prefix: str, role: str) -> tuple[Message, ...]:
    return tuple(of_chat(message, role) for message in attributes.messages(prefix))


def _came_in(attributes: Attributes) -> Any:
    return parsed(attributes.pop("gen_ai.input.messages", "traceloop.entity.input"))


def _read_deferred(told: Told) -> None:
    """pydantic-ai ends a run with `DeferredToolRequests` where it needs an approval or a result."""
    result = told.result
    if not isinstance(result, dict):
        return
    approvals, calls = result.get("approvals"), result.get("calls")
    if not isinstance(approvals, list) or not isinstance(calls, list):
        return
    asked = [item for item in approvals if isinstance(item, dict) and "tool_call_id" in item]
    told.is_waiting = bool(asked or calls)
    told.approvals = tuple(
        Approval(
            _text(item["tool_call_id"]), _text(item.get("tool_name")) or "tool", parsed(item.get("args"))
        )
        for item in asked
    )


def _text(value: Any) -> str | None:
    return short(value) if isinstance(value, str) and value else None
