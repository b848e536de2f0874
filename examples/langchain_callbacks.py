"""Tells the panel what LangGraph and LangChain do, while they do it: nodes, model calls and tool calls.

`graph.invoke(…, {"callbacks": [PanelCallbacks(run)]})`. OpenTelemetry tells of each step when it has ended.
"""

from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, LLMResult
from langgraph.errors import GraphInterrupt
from panel_client import Cancelled, Json, Run, now


class PanelCallbacks(BaseCallbackHandler):
    """Each step is told twice, when it begins and when it ends, under the id that LangChain gives it."""

    raise_error = True

    def __init__(self, run: Run) -> None:
        self.run = run
        self.open: dict[UUID, Json] = {}

    def begin(self, kind: str, step: UUID, parent: UUID | None, metadata: Json | None, **more: Any) -> None:
        """Tells that a step has begun."""
        node = (metadata or {}).get("langgraph_node")
        told: Json = {"step_id": str(step), "kind": kind, "node": node} | more
        # what is around the nodes is the graph, which is the run
        told["parent_id"] = str(parent) if parent in self.open else self.run.root
        told["at"] = self.run.tell(**told, status="running", phase="begun")
        self.open[step] = told

    def end(self, step: UUID, status: str = "done", **more: Any) -> None:
        """Tells how it has ended, if its beginning was told."""
        if told := self.open.pop(step, None):
            self.run.tell(**told | more, status=status, phase="ended", ended_at=now())

    def on_chain_start(
        self, serialized: Json, inputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None,
        tags: list[str] | None = None, metadata: Json | None = None, **rest: Any,
    ) -> None:  # fmt: skip
        """Of everything that is called so, the graph's nodes are told."""
        if metadata and rest.get("name") == metadata.get("langgraph_node"):
            self.begin("node", run_id, parent_run_id, metadata, name=rest["name"])

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """A node has ended."""
        self.end(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """To wait for a person is no failure, nor is to be stopped by one."""
        if isinstance(error, GraphInterrupt):
            self.end(run_id, "waiting")
        elif isinstance(error, Cancelled):
            self.end(run_id, "stopped")
        else:
            self.end(run_id, "error", error={"type": type(error).__name__, "message": str(error)})

    on_tool_error = on_llm_error = on_chain_error

    def on_chat_model_start(
        self, serialized: Json, messages: list[list[BaseMessage]], *, run_id: UUID,
        parent_run_id: UUID | None = None, tags: list[str] | None = None, metadata: Json | None = None,
        **_: Any,
    ) -> None:  # fmt: skip
        """What the model is asked."""
        model = (metadata or {}).get("ls_model_name")
        prompt = as_told(messages[0])
        self.begin("model_call", run_id, parent_run_id, metadata, name="chat", model=model, prompt=prompt)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """What it has answered, and what that took."""
        first = response.generations[0][0]
        answer = first.message if isinstance(first, ChatGeneration) else AIMessage(first.text)
        used = answer.usage_metadata if isinstance(answer, AIMessage) else None
        tokens = {"input": used["input_tokens"], "output": used["output_tokens"]} if used else None
        self.end(run_id, answer=as_told([answer]), tokens=tokens)

    def on_tool_start(
        self, serialized: Json, input_str: str, *, run_id: UUID, parent_run_id: UUID | None = None,
        tags: list[str] | None = None, metadata: Json | None = None, inputs: Json | None = None, **_: Any,
    ) -> None:  # fmt: skip
        """With which arguments a tool is called."""
        self.begin("tool_call", run_id, parent_run_id, metadata, name=serialized["name"], arguments=inputs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """What it has given back."""
        self.end(run_id, result=output.text if isinstance(output, BaseMessage) else output)


def as_told(messages: list[BaseMessage]) -> list[Json]:
    """As chat completions write them, with those of their fields that the panel takes."""
    taken = ("role", "content", "tool_calls", "tool_call_id")
    written = convert_to_openai_messages(messages)
    return [{name: message[name] for name in taken if name in message} for message in written]
