"""A bot that asks models through LiteLLM, in a loop of its own, and asks a person before it books.

pip install -r requirements.txt
PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python litellm_bot.py

The key needs the scopes `ingest` and `control`. The bot tells of each model call what was asked and answered
and what that took in tokens, and of each tool call what came of it. Between them it hears what people want.
"""

import json
import os
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else LiteLLM fetches prices while it is imported

import litellm
from booking import PLAN, QUESTION, REFUSED, Booking, next_call
from panel_client import Json, Run, now
from pydantic import TypeAdapter


class Bot:
    """One task, and what was said in it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.tools = {tool.__name__: tool for tool in Booking(run).tools}
        self.messages: list[Json] = [{"role": "user", "content": QUESTION}]
        self.results: list[tuple[str, str]] = []

    def work(self) -> None:
        """Asks the model and does what it wants, until it wants nothing more."""
        while calls := self.ask_model():
            for call in calls:
                name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
                result = self.call(call["id"], name, arguments)
                self.results.append((name, result))
                self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
            self.run.listen()
            self.messages += [{"role": "user", "content": text} for text in self.run.added]
            self.run.added.clear()

    def ask_model(self) -> list[Json]:
        """The tools that the model calls. Without what `mocked` gives, a real one would be asked."""
        began = now()
        tools = [described(name, tool) for name, tool in self.tools.items()]
        answer = litellm.completion("gpt-4o-mini", self.messages, tools=tools, **self.mocked())
        taken = {"role", "content", "tool_calls"}
        message = answer.choices[0].message.model_dump(include=taken, exclude_none=True)
        self.run.tell(
            "model_call", "chat", model=answer.model, prompt=self.messages, answer=[message],
            tokens={"input": answer.usage.prompt_tokens, "output": answer.usage.completion_tokens},
            at=began, ended_at=now(),
        )  # fmt: skip
        self.messages.append(message)
        return list(message.get("tool_calls", []))

    def call(self, call_id: str, name: str, arguments: Json) -> str:
        """What a tool gives back, if nobody refuses it."""
        if name == "book_visit" and not self.run.ask(call_id, name, arguments):
            return REFUSED
        began = now()
        result = self.tools[name](**arguments)
        self.run.tell("tool_call", name, arguments=arguments, result=result, at=began, ended_at=now())
        return result

    def mocked(self) -> Json:
        """The answer that LiteLLM gives in place of a model's."""
        asked = [message["content"] for message in self.messages if message["role"] == "user"]
        wanted = next_call(self.results, asked[1:])
        if not wanted:
            return {"mock_response": "That is all."}
        function = {"name": wanted[0], "arguments": json.dumps(wanted[1])}
        call = {"id": f"call-{len(self.results)}", "type": "function", "function": function}
        return {"mock_response": "", "mock_tool_calls": [call]}


def described(name: str, tool: Any) -> Json:
    """A tool, as models are told of it."""
    schema = TypeAdapter(tool).json_schema()
    return {"type": "function", "function": {"name": name, "description": tool.__doc__, "parameters": schema}}


if __name__ == "__main__":
    one = Run("receptionist", PLAN)
    with one.working():
        one.tell("user_input", "Anna writes", source="Anna", result=QUESTION)
        Bot(one).work()
