"""A REST server over one database for all cases: every request is rolled back unless it asks to be kept."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from local_supabase.postgres import Cluster
from local_supabase.rest import RestApp, open_pool
from local_supabase.settings import Settings
from local_supabase.tokens import JwtVerifier

SECRET = "reallyreallyreallyreallyverysafe"
DATABASE = "rest_cases"
ANYTHING: Any = object()


def token(role: str = "authenticated", **claims: Any) -> str:
    """A signed token."""
    return jwt.encode({"role": role, **claims}, SECRET, algorithm="HS256")


@dataclass(frozen=True)
class Case:
    """One request and what has to come back. `header` holds answer headers; None means that it is absent."""

    line: str
    status: int
    answer: Any = ANYTHING
    send: Any = None
    prefer: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str | None] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.line} {self.prefer or ''}{' ' + json.dumps(dict(self.headers)) if self.headers else ''}"
        )


async def run(client: httpx.AsyncClient, case: Case) -> httpx.Response:
    """Send a case and compare."""
    method, _, url = case.line.partition(" ")
    headers = dict(case.headers)
    if case.prefer:
        headers["Prefer"] = case.prefer
    body = case.send
    if body is not None and not isinstance(body, str | bytes):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    response = await client.request(method, url, content=body, headers=headers)
    assert response.status_code == case.status, response.text
    if case.answer is not ANYTHING:
        if isinstance(case.answer, str):
            assert response.text == case.answer
        elif isinstance(case.answer, dict) and isinstance(found := response.json(), dict):
            assert {name: found.get(name) for name in case.answer} == case.answer
        else:
            assert response.json() == case.answer
    for name, value in case.header.items():
        assert response.headers.get(name) == value
    return response


Serve = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def base_settings(cluster: Cluster) -> Settings:
    """Settings over the database of the cases."""
    cluster.create_database(DATABASE, template="postgres", owner="postgres")
    cluster.run_sql((Path(__file__).parent / "fixtures.sql").read_text(), DATABASE)
    return Settings(
        db_uri=cluster.uri("authenticator", cluster.secrets().authenticator_password, DATABASE),
        schemas=("api",),
        anon_role="anon",
        jwt_secret=SECRET,
        max_rows=None,
        tx_end="rollback-allow-override",
        pool_size=4,
    )


@pytest.fixture(scope="module")
async def serve(base_settings: Settings) -> AsyncIterator[Serve]:
    """Starts servers with settings of their own, once per set of settings.

    Their connections are given back after each file: the cluster has 60 for all of a process's tests.
    """
    clients: dict[Settings, httpx.AsyncClient] = {}
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> httpx.AsyncClient:
            settings = replace(base_settings, **changes)
            if settings not in clients:
                pool = await open_pool(settings)
                stack.push_async_callback(pool.close)
                app = RestApp(pool, JwtVerifier(settings), settings)
                await app.start()
                stack.push_async_callback(app.stop)
                client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rest")
                clients[settings] = await stack.enter_async_context(client)
            return clients[settings]

        yield start


@pytest.fixture
async def client(serve: Serve) -> httpx.AsyncClient:
    """A client of the server with the settings that most cases use."""
    return await serve()
