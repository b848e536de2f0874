"""Spans by OpenInference's conventions: LangChain and LangGraph, openai-agents and others through it.

The names: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

from typing import Any

from telemetry.attributes import LARGEST_ROUND, Attributes, count, money, parsed, short
from telemetry.events import Kind
from telemetry.messages import of_openinference
from telemetry.told import Told, tokens

MARK = "openinference.span.kind"
"""On every span of OpenInference's, and on no other."""

_KINDS = {
    "LLM": Kind.MODEL_CALL,
    "EMBEDDING": Kind.MODEL_CALL,
    "TOOL": Kind.TOOL_CALL,
    "AGENT": Kind.AGENT,
    "RETRIEVER": Kind.RETRIEVAL,
    "RERANKER": Kind.RETRIEVAL,
}


def read(attributes: Attributes, span_name: str) -> Told:
    """Takes out of `attributes` what it has a place for."""
    pop, pop_text = attributes.pop, attributes.pop_text
    told = Told(kind=_KINDS.get(pop_text(MARK) or "", Kind.OTHER))
    told.conversation_id = pop_text("session.id")
    told.agent = pop_text("agent.name")
    told.node = pop_text("graph.node.id")
    told.model = pop_text("llm.model_name", "embedding.model_name")
    told.provider = pop_text("llm.provider", "llm.system")
    _read_metadata(told, parsed(attributes.plain.get("metadata")), span_name)
    came_in = _value(attributes, "input")
    came_out = _value(attributes, "output")
    match told.kind:
        case Kind.MODEL_CALL:
            _read_model_call(told, attributes, came_in, came_out)
        case Kind.TOOL_CALL:
            told.name = pop_text("tool.name")
            told.arguments = parsed(pop("tool_call.function.arguments")) or came_in
            told.result = _of_tool(came_out)
        case _:
            told.input, told.result = came_in, came_out
            told.answer_to_approval = _resumed_with(came_in)
    return told


def _read_metadata(told: Told, metadata: Any, span_name: str) -> None:
    """LangGraph's; https://reference.langchain.com/python/langgraph does not promise the names."""
    if not isinstance(metadata, dict):
        return
    node, thread = metadata.get("langgraph_node"), metadata.get("thread_id")
    if isinstance(node, str) and node:
        told.node = short(node)
        step = count(metadata.get("langgraph_step"))
        told.iteration = step if step is not None and step <= LARGEST_ROUND else None
        if told.kind is Kind.OTHER and node == span_name:
            told.kind = Kind.NODE
    elif told.kind is Kind.OTHER and metadata.get("ls_integration") == "langgraph":
        told.kind = Kind.AGENT  # the graph itself
        told.agent = told.agent or short(span_name)
    if told.conversation_id is None and isinstance(thread, str) and thread:
        told.conversation_id = short(thread)


def _read_model_call(told: Told, attributes: Attributes, came_in: Any, came_out: Any) -> None:
    pop, pop_count = attributes.pop, attributes.pop_count
    told.prompt = of_openinference(attributes.messages("llm.input_messages."))
    told.answer = of_openinference(attributes.messages("llm.output_messages."))
    if not told.prompt:
        told.input = came_in
    if not told.answer:
        told.result = came_out
    parameters = parsed(pop("llm.invocation_parameters", "embedding.invocation_parameters"))
    told.parameters = parameters if isinstance(parameters, dict) else {}
    told.tokens = tokens(
        pop_count("llm.token_count.prompt"),
        pop_count("llm.token_count.completion"),
        pop_count("llm.token_count.prompt_details.cache_read"),
        pop_count("llm.token_count.prompt_details.cache_write"),
        pop_count("llm.token_count.completion_details.reasoning"),
    )
    told.cost = money(pop("llm.cost.total"))


def _value(attributes: Attributes, side: str) -> Any:
    """`<side>.value`, as JSON where its type says so or it cannot be anything else."""
    mime_type = attributes.pop(f"{side}.mime_type")
    value = attributes.pop(f"{side}.value")
    return parsed(value) if mime_type in (None, "application/json") else value


def _of_tool(value: Any) -> Any:
    """LangChain tells a whole message where the tool has returned its content."""
    if isinstance(value, dict) and value.get("type") == "tool" and isinstance(value.get("data"), dict):
        return value["data"].get("content", value)
    return value


def _resumed_with(value: Any) -> Any:
    """LangGraph goes on after an interrupt with a `Command` that has these four fields."""
    if isinstance(value, dict) and value.keys() == {"graph", "update", "resume", "goto"}:
        return value["resume"]
    return None
