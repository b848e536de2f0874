"""`make key` as an operator runs it: over a URL, beside a running panel, and where none runs."""

import asyncio
import hashlib
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from local_supabase.postgres import Cluster
from queries.api_keys import new_key
from tests.database import DashboardDatabase, bare_database

PROJECT = Path(__file__).parent.parent.parent
SALON = UUID("10000000-0000-4000-8000-000000000001")
KEY = re.compile(r"agp_[A-Za-z0-9_-]{43}\n")
ASKED = ("--salon", "lavender", "--name", "night bot")


async def command(*arguments: str, **environment: str) -> tuple[int | None, str, str]:
    """Exit status, output, error output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ingest.issue_key", *arguments,
        cwd=PROJECT, env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def claims(uri: str, key: str) -> Any:
    """What the panel is told of a key."""
    connection = await asyncpg.connect(uri)
    try:
        found = await connection.fetchval(
            "select dashboard.key_claims($1)", hashlib.sha256(key.strip().encode()).hexdigest()
        )
        return json.loads(found) if found else None
    finally:
        await connection.close()


async def add_salon(uri: str, slug: str = "lavender", salon: UUID = SALON) -> None:
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute(
            "insert into public.tenants_v2 (id, name, slug) values ($1, 'Лаванда', $2)", salon, slug
        )
    finally:
        await connection.close()


def test_a_key_is_random_and_begins_with_its_prefix() -> None:
    keys = [new_key() for _ in range(100)]
    assert len({key.text for key in keys}) == 100
    for key in keys:
        assert KEY.fullmatch(key.text + "\n")
        assert key.text.startswith(key.prefix)
        assert len(key.prefix) == 12
        assert key.key_hash == hashlib.sha256(key.text.encode()).hexdigest()
        assert key.text not in repr(key)


class TestOverTheUrlOfTheMigrations:
    @pytest.fixture
    async def database(self, dashboard_database: DashboardDatabase) -> DashboardDatabase:
        """A project with one salon."""
        await add_salon(dashboard_database.superuser_uri)
        return dashboard_database

    @pytest.mark.parametrize("salon", ["lavender", str(SALON)])
    async def test_prints_the_key_and_nothing_else(self, database: DashboardDatabase, salon: str) -> None:
        status, out, err = await command(
            "--salon", salon, "--name", "bot", "--scopes", "read, ingest",
            MIGRATE_DATABASE_URL=database.runner_uri,
        )  # fmt: skip
        assert (status, bool(KEY.fullmatch(out))) == (0, True), err
        assert out.strip() not in err
        found = await claims(database.superuser_uri, out)
        assert (found["tenant_id"], found["scopes"]) == (str(SALON), ["ingest", "read"])

    async def test_is_for_telling_of_runs_unless_said_otherwise(self, database: DashboardDatabase) -> None:
        _, out, _ = await command(*ASKED, MIGRATE_DATABASE_URL=database.runner_uri)
        assert (await claims(database.superuser_uri, out))["scopes"] == ["ingest"]

    async def test_names_the_salons_when_it_does_not_know_one(self, database: DashboardDatabase) -> None:
        for number in range(11):
            await add_salon(database.superuser_uri, f"salon-{number:02}", UUID(int=number + 1))
        url = database.runner_uri
        status, out, err = await command("--salon", "lavendel", "--name", "bot", MIGRATE_DATABASE_URL=url)
        assert (status, out) == (2, "")
        assert err.startswith("There is no salon with this id or slug. Give the id or the slug of a salon.")
        assert "There are: lavender, salon-00, " in err
        assert err.endswith("salon-08 and others.\n")

    async def test_checks_what_it_is_given(self, database: DashboardDatabase) -> None:
        url = database.runner_uri
        for arguments, words in {
            ("--salon", "", "--name", "bot"): "make key SALON=",
            ("--salon", "lavender", "--name", " "): "make key SALON=",
            (*ASKED, "--scopes", "write"): "SCOPES is one or more of ingest, read and control",
            (*ASKED, "--scopes", ","): "SCOPES is one or more of ingest, read and control",
            ("--salon", "lavender", "--name", "x" * 101): "The name is empty, longer than 100 characters",
        }.items():
            status, out, err = await command(*arguments, MIGRATE_DATABASE_URL=url)
            assert (status, out) == (2, ""), arguments
            assert words in err
            assert "Traceback" not in err

    async def test_is_for_who_runs_the_migrations(self, database: DashboardDatabase) -> None:
        status, out, err = await command(*ASKED, MIGRATE_DATABASE_URL=database.authenticator_uri)
        assert (status, out) == (2, "")
        assert err == "This login may not issue keys. Use the one that runs the migrations.\n"


@pytest.fixture
def bare(supabase_cluster: Cluster) -> Iterator[DashboardDatabase]:
    """A project that has never seen the panel."""
    made = bare_database(supabase_cluster)
    yield made
    supabase_cluster.drop_database(made.name)


async def test_a_database_without_the_panels_schema_is_told(bare: DashboardDatabase) -> None:
    status, out, err = await command(*ASKED, MIGRATE_DATABASE_URL=bare.runner_uri)
    assert (status, out) == (2, "")
    assert err == "The database is not ready for this version: start the panel once, or run make migrate.\n"


@pytest.mark.parametrize(
    "url", ["postgresql://me:verysecret@127.0.0.1:1/postgres", "nonsense:verysecret", "postgresql://"]
)
async def test_a_database_that_is_not_there_is_one_line_and_no_secret(url: str) -> None:
    status, out, err = await command(*ASKED, MIGRATE_DATABASE_URL=url)
    assert (status, out) == (2, "")
    assert err.startswith("The database cannot be reached: ")
    assert "verysecret" not in err
    assert "Traceback" not in err


async def test_a_hosted_project_needs_the_url_of_the_migrations() -> None:
    hosted = {"SUPABASE_URL": "https://abc.supabase.co", "SUPABASE_KEY": "k", "SUPABASE_JWT_SECRET": "s" * 32}
    status, out, err = await command(*ASKED, **hosted)
    assert (status, out) == (2, "")
    assert err.startswith("MIGRATE_DATABASE_URL is not set.")


async def test_settings_that_make_no_sense_are_told() -> None:
    status, out, err = await command(*ASKED, DEMO="perhaps")
    assert (status, out) == (2, "")
    assert err.startswith("DEMO: ")


class TestEmbedded:
    @pytest.fixture(scope="class")
    async def panel(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
        """The cluster of a panel that has run, with one salon; it is stopped."""
        cluster = Cluster(tmp_path_factory.mktemp("panel") / "data")
        cluster.start()
        cluster.create_database("panel")
        cluster.bootstrap("panel")
        await DashboardDatabase(cluster, "panel").prepare()
        await add_salon(cluster.superuser_uri("panel"))
        cluster.stop()
        yield cluster
        cluster.stop()

    async def test_starts_the_database_where_no_panel_runs_and_stops_it(self, panel: Cluster) -> None:
        status, out, err = await command(*ASKED, DATA_DIR=str(panel.data_dir))
        assert (status, bool(KEY.fullmatch(out))) == (0, True), err
        assert not (panel.cluster_dir / "postmaster.pid").exists()
        with panel:
            assert (await claims(panel.superuser_uri("panel"), out))["tenant_id"] == str(SALON)

    async def test_uses_the_database_of_a_running_panel(self, panel: Cluster) -> None:
        with panel:
            status, out, err = await command(*ASKED, DATA_DIR=str(panel.data_dir))
            assert (status, bool(KEY.fullmatch(out))) == (0, True), err
            assert panel.is_running()
            assert await claims(panel.superuser_uri("panel"), out)

    async def test_three_at_once_take_turns(self, panel: Cluster) -> None:
        answers = await asyncio.gather(*(command(*ASKED, DATA_DIR=str(panel.data_dir)) for _ in range(3)))
        assert [status for status, _, _ in answers] == [0, 0, 0], answers

    async def test_says_when_the_demo_was_never_there(self, panel: Cluster) -> None:
        status, out, err = await command(*ASKED, DATA_DIR=str(panel.data_dir), DEMO="1")
        assert (status, out) == (2, "")
        assert err == (
            "The panel has never run with these settings (of the demo): set DEMO to 0 or 1 as it does.\n"
        )

    async def test_makes_no_database_where_there_is_none(self, tmp_path: Path) -> None:
        status, out, err = await command(*ASKED, DATA_DIR=str(tmp_path / "nothing"))
        assert (status, out) == (2, "")
        assert "start the panel once, or set DATA_DIR" in err
        assert not (tmp_path / "nothing").exists()
