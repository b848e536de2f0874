"""Auth over a fresh database, spoken to by the real client library."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from local_supabase.gotrue import AuthApp, create_user
from local_supabase.gotrue.users import User
from local_supabase.postgres import Cluster
from local_supabase.settings import Settings
from supabase import AsyncClient, AsyncClientOptions, acreate_client
from tests.local_supabase.conftest import Database

SECRET = "a-secret-that-is-long-enough-for-hs256"
EMAIL = "anna@example.com"
PASSWORD = "правильный пароль"
Connect = Callable[[], Awaitable[AsyncClient]]


@pytest.fixture(scope="session")
def auth_database(cluster: Cluster) -> Iterator[Database]:
    """One for all of Auth's tests, which empty it before each."""
    cluster.create_database("auth_tests", template="postgres", owner="postgres")
    yield Database(cluster, "auth_tests")
    cluster.drop_database("auth_tests")


@pytest.fixture
async def pool(auth_database: Database) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(auth_database.superuser_uri, min_size=1, max_size=4) as opened:
        await opened.execute("truncate auth.users cascade")
        yield opened


@pytest.fixture
def settings(auth_database: Database) -> Settings:
    return Settings(db_uri=auth_database.authenticator_uri, jwt_secret=SECRET, anon_role="anon")


@pytest.fixture
async def http(pool: asyncpg.Pool, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP to Auth."""
    app = Starlette(routes=[Mount("/auth/v1", AuthApp(pool, settings))])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://local/auth/v1") as client:
        yield client


@pytest.fixture
def connect(http: httpx.AsyncClient) -> Connect:
    """Makes supabase-py clients that are independent of each other."""

    async def make() -> AsyncClient:
        transport = httpx.AsyncClient(transport=http._transport)
        options = AsyncClientOptions(httpx_client=transport, auto_refresh_token=False)
        return await acreate_client("http://local", "anon-key", options)

    return make


@pytest.fixture
async def anna(pool: asyncpg.Pool) -> User:
    """A confirmed person."""
    return await create_user(pool, EMAIL, PASSWORD, user_metadata={"full_name": "Анна"})
