"""Databases in the run's cluster, one for each test that asks."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local_supabase.postgres import SUPERUSER, Cluster

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database with its connection strings."""

    cluster: Cluster
    name: str

    @property
    def superuser_uri(self) -> str:
        return self.cluster.superuser_uri(self.name)

    @property
    def runner_uri(self) -> str:
        """As `postgres`, who runs migrations."""
        return self.cluster.uri("postgres", self.cluster.secrets().postgres_password, self.name)

    @property
    def authenticator_uri(self) -> str:
        """As the API connects."""
        return self.cluster.uri("authenticator", self.cluster.secrets().authenticator_password, self.name)

    def run(self, sql: str) -> str:
        return self.cluster.run_sql(sql, self.name)


def running_tasks() -> set[asyncio.Task[Any]]:
    """All tasks but those that Realtime's client library starts anew after its clients were closed."""
    return {
        task
        for task in asyncio.all_tasks()
        if "AsyncTimer" not in getattr(task.get_coro(), "__qualname__", "")
    }


@pytest.fixture(scope="session")
def cluster(supabase_cluster: Cluster) -> Cluster:
    """The run's cluster, bootstrapped."""
    return supabase_cluster


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A bootstrapped database of the test's own."""
    name = f"local_{next(_numbers)}"
    cluster.create_database(name, template="postgres", owner="postgres")
    yield Database(cluster, name)
    cluster.drop_database(name)


@pytest.fixture
def bare_database(cluster: Cluster) -> Iterator[Database]:
    """A database as any PostgreSQL has it: no Supabase schemas."""
    name = f"local_bare_{next(_numbers)}"
    cluster.create_database(name, owner=SUPERUSER)
    yield Database(cluster, name)
    cluster.drop_database(name)
