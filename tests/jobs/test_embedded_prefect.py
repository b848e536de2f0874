"""The Prefect that a panel brings along, for real: one server for the whole file, as it starts slowly."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest

from identity.tokens import TokenMinter
from jobs import door
from jobs.catalogue import JOBS
from jobs.child import HOME
from jobs.embedded import EmbeddedPrefect
from tests.jobs.fake_database import SECRET, FakeDatabase, fake_database

START_SECONDS = 200

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
async def embedded(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[EmbeddedPrefect, FakeDatabase]]:
    minter = TokenMinter.from_secret(SECRET)
    with fake_database() as database:

        def way_in() -> dict[str, str]:
            token = minter.machine_token("dashboard_worker")
            return {door.URL: database.url, door.KEY: "of this start", door.TOKEN: token}

        async with EmbeddedPrefect(tmp_path_factory.mktemp("embedded") / "prefect", way_in) as prefect:
            yield prefect, database


async def eventually(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], object]) -> Any:
    async with asyncio.timeout(START_SECONDS):
        while not holds(answer := await ask()):
            await asyncio.sleep(0.1)
    return answer


async def deployment(prefect: EmbeddedPrefect, flow: str) -> str:
    await prefect.server.ready.wait()
    found = await eventually(
        lambda: prefect.prefect.post("/deployments/filter", {}), lambda all_: len(all_) == len(JOBS)
    )
    return next(str(one["id"]) for one in found if flow in one["tags"])


async def start(prefect: EmbeddedPrefect, key: str) -> str:
    target = await deployment(prefect, "housekeeping")
    return str(await prefect.prefect.create_run(UUID(target), key, {}))


async def ended(prefect: EmbeddedPrefect, run: str) -> str:
    over = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    answer = await eventually(
        lambda: prefect.prefect.get(f"/flow_runs/{run}"), lambda found: found["state_type"] in over
    )
    return str(answer["state_type"])


async def test_a_run_is_done_once_in_a_process_of_its_own(
    embedded: tuple[EmbeddedPrefect, FakeDatabase],
) -> None:
    prefect, database = embedded
    key = str(uuid4())

    first, again = await start(prefect, key), await start(prefect, key)

    assert first == again
    assert await ended(prefect, first) == "COMPLETED"
    assert [path for path, _, _ in database.asked] == ["/rest/v1/rpc/purge_expired"] * 2
    assert {claims["role"] for _, claims, _ in database.asked} == {"dashboard_worker"}
    assert database.keys == {"of this start"}
    told = await eventually(
        lambda: prefect.prefect.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [first]}}}),
        lambda lines: any("Removed 7 rows" in line["message"] for line in lines),
    )
    assert told


async def test_nobody_gets_in_without_its_password(embedded: tuple[EmbeddedPrefect, FakeDatabase]) -> None:
    prefect, _ = embedded
    await prefect.server.ready.wait()
    async with httpx.AsyncClient(base_url=prefect.prefect.api_url) as stranger:
        for headers in ({}, {"authorization": "Basic cGFuZWw6Z3Vlc3M="}):
            answer = await stranger.post("/deployments/filter", json={}, headers=headers)
            assert answer.status_code == 401
    assert httpx.URL(prefect.prefect.api_url).host == "127.0.0.1"


@pytest.mark.long
async def test_a_killed_server_comes_back_with_its_history(
    embedded: tuple[EmbeddedPrefect, FakeDatabase],
) -> None:
    prefect, _ = embedded
    run = await start(prefect, str(uuid4()))
    assert await ended(prefect, run) == "COMPLETED"
    before = prefect.server.child
    assert before is not None

    os.kill(before.pid, signal.SIGKILL)

    async def successor() -> object:
        return prefect.server.child

    await eventually(successor, lambda child: child is not before)
    await prefect.server.ready.wait()
    assert await ended(prefect, run) == "COMPLETED"


async def test_a_killed_run_is_told_as_crashed(embedded: tuple[EmbeddedPrefect, FakeDatabase]) -> None:
    prefect, database = embedded
    database.may_answer.clear()
    asked = len(database.asked)
    run = await start(prefect, str(uuid4()))

    async def asked_now() -> int:
        return len(database.asked)

    await eventually(asked_now, lambda number: number > asked)
    engines = [one for one in psutil.Process().children(recursive=True) if "prefect.engine" in one.cmdline()]
    engines[0].kill()

    assert await ended(prefect, run) == "CRASHED"
    database.may_answer.set()


PANEL = """
import asyncio, sys
from pathlib import Path
from jobs.embedded import EmbeddedPrefect

async def main():
    async with EmbeddedPrefect(Path(sys.argv[1]), dict) as prefect:
        while prefect.server.child is None:
            await asyncio.sleep(0.01)
        print(prefect.server.child.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def test_nothing_of_it_outlives_a_killed_panel(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PANEL, str(tmp_path / "prefect")]
    with subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE) as panel:
        assert panel.stdout is not None
        server = psutil.Process(int(panel.stdout.readline()))
        panel.kill()
    _, alive = psutil.wait_procs([server], timeout=10)
    assert alive == []
