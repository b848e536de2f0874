"""A bot tells the panel what it does. PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python bot_events.py

The fields that an event may have: docs/agents.md. By `at`, two calls of one tool are two events; the same one
told again with its `at` is known already, so that it may be sent again when the panel was away.
"""

import os
from datetime import UTC, datetime

import httpx

panel = httpx.Client(
    base_url=os.environ["PANEL_URL"], headers={"Authorization": f"Bearer {os.environ['PANEL_KEY']}"}
)


def tell(kind: str, name: str, **more: object) -> None:
    """One event of the task."""
    event = {"run_id": "task-7", "kind": kind, "name": name, "at": datetime.now(UTC).isoformat(), **more}
    panel.post("/api/v1/events", json=event).raise_for_status()


tell("user_input", "question", result="A haircut on Friday?")
tell("tool_call", "find_slots", arguments={"day": "2026-03-06"}, result=["10:00", "12:30"])
tell("model_call", "reply", model="gpt-5-mini", tokens={"input": 420, "output": 31})
tell("agent", "Booker", result="Friday at 10:00 is free.")
