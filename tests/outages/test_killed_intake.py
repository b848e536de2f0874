"""A panel killed while agents tell of what they do: what it has acknowledged is there afterwards, once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from tests.panel_process import PanelProcess
from tests.waiting import until

SENDERS = 4
EACH = 20


class Sender:
    """Tells of events of its own runs, as long as it is answered; keeps the ids that were acknowledged."""

    def __init__(self, url: str, key: str, number: int) -> None:
        self.acknowledged: list[str] = []
        self._url, self._key, self._number = url, key, number
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self) -> None:
        with httpx.Client(base_url=self._url, headers={"x-api-key": self._key}, timeout=20) as http:
            for batch in range(10_000):
                ids = [f"{self._number}-{batch}-{n}" for n in range(EACH)]
                events = [
                    {"event_id": name, "run_id": f"run-{self._number}-{batch % 3}", "kind": "tool_call",
                     "name": "step", "result": "x" * 500}
                    for name in ids
                ]  # fmt: skip
                try:
                    answer = http.post("/api/v1/events", json=events)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.acknowledged += ids


@pytest.mark.long
async def test_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    panel = PanelProcess(tmp_path / "data", DEMO="1")
    panel.start()
    try:
        key = panel.issue_key("lotos-goa")
        senders = [Sender(panel.url, key, number) for number in range(SENDERS)]
        await until(lambda: min(len(sender.acknowledged) for sender in senders) > 10 * EACH, seconds=60)
        panel.kill()
        for sender in senders:
            sender.thread.join(timeout=30)
        panel.start()
        kept: list[str] = []
        with httpx.Client(base_url=panel.url, headers={"x-api-key": key}, timeout=20) as http:
            for run in http.get("/api/v1/runs?limit=500").json()["runs"]:
                cursor = "0"
                while cursor:
                    page = http.get(f"/api/v1/traces/{run['trace_id']}?cursor={cursor}").json()
                    kept += [event["event_id"] for event in page["spans"]]
                    cursor = page.get("next_cursor", "")
                assert run["events"] > 0
        acknowledged = {name for sender in senders for name in sender.acknowledged}
        assert len(acknowledged) > SENDERS * 10 * EACH
        assert len(kept) == len(set(kept))
        assert acknowledged - set(kept) == set(), json.dumps(sorted(acknowledged - set(kept))[:5])
    finally:
        panel.kill()
