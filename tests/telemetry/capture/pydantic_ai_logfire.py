"""pydantic-ai: a tool call, a failing tool, a deferred approval and its resume, in formats 2, 5 and 6; and
with Logfire's pending spans."""

from __future__ import annotations

import warnings
from contextlib import suppress

import logfire
from exporting import tracer_provider
from logfire._internal.tracer import PendingSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import RandomIdGenerator
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults
from pydantic_ai.capabilities.instrumentation import Instrumentation
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.usage import RequestUsage
from receiver import capture

warnings.simplefilter("ignore")


def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    details = {"reasoning_tokens": 3}
    usage = RequestUsage(input_tokens=120, output_tokens=7, cache_read_tokens=100, details=details)
    returned = [part for part in messages[-1].parts if part.part_kind == "tool-return"]
    if returned:
        return ModelResponse([TextPart("Done.")], usage=usage)
    tool = info.function_tools[0].name
    arguments = {"city": "Riga"} if tool == "weather" else {"amount": 40}
    return ModelResponse([ToolCallPart(tool, arguments, "call_1")], usage=usage)


def instrumented(settings: InstrumentationSettings | None) -> list[Instrumentation]:
    return [Instrumentation(settings=settings)] if settings else []


def agent(settings: InstrumentationSettings | None) -> Agent:
    made = Agent(
        FunctionModel(answer, model_name="fake-1"),
        name="concierge",
        capabilities=instrumented(settings),
        instructions="Be brief.",
    )

    @made.tool_plain
    def weather(city: str) -> str:
        return f"Sunny in {city}"

    return made


def paying_agent(settings: InstrumentationSettings) -> Agent:
    made = Agent(
        FunctionModel(answer, model_name="fake-1"),
        name="cashier",
        capabilities=instrumented(settings),
        output_type=[str, DeferredToolRequests],
    )

    @made.tool_plain(requires_approval=True)
    def refund(amount: int) -> str:
        return f"Refunded {amount}"

    return made


def failing_agent(settings: InstrumentationSettings) -> Agent:
    made = Agent(
        FunctionModel(answer, model_name="fake-1"), name="concierge", capabilities=instrumented(settings)
    )

    @made.tool_plain
    def weather(city: str) -> str:
        raise ValueError("no weather today")

    return made


def pause_and_resume(settings: InstrumentationSettings) -> None:
    cashier = paying_agent(settings)
    paused = cashier.run_sync("Refund 40 EUR")
    answers = DeferredToolResults(approvals={"call_1": True})
    cashier.run_sync(message_history=paused.all_messages(), deferred_tool_results=answers)


def scenes(settings: InstrumentationSettings) -> None:
    agent(settings).run_sync("Weather in Riga?")
    with suppress(ValueError):
        failing_agent(settings).run_sync("Weather in Riga?")
    pause_and_resume(settings)


if __name__ == "__main__":
    for version in (2, 5, 6):
        with capture(f"pydantic-ai-v{version}") as address:
            provider = tracer_provider(address, "salon-agent")
            scenes(InstrumentationSettings(tracer_provider=provider, version=version))
            provider.shutdown()
    with capture("logfire-pending") as address:
        exported = SimpleSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces"))
        logfire.configure(
            send_to_logfire=False,
            console=False,
            service_name="salon-agent",
            service_version="1.0",
            additional_span_processors=[exported, PendingSpanProcessor(RandomIdGenerator(), exported)],
        )
        logfire.instrument_pydantic_ai()
        with logfire.span("handle message"):
            agent(None).run_sync("Weather in Riga?")
        logfire.shutdown()
