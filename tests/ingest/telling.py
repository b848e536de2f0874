"""The machines' side of a panel over a real database, asked by HTTP, with keys of two salons."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI

from api.machines.served import Machines
from auth import Auth
from config import Settings
from data import Supabase
from identity.tokens import TokenMinter
from observability.metrics import Metrics
from tests.database import DashboardDatabase
from tests.embedded import Switch, embedded
from tests.sql.world import SALON_A, SALON_B, Connection

SECRET = "s" * 40


def key_text(name: str) -> str:
    """The key of that name."""
    return "agp_" + hashlib.sha256(name.encode()).hexdigest()[:43]


@dataclass
class Telling:
    """What a test has in hand. `database` is a superuser's connection."""

    machines: Machines
    http: httpx.AsyncClient
    database: Connection
    switch: Switch
    key: str = field(default_factory=lambda: key_text("a"))
    """Of salon A, for telling and reading."""

    async def add_key(self, name: str, salon: UUID, scopes: Sequence[str]) -> str:
        text = key_text(name)
        await self.database.execute(
            "insert into dashboard.api_keys (tenant_id, name, prefix, key_hash, scopes)"
            " values ($1, $2, $3, sha256($4::bytea), $5)",
            salon, name, text[:12], text.encode(), list(scopes),
        )  # fmt: skip
        return text

    async def post(self, path: str, body: bytes | str, **headers: str) -> httpx.Response:
        """With salon A's key and as JSON, unless the headers say otherwise."""
        sent = {"authorization": f"Bearer {self.key}", "content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.http.post(path, content=body, headers=sent)

    async def get(self, path: str, key: str | None = None) -> Any:
        """The JSON that is told to salon A's key, or another."""
        answer = await self.http.get(path, headers={"authorization": f"Bearer {key or self.key}"})
        answer.raise_for_status()
        return answer.json()

    async def runs(self) -> list[dict[str, Any]]:
        """Salon A's, newest first."""
        listed: list[dict[str, Any]] = (await self.get("/api/v1/runs"))["runs"]
        return listed

    async def events(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """Of a run, whole."""
        told = (await self.get(f"/api/v1/runs/{run['run_id']}/events"))["events"]
        return [await self.get(f"/api/v1/runs/{run['run_id']}/events/{event['seq']}") for event in told]


async def forget(panel: Telling) -> None:
    """All that was told of."""
    await panel.database.execute(
        "truncate dashboard.runs, dashboard.run_traces, dashboard.events, dashboard.event_payloads,"
        " dashboard.event_batches, dashboard.event_words"
    )


@asynccontextmanager
async def telling(database: DashboardDatabase, **settings: Any) -> AsyncIterator[Telling]:
    """All of it, over a migrated database, while the block runs."""
    async with embedded(database, SECRET) as local, AsyncExitStack() as stack:
        connection = await asyncpg.connect(database.superuser_uri)
        stack.push_async_callback(connection.close)
        switch = Switch(local.rest_and_auth)
        supabase = Supabase("http://project.invalid", "key", transport=switch)
        stack.push_async_callback(supabase.aclose)
        minter = TokenMinter.from_secret(SECRET)
        configured = Settings(**settings)
        auth = Auth(configured, supabase, minter)
        machines = Machines(configured, supabase, minter, auth, Metrics().commands)
        await stack.enter_async_context(machines.running())
        served = httpx.ASGITransport(FastAPI(routes=list(machines.routes())))
        http = httpx.AsyncClient(transport=served, base_url="http://panel", timeout=30)
        made = Telling(machines, await stack.enter_async_context(http), connection, switch)
        for salon, name in ((SALON_A, "a"), (SALON_B, "b")):
            await connection.execute(
                "insert into public.tenants_v2 (id, name) values ($1, $2) on conflict do nothing",
                salon,
                name,
            )
            await made.add_key(name, salon, ["ingest", "read"])
        yield made
