"""Send an exported run in again. PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python import_run.py FILE

For exports as JSON (`/api/v1/runs/<id>/export?format=json`) of any length. What is known is not repeated.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx

MOST = 200
panel = httpx.Client(
    base_url=os.environ["PANEL_URL"], headers={"Authorization": f"Bearer {os.environ['PANEL_KEY']}"}
)


def send(events: list[Any]) -> None:
    """In their order; in halves where it is too much at once."""
    answer = panel.post("/api/v1/events", json={"events": events})
    if answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE and len(events) > 1:
        half = len(events) // 2
        send(events[:half])
        send(events[half:])
    else:
        answer.raise_for_status()


told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["events"]
for start in range(0, len(told), MOST):
    send(told[start : start + MOST])
