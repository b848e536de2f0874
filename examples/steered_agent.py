"""An agent that asks before it books, stops when it is told to, and takes tasks from people.

PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python steered_agent.py

The key needs the scopes `ingest` and `control`. What it is told, it does once, however often it is told. The
commands: docs/agents.md, "Steering agents".
"""

import os
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

PANEL = httpx.Client(
    base_url=os.environ["PANEL_URL"],
    headers={"Authorization": f"Bearer {os.environ['PANEL_KEY']}"},
    timeout=40,
)
RUN = os.environ.get("RUN_ID") or f"booking-{uuid4().hex[:8]}"
STEP_SECONDS = float(os.environ.get("STEP_SECONDS", "1"))


def tell(kind: str, name: str, **more: object) -> None:
    """One event of this run."""
    event = {
        "run_id": RUN, "conversation_id": RUN, "kind": kind, "name": name, "source": "receptionist",
        "at": datetime.now(UTC).isoformat(), **more,
    }  # fmt: skip
    PANEL.post("/api/v1/events", json=event).raise_for_status()


class Stopped(Exception):
    """A person has stopped the run."""


class Receptionist:
    """Books one visit."""

    def __init__(self) -> None:
        self.tasks = [
            {"id": "1", "title": "Find a free time", "status": "in_progress"},
            {"id": "2", "title": "Book it", "status": "pending"},
        ]
        self.answer: str | None = None
        self.known: set[str] = set()

    def work(self) -> None:
        """The whole task."""
        tell("agent", "receptionist", step_id="root", status="running")
        tell("user_input", "Anna writes", result="Can I come on Friday at three?", parent_id="root")
        self.plan("The client wants an appointment")
        tell("tool_call", "find_slots", arguments={"day": "Friday"}, result=["15:00"], parent_id="root")
        self.done("1", "A time was found")
        what = {"client": "Anna", "time": "15:00", "price": 2500, "risk": "low"}
        tell("approval_request", "Book Anna at 15:00", arguments=what, parent_id="root")
        while self.answer is None:
            self.listen(wait=20)
        tell("approval_decision", self.answer, parent_id="root")
        if self.answer == "approve":
            for number in range(20):
                tell("tool_call", f"book, part {number + 1}", parent_id="root")
                self.listen(wait=0)
                time.sleep(STEP_SECONDS)
            self.done("2", "The visit is booked")
        tell("agent", "receptionist", step_id="root", result="Done", status="done", ended_at=now())

    def listen(self, wait: int) -> None:
        """What people want, if anything. Waits so many seconds for it."""
        answer = PANEL.get("/api/v1/commands", params={"wait": wait})
        answer.raise_for_status()
        for command in answer.json()["commands"]:
            mine = command.get("trace_id") == RUN or command["kind"] == "stop_all"
            if mine and command["command_id"] not in self.known:
                self.known.add(command["command_id"])
                self.obey(command)

    def obey(self, command: dict[str, Any]) -> None:
        """Do what one command says, and say that it is done."""
        kind = command["kind"]
        if kind in ("approve", "reject"):
            self.answer = kind
        if kind == "add_task":
            task = {
                "id": command["command_id"],
                "title": command["text"],
                "status": "pending",
                "by": "operator",
            }
            self.tasks.append(task)
            self.plan("Somebody has added a task")
        address = f"/api/v1/commands/{command['command_id']}"
        PANEL.post(address, json={"status": "done"}).raise_for_status()
        if kind in ("stop", "stop_all"):
            raise Stopped

    def done(self, task_id: str, reason: str) -> None:
        """One task is."""
        for task in self.tasks:
            if task["id"] == task_id:
                task["status"] = "completed"
        self.plan(reason)

    def plan(self, reason: str) -> None:
        """The list as it stands, and why it is so now."""
        tell("plan_update", "plan", result={"tasks": self.tasks, "reason": reason}, parent_id="root")


def now() -> str:
    """The time, with its zone."""
    return datetime.now(UTC).isoformat()


if __name__ == "__main__":
    try:
        Receptionist().work()
    except Stopped:
        tell("agent", "receptionist", step_id="root", status="stopped", ended_at=now())
