"""LangGraph through OpenInference: a tool call, an interrupt and its resume, an error, a cancel, a stream."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any, TypedDict

from exporting import tracer_provider
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from openinference.instrumentation.langchain import LangChainInstrumentor
from receiver import capture


class State(TypedDict):
    messages: Annotated[list[Any], add_messages]


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"Sunny in {city}"


CALL = {"name": "weather", "args": {"city": "Riga"}, "id": "call_1", "type": "tool_call"}
USAGE = {
    "input_tokens": 120,
    "output_tokens": 7,
    "total_tokens": 127,
    "input_token_details": {"cache_read": 100},
    "output_token_details": {"reasoning": 3},
}


class Model(GenericFakeChatModel):
    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": "fake-1", "temperature": 0.2}

    def _get_ls_params(self, **_: Any) -> Any:
        return {"ls_provider": "openai", "ls_model_name": "fake-1", "ls_model_type": "chat"}


def model(*answers: AIMessage) -> Model:
    return Model(messages=iter(answers))


@tool("weather")
def guarded_weather(city: str) -> str:
    """Tell the weather, when allowed."""
    interrupt({"question": "Look outside?", "tool": "weather", "arguments": {"city": city}})
    return f"Sunny in {city}"


def with_tool(tool_called: Any = weather, saver: Any = None) -> Any:
    called = AIMessage("", tool_calls=[CALL], usage_metadata=USAGE)
    fake = model(called, AIMessage("It is sunny.", usage_metadata=USAGE))
    graph = StateGraph(State)
    graph.add_node("ask", lambda state: {"messages": [fake.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([tool_called]))
    graph.add_edge(START, "ask")
    graph.add_conditional_edges("ask", lambda s: "tools" if s["messages"][-1].tool_calls else END)
    graph.add_edge("tools", "ask")
    return graph.compile(name="concierge", checkpointer=saver)


def one_node(run: Any, name: str) -> Any:
    graph = StateGraph(State)
    graph.add_node("work", run)
    graph.add_edge(START, "work")
    graph.add_edge("work", END)
    return graph.compile(checkpointer=InMemorySaver(), name=name)


def approve(_: State) -> dict[str, Any]:
    answer = interrupt({"question": "Refund 40 EUR?", "tool": "refund", "arguments": {"amount": 40}})
    return {"messages": [AIMessage(f"answered {answer}")]}


def fail(_: State) -> dict[str, Any]:
    raise ValueError("no such booking")


async def wait_long(_: State) -> dict[str, Any]:
    await asyncio.sleep(60)
    return {}


ASK = {"messages": [HumanMessage("Weather in Riga?")]}


def on(thread: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread}}


async def cancelled() -> None:
    task = asyncio.create_task(one_node(wait_long, "slow").ainvoke(ASK, on("thread-cancel")))
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def streamed() -> None:
    fake = model(AIMessage("It is sunny."))

    def work(state: State) -> dict[str, Any]:
        text = "".join(chunk.text for chunk in fake.stream(state["messages"]))
        return {"messages": [AIMessage(text)]}

    list(one_node(work, "streamer").stream(ASK, on("thread-stream")))


def paused_and_resumed() -> None:
    graph = one_node(approve, "refunds")
    graph.invoke(ASK, on("thread-pause"))
    graph.invoke(Command(resume="yes"), on("thread-pause"))


def paused_in_a_tool() -> None:
    graph = with_tool(guarded_weather, InMemorySaver())
    graph.invoke(ASK, on("thread-tool-pause"))
    graph.invoke(Command(resume=True), on("thread-tool-pause"))


def failed() -> None:
    with suppress(ValueError):
        one_node(fail, "bookings").invoke(ASK, on("thread-error"))


SCENES = {
    "langgraph-tool": lambda: with_tool().invoke(ASK, on("thread-tool")),
    "langgraph-interrupt": paused_and_resumed,
    "langgraph-tool-interrupt": paused_in_a_tool,
    "langgraph-error": failed,
    "langgraph-cancel": lambda: asyncio.run(cancelled()),
    "langgraph-stream": streamed,
}

if __name__ == "__main__":
    instrumentor = LangChainInstrumentor()
    for name, scene in SCENES.items():
        with capture(name) as address:
            provider = tracer_provider(address, "salon-agent")
            instrumentor.instrument(tracer_provider=provider)
            scene()
            instrumentor.uninstrument()
            provider.shutdown()
