"""A pydantic-ai agent with a tool that requires an approval, which somebody gives on the panel's page.

pip install -r requirements.txt
PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python pydantic_ai_agent.py

The key needs the scopes `ingest` and `control`. pydantic-ai itself tells of its model calls, its tool calls
and what it waits for, by OpenTelemetry. Between its steps the agent hears what people want.
"""

import asyncio
import os

from booking import PLAN, QUESTION, REFUSED, Booking, next_call
from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from panel_client import Run
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, Tool, ToolDenied
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel


def fake_model(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    """Stands where a real one would."""
    parts = [part for message in messages for part in message.parts]
    results = [(part.tool_name, str(part.content)) for part in parts if isinstance(part, ToolReturnPart)]
    asked = [str(part.content) for part in parts if isinstance(part, UserPromptPart)]
    wanted = next_call(results, asked[1:])
    return ModelResponse([ToolCallPart(*wanted) if wanted else TextPart("That is all.")])


def agent_of(run: Run) -> Agent[None, str | DeferredToolRequests]:
    """An agent that stops with a `DeferredToolRequests` before a visit is booked."""
    booking = Booking(run)
    tools = [Tool(tool, requires_approval=tool == booking.book_visit) for tool in booking.tools]
    model = FunctionModel(fake_model, model_name="fake-model")
    return Agent(model, name="receptionist", tools=tools, output_type=[str, DeferredToolRequests])


def tell_spans_of(run: Run) -> None:
    """From now on pydantic-ai tells the panel what it does, as a part of the run."""
    exporter = OTLPSpanExporter(
        f"{os.environ['PANEL_URL']}/v1/traces", headers={"x-api-key": os.environ["PANEL_KEY"]}
    )
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    context.attach(propagate.extract({"traceparent": f"00-{run.id}-{run.root}-01"}))
    Agent.instrument_all()


async def work(run: Run) -> None:
    """The whole task: the agent is begun, and goes on after each decision."""
    agent = agent_of(run)
    prompt: str | None = QUESTION
    history: list[ModelMessage] = []
    answers: DeferredToolResults | None = None
    while True:
        async with agent.iter(
            prompt, message_history=history, deferred_tool_results=answers, conversation_id=run.id
        ) as steps:
            async for _ in steps:
                run.listen()
                while run.added:
                    steps.enqueue(run.added.pop(0))
        if steps.result is None or not isinstance(steps.result.output, DeferredToolRequests):
            return
        history, prompt, answers = steps.result.all_messages(), None, DeferredToolResults()
        for call in steps.result.output.approvals:
            is_allowed = run.is_allowed(call.tool_call_id)
            answers.approvals[call.tool_call_id] = is_allowed or ToolDenied(REFUSED)


if __name__ == "__main__":
    one = Run("receptionist", PLAN)
    with one.working():
        one.tell("user_input", "Anna writes", source="Anna", result=QUESTION)
        tell_spans_of(one)
        asyncio.run(work(one))
