"""What the embedded runner does with runs that are due, over a scripted Prefect; no process is started."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from background import beside
from jobs import runner as runner_module
from jobs.prefect_api import Prefect
from jobs.runner import Runner
from tests.waiting import until

JOB, OTHER = "d-job", "d-other"


def due(name: str, minute: int, *, deployment: str = JOB, by_timetable: bool = True) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "deployment_id": deployment,
        "next_scheduled_start_time": f"2026-03-15T10:{minute:02}:00Z",
        "auto_scheduled": by_timetable,
        "state_type": "RUNNING",
    }


class ScriptedPrefect:
    """Has these runs due, refuses to start those named, and remembers what it was told."""

    def __init__(self, runs: Sequence[Mapping[str, Any]], refused: Sequence[str] = ()) -> None:
        self.runs = {run["id"]: dict(run) for run in runs}
        self.refused = refused
        self.states: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.looks = 0
        self.prefect = Prefect("http://prefect.test/api", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        if path == "/deployments/filter":
            return httpx.Response(200, json=[{"id": JOB}, {"id": OTHER}])
        if path == "/deployments/get_scheduled_flow_runs":
            self.looks += 1
            begun = {run for run, _ in self.states}
            return httpx.Response(200, json=[run for run in self.runs.values() if run["id"] not in begun])
        if path == "/flow_runs/filter":
            return httpx.Response(200, json=list(self.runs.values()))
        if path.endswith("/create_flow_run"):
            self.runs["made"] = due("made", 0, by_timetable=False)
            return httpx.Response(201, json={"id": str(UUID(int=2))})
        run = path.split("/")[2]
        if request.method == "DELETE":
            self.deleted.append(run)
            del self.runs[run]
            return httpx.Response(204)
        if path.endswith("/set_state"):
            state = json.loads(request.content)["state"]["type"]
            self.states.append((run, state))
            return httpx.Response(200, json={"status": "ABORT" if run in self.refused else "ACCEPT"})
        return httpx.Response(200, json=self.runs[run])


class FakeChild:
    """A process that lasts until it is stopped."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []
        self.environs: list[Mapping[str, str]] = []
        self.renewed: list[tuple[str, str]] = []
        self.ended = asyncio.Event()

    @property
    def runs(self) -> list[str]:
        return [environ["PREFECT__FLOW_RUN_ID"] for environ in self.environs]

    async def start(self, command: Sequence[str], environ: Mapping[str, str], _: Path) -> FakeChild:
        self.commands.append(command)
        self.environs.append(environ)
        return self

    async def wait(self) -> int:
        await self.ended.wait()
        return -9

    def renew(self, name: str, value: str) -> None:
        self.renewed.append((name, value))

    async def stop(self) -> None:
        self.ended.set()


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> FakeChild:
    fake = FakeChild()
    monkeypatch.setattr(runner_module, "Child", fake)
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(runner_module, "RENEW_SECONDS", 0.02)
    return fake


@asynccontextmanager
async def working(scripted: ScriptedPrefect, tmp_path: Path, looks: int = 2) -> AsyncIterator[None]:
    """A runner that has looked so often, and has done then what was due at all looks but the last."""
    tokens = iter(range(10_000))
    environ = lambda: {"URL": "here", "TOKEN": f"token-{next(tokens)}"}  # noqa: E731
    runner = Runner(scripted.prefect, environ, tmp_path, renewed=frozenset({"TOKEN"}))
    async with beside(runner.run(), "runner"):
        await until(lambda: scripted.looks >= looks)
        yield


async def test_what_is_asked_for_in_the_panel_begins_at_once(
    child: FakeChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 60)
    scripted = ScriptedPrefect([])
    async with working(scripted, tmp_path, looks=1):
        await scripted.prefect.create_run(UUID(int=1), "key", {})
        await until(lambda: child.runs == ["made"])


async def test_of_the_runs_that_were_missed_only_the_latest_is_made_up_for(
    child: FakeChild, tmp_path: Path
) -> None:
    scripted = ScriptedPrefect([due("c", 20), due("a", 0), due("b", 10), due("z", 5, deployment=OTHER)])
    async with working(scripted, tmp_path):
        assert sorted(scripted.deleted) == ["a", "b"]
        await until(lambda: sorted(child.runs) == ["c", "z"])
        assert child.commands[0] == ["prefect.engine"]


async def test_what_somebody_asked_for_goes_first_and_is_never_dropped(
    child: FakeChild, tmp_path: Path
) -> None:
    asked = [due("mine", 20, by_timetable=False), due("yours", 25, by_timetable=False)]
    scripted = ScriptedPrefect([due("timetable", 10), *asked])
    async with working(scripted, tmp_path, looks=3):
        assert child.runs == ["mine"]
        assert {"mine", "yours"} <= set(scripted.runs)


async def test_the_next_one_that_was_asked_for_begins_when_the_first_has_ended(
    child: FakeChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 60)
    scripted = ScriptedPrefect([due("mine", 20, by_timetable=False), due("yours", 25, by_timetable=False)])
    async with working(scripted, tmp_path, looks=1):
        await until(lambda: child.runs == ["mine"])
        child.ended.set()
        await until(lambda: child.runs == ["mine", "yours"])


async def test_a_run_that_the_server_refuses_is_not_started(child: FakeChild, tmp_path: Path) -> None:
    scripted = ScriptedPrefect([due("a", 0)], refused=["a"])
    async with working(scripted, tmp_path, looks=3):
        assert scripted.states == [("a", "PENDING")]
        assert child.runs == []


async def test_its_token_is_renewed_while_it_lasts(child: FakeChild, tmp_path: Path) -> None:
    async with working(ScriptedPrefect([due("a", 0)]), tmp_path):
        await until(lambda: len(child.renewed) > 1)
    names = {name for name, _ in child.renewed}
    values = [value for _, value in child.renewed]
    assert names == {"TOKEN"}
    assert len(values) == len(set(values))


async def test_a_process_that_dies_is_told_as_crashed(child: FakeChild, tmp_path: Path) -> None:
    scripted = ScriptedPrefect([due("a", 0)])
    async with working(scripted, tmp_path):
        child.ended.set()
        await until(lambda: ("a", "CRASHED") in scripted.states)


async def test_stopping_ends_what_is_under_way_and_says_so(child: FakeChild, tmp_path: Path) -> None:
    scripted = ScriptedPrefect([due("a", 0)])
    async with working(scripted, tmp_path):
        await until(lambda: child.runs == ["a"])
    assert child.ended.is_set()
    assert scripted.states == [("a", "PENDING"), ("a", "CRASHED")]


async def test_runs_of_a_panel_that_was_killed_are_written_off(tmp_path: Path) -> None:
    scripted = ScriptedPrefect([due("a", 0), due("b", 0)])
    await Runner(scripted.prefect, dict, tmp_path).end_left_over()
    assert scripted.states == [("a", "CRASHED"), ("b", "CRASHED")]
