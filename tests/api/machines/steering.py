"""A panel's routes for commands over a real database, with people, keys and an agent that waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.machines.callers import Callers
from api.machines.commands import command_routes
from api.machines.operators import Operators
from control.hints import Hints
from data import Door, Supabase
from identity.origins import OriginPolicy
from identity.sessions import SignedIn
from identity.tokens import TokenMinter
from ingest.keys import Keys
from models import Identity, Membership, Role, SessionTimes
from observability.metrics import Metrics
from queries.api_keys import new_key
from tests.database import DashboardDatabase
from tests.embedded import Switch, embedded
from tests.sql.world import MARKS, PEOPLE, SALON_A, SALON_B, World

SECRET = "s" * 40
PANEL = "http://panel.test"


@dataclass
class Steering:
    """What a test has in hand. `worker` is the door of the panel's own loop."""

    world: World
    app: FastAPI
    hints: Hints
    metrics: Metrics
    worker: Door
    switch: Switch
    keys: dict[str, str] = field(default_factory=dict)

    async def add_key(self, name: str, salon: UUID, *scopes: str) -> None:
        key = new_key()
        await self.world.connection.execute(
            "insert into dashboard.api_keys (tenant_id, name, prefix, key_hash, scopes)"
            " values ($1, $2, $3, decode($4, 'hex'), $5)",
            salon, name, key.prefix, key.key_hash, list(scopes),
        )  # fmt: skip
        self.keys[name] = key.text

    async def ask(
        self, method: str, path: str, who: str | None, body: Any = None, **headers: str
    ) -> httpx.Response:
        """As a person on a page of the panel, or as the key of that name."""
        sent = {"origin": PANEL}
        if who in self.keys:
            sent = {"x-api-key": self.keys[who]}
        elif who is not None:
            sent["x-person"] = who
            path += f"{'&' if '?' in path else '?'}tenant={PEOPLE[who][1] or SALON_A}"
        sent |= headers
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=PANEL, timeout=60) as client:
            content = {"content": body} if isinstance(body, bytes) else {"json": body}
            return await client.request(
                method, f"/api/v1{path}", headers={name: value for name, value in sent.items() if value},
                **(content if body is not None else {}),
            )  # fmt: skip

    async def told(self, method: str, path: str, who: str | None, body: Any = None, status: int = 200) -> Any:
        """The JSON of the answer, which has to have this status."""
        answer = await self.ask(method, path, who, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def write(self, path: str, who: str = "operator_a", status: int = 200, **body: Any) -> Any:
        """A new request of a person."""
        return await self.told("POST", path, who, {"request_id": str(uuid4())} | body, status)


class _Signed:
    """In the place of the gate: a header says who is signed in."""

    def __init__(self, app: Any, people: Mapping[str, UUID]) -> None:
        self._app = app
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = dict(scope.get("headers", ())).get(b"x-person", b"").decode()
        scope.setdefault("state", {})["visitor"] = _Visitor(name, self._people)
        await self._app(scope, receive, send)


class _Visitor:
    def __init__(self, name: str, people: Mapping[str, UUID]) -> None:
        self._name = name
        self._people = people

    async def signed_in(self) -> SignedIn | None:
        if not self._name:
            return None
        role, tenant = PEOPLE[self._name]
        now = datetime.now(UTC)
        later = now + timedelta(hours=1)
        identity = Identity(
            user_id=self._people[self._name],
            email=f"{self._name}@x.test",
            full_name=self._name,
            session=SessionTimes(created_at=now, last_seen_at=now, idle_expires_at=later, expires_at=later),
            memberships=(Membership(tenant_id=tenant, role=Role(role)),) if role else (),
        )
        return SignedIn(identity, "session")


@asynccontextmanager
async def steering(database: DashboardDatabase) -> AsyncIterator[Steering]:
    """All of it while the block runs."""
    async with embedded(database, SECRET) as local, AsyncExitStack() as stack:
        connection = await asyncpg.connect(database.superuser_uri)
        stack.push_async_callback(connection.close)
        switch = Switch(local.rest_and_auth)
        supabase = Supabase("http://project.invalid", "key", transport=switch)
        stack.push_async_callback(supabase.aclose)
        minter = TokenMinter.from_secret(SECRET)

        def door_of(signed_in: SignedIn, tenant_id: UUID) -> Door:
            return supabase.door(minter.token_source(signed_in.identity, tenant_id))

        callers = Callers(Keys(supabase, minter), door_of)
        hints, metrics, world = Hints(), Metrics(), World(connection, {})
        app = FastAPI(openapi_url=None)
        operators = Operators(callers, OriginPolicy(None))
        app.include_router(command_routes(callers, operators, hints, metrics.commands))
        for salon, mark in MARKS.items():
            await world.add_salon(salon, mark)
        for name, (role, tenant) in PEOPLE.items():
            await world.add_person(name, role, tenant, MARKS[tenant] if tenant else "")
        app.add_middleware(_Signed, people=world.people)
        worker = supabase.door(minter.machine_source("dashboard_worker"))
        made = Steering(world, app, hints, metrics, worker, switch)
        await made.add_key("agent", SALON_A, "control")
        await made.add_key("agent of b", SALON_B, "control")
        await made.add_key("reader", SALON_A, "read", "ingest")
        yield made
