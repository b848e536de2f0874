"""A panel killed in mid-write: each write is there whole or not at all, and repeating it does it once."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from local_supabase.postgres import Cluster
from tests.outages.writer import email, request_id
from tests.panel_process import PROJECT

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

SEED = 20261121
KILLS = 3
MANY = 1_000_000

ROWS = """
select
  wanted.request_id,
  (select count(*) from dashboard.users where users.email = wanted.email) as users,
  (
    select count(*) from dashboard.memberships join dashboard.users using (user_id)
    where users.email = wanted.email
  ) as memberships,
  (select count(*) from dashboard.audit_log as entry where entry.request_id = wanted.request_id) as audit,
  (
    select count(*) from dashboard.write_requests as request
    where request.request_id = wanted.request_id and request.response is not null
  ) as requests
from unnest($1::uuid[], $2::text[]) as wanted (request_id, email)
"""


def writer(folder: Path, most: int) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.outages.writer", str(folder), str(most)],
            cwd=PROJECT, stdout=log, stderr=log,
        )  # fmt: skip


def begun(folder: Path) -> list[int]:
    record = folder / "begun"
    return [int(line) for line in record.read_text().split()] if record.exists() else []


async def rows_of(folder: Path, numbers: list[int]) -> list[tuple[int, ...]]:
    """How many rows each write has left, table by table."""
    with Cluster(folder / "data") as cluster:
        connection = await asyncpg.connect(cluster.superuser_uri("panel"))
        try:
            found = await connection.fetch(
                ROWS, [request_id(one) for one in numbers], [email(one) for one in numbers]
            )
        finally:
            await connection.close()
    return [tuple(row)[1:] for row in found]


async def test_writes_are_whole_or_not_at_all_and_are_done_once(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    half = 0
    for _ in range(KILLS):
        process = writer(tmp_path, MANY)
        target = len(begun(tmp_path)) + chance.randrange(20, 60)
        deadline = time.monotonic() + 60
        while len(begun(tmp_path)) < target:
            assert process.poll() is None, (tmp_path / "log").read_text()[-3000:]
            assert time.monotonic() < deadline
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait(30)
        rows = await rows_of(tmp_path, begun(tmp_path))
        assert set(rows) <= {(0, 0, 0, 0), (1, 1, 1, 1)}
        half += rows.count((0, 0, 0, 0))
    assert half > 0, "some were under way"
    last = writer(tmp_path, 1)
    assert last.wait(60) == 0, (tmp_path / "log").read_text()[-3000:]
    assert set(await rows_of(tmp_path, begun(tmp_path))) == {(1, 1, 1, 1)}
