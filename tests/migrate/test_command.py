"""`python -m migrate` as an operator runs it."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_supabase.postgres import Cluster
from migrate import FOLDER
from tests.database import BOT_SCHEMA, DashboardDatabase, bare_database

PROJECT = Path(__file__).parent.parent.parent
COUNT = len(list(FOLDER.glob("*.sql")))


@pytest.fixture
def database(supabase_cluster: Cluster) -> Iterator[DashboardDatabase]:
    """A project of the bot's that has never seen the panel."""
    made = bare_database(supabase_cluster)
    supabase_cluster.run_sql(BOT_SCHEMA.read_text(encoding="utf-8"), made.name)
    yield made
    supabase_cluster.drop_database(made.name)


async def command(*arguments: str, **environment: str) -> tuple[int | None, str, str]:
    """Exit status, output, error output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "migrate", *arguments,
        cwd=PROJECT, env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def test_from_nothing_to_everything(database: DashboardDatabase) -> None:
    url = database.runner_uri
    status, out, err = await command("--dry-run", url)
    assert (status, out.count("Pending: "), err) == (0, COUNT, "")
    assert (await command("--check", url))[0] == 1
    status, out, err = await command(MIGRATE_DATABASE_URL=url)
    assert (status, out.count("Applied: "), err) == (0, COUNT, "")
    assert await command("--check", url) == (0, "Nothing is pending.\n", "")
    assert await command(url) == (0, "Nothing was pending.\n", "")


async def test_what_is_to_be_put_right_is_printed_and_fails_a_check(
    dashboard_database: DashboardDatabase,
) -> None:
    dashboard_database.cluster.run_sql("grant select on public.clients_v2 to anon", dashboard_database.name)
    for arguments, expected in ((("--check",), 1), ((), 0)):
        status, out, _ = await command(*arguments, dashboard_database.runner_uri)
        assert status == expected
        assert "\n    revoke all on public.clients_v2 from anon, authenticated;\n" in out


async def test_without_a_database_it_asks_for_one() -> None:
    assert await command() == (
        2,
        "",
        "Which database? Give its URL as an argument or in MIGRATE_DATABASE_URL.\n",
    )


@pytest.mark.parametrize(
    "url", ["postgresql://me:verysecret@127.0.0.1:1/postgres", "nonsense:verysecret", "postgresql://"]
)
async def test_a_database_that_is_not_there_is_one_line_and_no_secret(url: str) -> None:
    status, out, err = await command(url)
    assert (status, out) == (1, "")
    assert err.startswith("The database cannot be reached: ")
    assert "verysecret" not in err
    assert "Traceback" not in err
