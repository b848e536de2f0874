"""The retention of agents' events over a real door: to a scripted database first, then to a real one."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx
import pytest

from data import Door, Supabase
from errors import AppError, Unexpected
from jobs.catalogue import JOBS
from jobs.telemetry_retention import retain, telemetry_retention
from jobs.timetable import FLOWS
from tests.database import DashboardDatabase
from tests.jobs.workers import worker

NOTHING = [{"table_name": name, "removed": 0} for name in ("events", "event_payloads")]


class Script:
    """Answers each function with what it is given, the last of it again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        told: dict[str, list[Any]] = {
            "ensure_event_partitions": [0], "expire_runs": [0], "drop_event_partitions": [0],
            "purge_events": [NOTHING], "purge_commands": [0],
        }  # fmt: skip
        self.answers = told | answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.asked]

    def door(self) -> Door:
        transport = httpx.MockTransport(self._answer)
        return Supabase("http://database.test", "key", transport=transport).door(lambda: "token")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.asked.append((name, json.loads(request.content or b"{}")))
        answers = self.answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, content=json.dumps(answer), headers={"content-type": "application/json"})


async def test_removes_until_nothing_is_left_and_whole_weeks_before_single_rows() -> None:
    some = [{"table_name": "events", "removed": 5}, {"table_name": "event_payloads", "removed": 3}]
    script = Script(
        ensure_event_partitions=[2], expire_runs=[7, 4, 0], drop_event_partitions=[1],
        purge_events=[some, some, NOTHING], purge_commands=[6, 0],
    )  # fmt: skip
    totals, finished = await retain(script.door(), batch=50)
    assert finished
    assert totals == {
        "partitions_made": 2, "runs": 11, "partitions_dropped": 1, "events": 10, "event_payloads": 6,
        "commands": 6,
    }  # fmt: skip
    assert script.names == [
        "ensure_event_partitions", *["expire_runs"] * 3, "drop_event_partitions", *["purge_events"] * 3,
        *["purge_commands"] * 2,
    ]  # fmt: skip
    assert [arguments for name, arguments in script.asked if "batch" in arguments] == [{"batch": 50}] * 8


async def test_stops_after_its_last_round_and_says_that_there_is_more() -> None:
    script = Script(expire_runs=[5])
    totals, finished = await retain(script.door(), batch=5, max_rounds=3)
    assert (finished, totals["runs"]) == (False, 15)
    assert script.names[-1] == "purge_commands", "the rest is done all the same"
    _, finished = await retain(Script(purge_commands=[5]).door(), batch=5, max_rounds=3)
    assert not finished


@pytest.mark.parametrize(
    "function", ["ensure_event_partitions", "expire_runs", "drop_event_partitions", "purge_commands"]
)
@pytest.mark.parametrize("answer", [None, "7", -1, [], 1.5])
async def test_removes_nothing_more_after_a_count_that_it_cannot_read(function: str, answer: Any) -> None:
    script = Script(**{function: [answer]})
    with pytest.raises(Unexpected):
        await retain(script.door(), batch=5)
    assert script.names[-1] == function
    assert script.names.count(function) == 1


@pytest.mark.parametrize("answer", [None, 7, {}, [{"table_name": "events"}]])
async def test_removes_nothing_more_after_an_answer_that_it_cannot_read(answer: Any) -> None:
    script = Script(purge_events=[answer])
    with pytest.raises(Unexpected):
        await retain(script.door(), batch=5)
    assert script.names.count("purge_events") == 1


async def test_a_refusal_ends_the_run() -> None:
    refusal = {"code": "42501", "message": "permission denied", "details": None, "hint": None}
    script = Script(expire_runs=[httpx.Response(403, json=refusal)])
    with pytest.raises(AppError):
        await retain(script.door(), batch=5)
    assert script.names[-1] == "expire_runs"


def test_is_on_the_timetable() -> None:
    assert telemetry_retention in FLOWS
    assert JOBS["telemetry-retention"].deployment == "every-6-hours"


OLD_RUN = """
with run as (
  insert into dashboard.runs (run_id, tenant_id, run_day, trace_id, name, started_at, last_event_at, last_seq)
  values (gen_random_uuid(), gen_random_uuid(), current_date - 200, 't', 'Old', now(), now(), 30)
  returning run_id, tenant_id, run_day
)
insert into dashboard.events
(run_day, run_id, seq, tenant_id, event_id, trace_id, step_id, kind, phase, status, name, at, has_payload,
  received_at)
select run_day, run_id, seq, tenant_id, seq, 't', seq, 'other', 'point', 'done', 'x', now(), false,
  now() - interval '200 days'
from run, generate_series(1, 30) as seq
"""


async def test_removes_what_is_over_its_time_by_the_rights_of_the_worker(
    dashboard_database: DashboardDatabase,
) -> None:
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    try:
        await connection.execute(OLD_RUN)
        await connection.execute(
            "insert into dashboard.bot_commands (tenant_id, kind, status, created_at)"
            " values (gen_random_uuid(), 'stop_all', 'done', now() - interval '200 days')"
        )
        async with worker(dashboard_database) as door:
            totals, finished = await retain(door, batch=10)
        assert finished
        assert (totals["runs"], totals["events"], totals["commands"]) == (1, 30, 1)
        assert await connection.fetchval("select count(*) from dashboard.events") == 0
    finally:
        await connection.close()
