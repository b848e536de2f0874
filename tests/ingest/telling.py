"""The machines' side of a panel over a real database, asked by HTTP, with keys of two salons."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings as LocalSettings
from tests.database import DashboardDatabase
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
    transport: Switchable
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


class Switchable(httpx.AsyncBaseTransport):
    """The way to the database, which can be cut."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.is_cut = False
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, or fail as a network does."""
        self.asked.append(request.url.path.rpartition("/")[2])
        if self.is_cut:
            raise httpx.ConnectError("cut")
        return await self._inner.handle_async_request(request)


@asynccontextmanager
async def telling(database: DashboardDatabase, **settings: Any) -> AsyncIterator[Telling]:
    """All of it, over a migrated database, while the block runs."""
    connection = await asyncpg.connect(database.superuser_uri)
    local = LocalSupabase(
        LocalSettings(
            db_uri=database.authenticator_uri,
            schemas=("dashboard",),
            anon_role="anon",
            jwt_secret=SECRET,
            superuser_uri=database.superuser_uri,
            pool_size=4,
        )
    )
    await local.start()
    transport = Switchable(httpx.ASGITransport(local.rest_and_auth))
    supabase = Supabase("http://project.invalid", "key", transport=transport)
    minter = TokenMinter.from_secret(SECRET)
    configured = Settings(**settings)
    machines = Machines(configured, supabase, minter, Auth(configured, supabase, minter))
    served = FastAPI(routes=list(machines.routes()))
    try:
        async with (
            machines.running(),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(served), base_url="http://panel", timeout=30
            ) as http,
        ):
            made = Telling(machines, http, connection, transport)
            for salon, name in ((SALON_A, "a"), (SALON_B, "b")):
                await connection.execute(
                    "insert into public.tenants_v2 (id, name) values ($1, $2) on conflict do nothing",
                    salon,
                    name,
                )
                await made.add_key(name, salon, ["ingest", "read"])
            yield made
    finally:
        await supabase.aclose()
        await local.stop()
        await connection.close()
