"""Keys, routes and the stream over a real database: what one salon told, and nothing of another's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from api.machines import stream
from api.machines.callers import Callers
from api.machines.listeners import Listeners
from api.machines.runs import run_routes
from api.machines.stream import EventStream
from data import Door, Supabase
from identity.origins import OriginPolicy
from identity.sessions import SignedIn
from identity.tokens import TokenMinter
from ingest.keys import Keys
from ingest.stream_hub import StreamHub
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings
from queries.api_keys import new_key
from queries.event_search import HitPage
from queries.runs import AgentEvent, EventPage, RunPage
from tests.api.machines.streaming import Client
from tests.database import DashboardDatabase
from tests.sql import agents
from tests.sql.world import SALON_A, SALON_B, World
from tests.waiting import until

SECRET = "s" * 40
TRACE = "ab" * 16


@dataclass
class Project:
    """Two salons that tell of one trace each, by the same name, and a key of each for machines."""

    world: World
    app: FastAPI
    hub: StreamHub
    keys: dict[UUID, str]

    def client(self, salon: UUID) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://panel.test",
            headers={"authorization": f"Bearer {self.keys[salon]}"},
        )

    async def get(self, path: str, salon: UUID = SALON_A, status: int = 200) -> Any:
        async with self.client(salon) as client:
            answer = await client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    async def tell(self, salon: UUID, *events: dict[str, Any]) -> None:
        """Append, and ring as the recorder does."""
        key_id = await self.world.connection.fetchval(
            "select key_id from dashboard.api_keys where tenant_id = $1", salon
        )
        await agents.append(self.world, agents.machine(salon, key_id), *events)
        self.hub.ring(salon)


def _nobody(_: SignedIn, __: UUID) -> Door:
    raise AssertionError("nobody is signed in here")


@pytest.fixture
async def project(dashboard_database: DashboardDatabase) -> AsyncIterator[Project]:
    database = dashboard_database
    connection = await asyncpg.connect(database.superuser_uri)
    local = LocalSupabase(
        Settings(
            db_uri=database.authenticator_uri,
            schemas=("dashboard",),
            anon_role="anon",
            jwt_secret=SECRET,
            superuser_uri=database.superuser_uri,
            pool_size=3,
        )
    )
    await local.start()
    supabase = Supabase("http://supabase.local", "key", transport=httpx.ASGITransport(local.rest_and_auth))
    keys = Keys(supabase, TokenMinter.from_secret(SECRET))
    app, hub = FastAPI(openapi_url=None), StreamHub()
    app.include_router(run_routes(Callers(keys, _nobody), {}, dict))
    listeners = Listeners(keys, OriginPolicy(None), _nobody)
    app.router.routes.append(EventStream(hub, listeners).route())
    project = Project(World(connection, {}), app, hub, {})
    try:
        for salon, mark in ((SALON_A, "of a"), (SALON_B, "of b")):
            await project.world.add_salon(salon, mark)
            key = new_key()
            await connection.execute(
                "insert into dashboard.api_keys (tenant_id, name, prefix, key_hash, scopes)"
                " values ($1, $2, $3, decode($4, 'hex'), array['ingest', 'read'])",
                salon, mark, key.prefix, key.key_hash,
            )  # fmt: skip
            project.keys[salon] = key.text
            await project.tell(
                salon,
                agents.told("e1", TRACE, name=mark, is_root=True, payload={"result": f"{mark} +79161234567"}),
                agents.told("e2", TRACE, after=1, name=mark, parent_id="e1"),
            )
        async with hub.running():
            yield project
    finally:
        await supabase.aclose()
        await local.stop()
        await connection.close()


async def test_what_one_salon_told_is_told_to_its_key_alone(project: Project) -> None:
    for salon, mark, other in ((SALON_A, "of a", "of b"), (SALON_B, "of b", "of a")):
        page = await project.get("/runs", salon)
        (run,) = RunPage.model_validate(page).runs
        answers = [
            page,
            await project.get(f"/runs/{run.run_id}", salon),
            events := await project.get(f"/runs/{run.run_id}/events", salon),
            event := await project.get(f"/runs/{run.run_id}/events/1", salon),
            span := await project.get("/spans/e1", salon),
            trace := await project.get(f"/traces/{TRACE}?cursor=", salon),
            await project.get("/traces?limit=10", salon),
        ]
        assert (run.name, run.events) == (mark, 2)
        assert len(EventPage.model_validate(events).events) == len(trace["spans"]) == 2
        assert AgentEvent.model_validate(event).payload == {"result": f"{mark} •••67"}, "a key is no person"
        assert span["events"][0]["payload"] == event["payload"]
        text = json.dumps(answers)
        assert mark in text
        assert other not in text
        foreign = next(iter({SALON_A, SALON_B} - {salon}))
        await project.get(f"/runs/{run.run_id}", foreign, 404)
        await project.get(f"/runs/{run.run_id}/events", foreign, 404)


async def test_what_one_salon_told_is_found_by_its_key_alone(project: Project) -> None:
    for salon, mark in ((SALON_A, "of a"), (SALON_B, "of b")):
        answer = HitPage.model_validate(await project.get("/events/search?q=of", salon))
        assert [hit.name for hit in answer.events] == [mark, mark]
    assert (await project.get("/events/search?q=79161234567"))["events"] == [], "a key is no person"
    refused = await project.get("/events/search?q=%00%27%20%3A%2A", status=422)
    assert refused["code"] == "search_without_words"


async def test_a_page_is_read_on_by_its_cursor(project: Project) -> None:
    for number in range(4):
        await project.tell(SALON_A, agents.told("x", f"trace {number}", after=60 * (number + 1)))
    whole = [run["run_id"] for run in (await project.get("/runs"))["runs"]]
    first = await project.get("/runs?limit=3")
    second = await project.get(f"/runs?limit=3&cursor={first['next_cursor']}")
    assert [run["run_id"] for run in first["runs"] + second["runs"]] == whole
    assert second["next_cursor"] is None
    assert (await project.get("/runs?cursor=1:x", status=422))["code"] == "cursor_invalid"
    trace = await project.get(f"/traces/{TRACE}?limit=1")
    assert trace["next_cursor"] == "1"
    rest = await project.get(f"/traces/{TRACE}?limit=1&cursor=1")
    assert [event["event_id"] for event in trace["spans"] + rest["spans"]] == ["e1", "e2"]


async def test_the_stream_tells_what_comes_and_goes_on_where_it_was_left(project: Project) -> None:
    headers = {"x-api-key": project.keys[SALON_A]}
    client = Client(project.app, "cursor=0", headers)
    await until(lambda: client.event_ids == ["e1", "e2"])
    await project.tell(SALON_A, agents.told("e3", TRACE, after=2), agents.told("e4", "other", after=3))
    await project.tell(SALON_B, agents.told("e3", TRACE, after=2))
    await until(lambda: len(client.event_ids) == 4)
    await client.leave()
    amid = client.received[1]["cursor"]
    again = Client(project.app, f"cursor={amid}", headers)
    await project.tell(SALON_A, agents.told("e5", TRACE, after=4))
    await until(lambda: len(again.event_ids) == 4)
    assert client.event_ids[:1] + again.event_ids == ["e1", *client.event_ids[1:], "e5"]
    await again.leave()


async def test_a_revoked_key_reads_nothing_more_and_its_stream_ends(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "RIGHTS_SECONDS", 0.05)
    client = Client(project.app, "", {"x-api-key": project.keys[SALON_A]})
    await until(lambda: client.has_begun)
    await project.world.connection.execute("update dashboard.api_keys set revoked_at = now()")
    project.hub.ring(SALON_A)
    await until(lambda: client.closed)
    assert client.closed == {"type": "websocket.close", "code": 4401, "reason": "key_invalid"}
    assert (await project.get("/runs", status=401))["code"] == "key_invalid"
    await client.leave()
