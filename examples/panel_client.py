"""What steered agents have in common: a run that tells the panel what it does, and hears what people want.

It needs nothing but httpx. The events: docs/agents.md, "Events as JSON"; the commands: "Steering agents".
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

Json = dict[str, Any]


class Cancelled(Exception):
    """A person has stopped the run. By this name the panel knows it from an error, whoever reports it."""


class Run:
    """One run of an agent. What it is told, it does once, however often it is told."""

    def __init__(self, agent: str, tasks: list[str]) -> None:
        self.agent = agent
        # as OpenTelemetry writes them, so that spans can be told of the run, too
        self.id, self.root = uuid4().hex, uuid4().hex[:16]
        self.tasks: list[Json] = [{"title": title, "status": "pending"} for title in tasks]
        self.added: list[str] = []  # tasks from people that the agent has not seen yet
        self._decisions: dict[str, Json] = {}
        self._known: set[str] = set()
        headers = {"Authorization": f"Bearer {os.environ['PANEL_KEY']}"}
        self._panel = httpx.Client(base_url=os.environ["PANEL_URL"], headers=headers, timeout=40)

    @contextmanager
    def working(self, **more: Any) -> Iterator[None]:
        """The beginning of the run, and how it has ended."""
        root: Json = {"step_id": self.root, "parent_id": None}
        began = self.tell("agent", self.agent, status="running", **root, **more)
        self.plan("This is what is to be done")
        status = "error"
        try:
            yield
            status = "done"
        except Cancelled:
            status = "stopped"
        finally:
            self.tell("agent", self.agent, status=status, at=began, ended_at=now(), **root)

    def tell(self, kind: str, name: str, **more: Any) -> str:
        """One event of the run. Gives back its time."""
        event: Json = {
            "run_id": self.id, "conversation_id": self.id, "parent_id": self.root, "source": self.agent,
            "kind": kind, "name": name, "at": now(),
        } | more  # fmt: skip
        self._panel.post("/api/v1/events", json=event).raise_for_status()
        return str(event["at"])

    def plan(self, reason: str) -> None:
        """The list as it stands, and why it is so now."""
        self.tell("plan_update", "plan", result={"tasks": self.tasks, "reason": reason})

    def done(self, title: str) -> None:
        """One task is."""
        open_tasks = [task for task in self.tasks if task["status"] == "pending"]
        next(task for task in open_tasks if task["title"] == title)["status"] = "completed"
        self.plan(f"Done: {title}")

    def ask(self, step_id: str, name: str, arguments: Json) -> bool:
        """Whether a person allows it."""
        self.tell("approval_request", name, step_id=step_id, arguments=arguments)
        return self.is_allowed(step_id)

    def is_allowed(self, step_id: str) -> bool:
        """Whether a person allows what the panel has been asked in this step. Waits for the answer."""
        while step_id not in self._decisions:
            self.listen(wait=20)
        decision = self._decisions[step_id]
        self.tell(
            "approval_decision", decision["kind"], parent_id=step_id, source=decision.get("created_by"),
            result={"decision": decision["kind"], "comment": decision.get("comment")},
        )  # fmt: skip
        return bool(decision["kind"] == "approve")

    def listen(self, wait: int = 0) -> None:
        """Does what people want, if anything; waits so many seconds for it. Raises `Cancelled`."""
        answer = self._panel.get("/api/v1/commands", params={"wait": wait, "run": self.id})
        answer.raise_for_status()
        for command in answer.json()["commands"]:
            self._obey(command)

    def _obey(self, command: Json) -> None:
        kind, command_id = command["kind"], command["command_id"]
        if command_id not in self._known:
            self._known.add(command_id)
            if kind in ("approve", "reject"):
                self._decisions[command["step_id"]] = command
            elif kind == "add_task":
                self.tasks.append({"title": command["text"], "status": "pending", "by": "operator"})
                self.added.append(command["text"])
                self.plan("Somebody has added a task")
        self._panel.post(f"/api/v1/commands/{command_id}", json={"status": "done"}).raise_for_status()
        if kind == "stop":
            raise Cancelled


def now() -> str:
    """The time, with its zone."""
    return datetime.now(UTC).isoformat()
