"""An agent of a salon that tells of what it does, by a key, as any agent would."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from demo.salons import MOSCOW, Salon
from local_supabase.postgres import Cluster
from tests.panel_process import PanelProcess

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
OPERATOR = "operator@demo.local"
"""Who steers agents in the Moscow salon."""


@dataclass
class Agent:
    """One run of it. `key` may do everything that a key may."""

    http: httpx.AsyncClient
    key: str
    run_id: str = field(default_factory=lambda: str(uuid4()))

    async def tell(self, kind: str, name: str, **more: Any) -> None:
        """One event, now."""
        await self.tell_all([self.event(kind, name, **more)])

    async def tell_all(self, events: list[dict[str, Any]]) -> None:
        """Several in one request."""
        answer = await self.http.post("/api/v1/events", json={"events": events})
        assert answer.status_code < 300, answer.text

    def event(self, kind: str, name: str, **more: Any) -> dict[str, Any]:
        """As `POST /api/v1/events` takes it."""
        return {"run_id": self.run_id, "kind": kind, "name": name, "at": datetime.now(UTC).isoformat()} | more

    @asynccontextmanager
    async def example(self, name: str, **environment: str) -> AsyncIterator[None]:
        """One of the examples runs meanwhile, with this key, and has ended well by the end."""
        settings = {"PANEL_URL": str(self.http.base_url), "PANEL_KEY": self.key, "PATH": os.environ["PATH"]}
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(EXAMPLES / name), env=settings | environment, stderr=asyncio.subprocess.PIPE
        )
        try:
            yield
            _, said = await asyncio.wait_for(process.communicate(), 30)
            assert process.returncode == 0, said.decode()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def told(self) -> list[dict[str, Any]]:
        """All events of the salon's newest run, as the panel tells them."""
        (run,) = (await self.http.get("/api/v1/runs", params={"limit": 1})).json()["runs"]
        answer = await self.http.get(f"/api/v1/runs/{run['run_id']}/events")
        events: list[dict[str, Any]] = answer.json()["events"]
        return events

    def again(self) -> Agent:
        """Another run."""
        return Agent(self.http, self.key)


@asynccontextmanager
async def agent_of(panel: PanelProcess, salon: Salon = MOSCOW) -> AsyncIterator[Agent]:
    """The agent, whose key is gone afterwards, as are the salon's runs."""
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    key = "agp_" + hashlib.sha256(uuid4().bytes).hexdigest()[:43]
    key_id = await connection.fetchval(
        "insert into dashboard.api_keys (tenant_id, name, prefix, key_hash, scopes)"
        " values ($1, 'agent', $2, sha256($3::bytea), '{ingest,read,control}') returning key_id",
        salon.tenant_id, key[:12], key.encode(),
    )  # fmt: skip
    headers = {"authorization": f"Bearer {key}"}
    try:
        async with httpx.AsyncClient(base_url=panel.url, headers=headers, timeout=30) as http:
            yield Agent(http, key)
    finally:
        await connection.execute("delete from dashboard.api_keys where key_id = $1", key_id)
        for table in ("bot_commands", "events", "event_payloads", "event_batches", "run_traces", "runs"):
            await connection.execute(f"delete from dashboard.{table} where tenant_id = $1", salon.tenant_id)
        await connection.close()
