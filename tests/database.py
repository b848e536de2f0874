"""One PostgreSQL cluster for the whole run, migrated once; a database of its own for each test that asks.

`tests/conftest.py` makes the fixtures known everywhere: `supabase_cluster` (started), `migrated_template`
(its database with the bot's tables and all migrations), `dashboard_database` (a fresh copy per test, ~60 ms).
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from local_supabase.postgres import SUPERUSER, Cluster, temporary_cluster
from migrate import migrate

BOT_SCHEMA = Path(__file__).parent.parent / "supabase" / "bot_schema.sql"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class DashboardDatabase:
    """One database with its connection strings."""

    cluster: Cluster
    name: str

    @property
    def superuser_uri(self) -> str:
        return self.cluster.superuser_uri(self.name)

    @property
    def runner_uri(self) -> str:
        """As `postgres`, who runs migrations and is no superuser."""
        return self.cluster.uri("postgres", self.cluster.secrets().postgres_password, self.name)

    @property
    def authenticator_uri(self) -> str:
        """As the API connects."""
        return self.cluster.uri("authenticator", self.cluster.secrets().authenticator_password, self.name)

    async def prepare(self) -> None:
        """Bring a bootstrapped database to where the embedded panel starts from."""
        connection = await asyncpg.connect(self.runner_uri)
        try:
            await connection.execute(BOT_SCHEMA.read_text(encoding="utf-8"))
        finally:
            await connection.close()
        await migrate(self.runner_uri)


def keep_in_memory(cluster: Cluster) -> None:
    """Have a running cluster wait for no disk from now on: nothing in it has to outlive a loss of power."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        cluster.run_sql(f"alter system set {setting} = off")
    cluster.run_sql("select pg_reload_conf()")


@pytest.fixture(scope="session")
def supabase_cluster() -> Iterator[Cluster]:
    """A started cluster whose default database is bootstrapped."""
    with temporary_cluster() as started:
        keep_in_memory(started)
        started.bootstrap()
        yield started


@pytest.fixture(scope="session")
async def migrated_template(supabase_cluster: Cluster) -> DashboardDatabase:
    """The database that others are copied from: connect to a copy, never to this one."""
    template = DashboardDatabase(supabase_cluster, "migrated_template")
    supabase_cluster.create_database(template.name, template="postgres", owner="postgres")
    await template.prepare()
    return template


@pytest.fixture
async def dashboard_database(migrated_template: DashboardDatabase) -> AsyncIterator[DashboardDatabase]:
    """A migrated database of the test's own."""
    copy = copy_of(migrated_template)
    yield copy
    copy.cluster.drop_database(copy.name)


def copy_of(template: DashboardDatabase) -> DashboardDatabase:
    """A new database with everything that `template` holds; nobody may be connected to that one."""
    name = f"dashboard_{next(_numbers)}"
    template.cluster.create_database(name, template=template.name, owner="postgres")
    return DashboardDatabase(template.cluster, name)


def bare_database(cluster: Cluster) -> DashboardDatabase:
    """A bootstrapped database without the bot's tables and without our migrations."""
    name = f"bare_{next(_numbers)}"
    cluster.create_database(name, template="postgres", owner="postgres")
    return DashboardDatabase(cluster, name)


def empty_database(cluster: Cluster) -> DashboardDatabase:
    """A database as any PostgreSQL has it."""
    name = f"empty_{next(_numbers)}"
    cluster.create_database(name, owner=SUPERUSER)
    return DashboardDatabase(cluster, name)
