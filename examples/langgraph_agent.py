"""A LangGraph agent that waits at an `interrupt` until somebody has decided on the panel's page.

pip install -r requirements.txt
PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python langgraph_agent.py

The key needs the scopes `ingest` and `control`. The graph tells of itself by callbacks. People are heard in
its node `listen`, before every step: there it is stopped, and gets the tasks that they have added.
"""

import os
from typing import Any, Literal

os.environ["LANGSMITH_TRACING_V2"] = "false"  # nobody else is told, whatever is set outside

from booking import PLAN, QUESTION, REFUSED, Booking, next_call
from langchain_callbacks import PanelCallbacks
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from panel_client import Run


class FakeModel(BaseChatModel):
    """Stands where a real one would, such as `init_chat_model("openai:gpt-5-mini").bind_tools(…)`."""

    model: str = "fake-model"

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        results = [(str(message.name), str(message.text)) for message in messages if message.type == "tool"]
        asked = [str(message.text) for message in messages if message.type == "human"]
        wanted = next_call(results, asked[1:])
        calls = [{"name": wanted[0], "args": wanted[1], "id": f"call-{len(results)}"}] if wanted else []
        used = {"input_tokens": 60 + 20 * len(messages), "output_tokens": 15}
        used["total_tokens"] = sum(used.values())
        answer = AIMessage("" if calls else "That is all.", tool_calls=calls, usage_metadata=used)
        return ChatResult(generations=[ChatGeneration(message=answer)])


def graph_of(run: Run) -> CompiledStateGraph[MessagesState]:
    """Listen, think, and act; before a visit is booked, ask."""
    model = FakeModel()

    def listen(state: MessagesState) -> dict[str, Any]:
        run.listen()
        added, run.added = run.added, []
        return {"messages": [HumanMessage(text) for text in added]}

    def think(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    def ask(state: MessagesState) -> Command[Literal["act", "listen"]]:
        # begins anew when it is resumed, so nothing that should happen once may stand before the interrupt
        call = calls_in(state)[0]
        if interrupt(call):
            return Command(goto="act")
        refusal = ToolMessage(REFUSED, name=call["name"], tool_call_id=call["id"])
        return Command(goto="listen", update={"messages": [refusal]})

    def next_node(state: MessagesState) -> str:
        calls = calls_in(state)
        return END if not calls else "ask" if calls[0]["name"] == "book_visit" else "act"

    graph = StateGraph(MessagesState)
    graph.add_node("listen", listen)
    graph.add_node("think", think)
    graph.add_node("ask", ask)
    graph.add_node("act", ToolNode(Booking(run).tools))
    graph.add_edge(START, "listen")
    graph.add_edge("listen", "think")
    graph.add_conditional_edges("think", next_node, ["ask", "act", END])
    graph.add_edge("act", "listen")
    return graph.compile(checkpointer=InMemorySaver(), name="receptionist")


def calls_in(state: MessagesState) -> list[ToolCall]:
    """The tools that the model has called last."""
    last = state["messages"][-1]
    return last.tool_calls if isinstance(last, AIMessage) else []


def work() -> None:
    """One task, from its beginning to its end."""
    run = Run("receptionist", PLAN)
    graph = graph_of(run)
    config: RunnableConfig = {
        "configurable": {"thread_id": run.id}, "callbacks": [PanelCallbacks(run)], "recursion_limit": 500,
    }  # fmt: skip
    with run.working(attributes={"graph": graph.get_graph().draw_mermaid()}):
        run.tell("user_input", "Anna writes", source="Anna", result=QUESTION)
        state = graph.invoke({"messages": [HumanMessage(QUESTION)]}, config)
        while asked := state.get("__interrupt__"):
            call = asked[0].value
            is_allowed = run.ask(asked[0].id, call["name"], call["args"])
            state = graph.invoke(Command(resume=is_allowed), config)


if __name__ == "__main__":
    work()
