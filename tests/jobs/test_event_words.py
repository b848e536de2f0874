"""Making the words of events over a real door: to a scripted database first, then to a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from prefect.logging import disable_run_logger

from data import Door
from errors import AppError, Unavailable, Unexpected
from jobs import metrics_collector
from jobs.event_words import index_events, keep_indexing
from tests.database import DashboardDatabase
from tests.jobs.workers import worker
from tests.waiting import until

TOLD = """
with run as (
  insert into dashboard.runs (run_id, tenant_id, run_day, trace_id, name, started_at, last_event_at, last_seq)
  values (gen_random_uuid(), gen_random_uuid(), current_date, 't', 'Told', now(), now(), 70)
  returning run_id, tenant_id, run_day
)
insert into dashboard.events
(run_day, run_id, seq, tenant_id, event_id, trace_id, step_id, kind, phase, status, name, at, has_payload)
select run_day, run_id, seq, tenant_id, seq, 't', seq, 'other', 'point', 'done', 'x', now(), false
from run, generate_series(1, 70) as seq
"""


class Script:
    """A door that answers with one of these after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def call(self, function: str, **_: object) -> Any:
        """`Door.call`."""
        assert function == "index_events"
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def indexed(script: Script, max_steps: int = 10) -> int:
    return await index_events(script, max_steps)  # type: ignore[arg-type] # the one call of a door


async def test_goes_on_until_nothing_is_left() -> None:
    script = Script(5000, 120, 0, 7)
    assert await indexed(script) == 5120
    assert script.asked == 3


async def test_a_panel_goes_on_whatever_happens(caplog: pytest.LogCaptureFixture) -> None:
    away = Unavailable("Away.", code="away")
    script = Script(7, away, away, RuntimeError("odd"), *[0] * 100_000)
    making = asyncio.create_task(keep_indexing(script, 0))  # type: ignore[arg-type] # the one call of a door
    await until(lambda: script.asked >= 5)
    making.cancel()
    await asyncio.gather(making, return_exceptions=True)
    assert [
        (one.levelname, one.getMessage()) for one in caplog.records if one.name == "jobs.event_words"
    ] == [
        ("WARNING", "Words of events are not made: away"),
        ("ERROR", "Words of events are not made"),
    ]


async def test_leaves_the_rest_to_the_next_run() -> None:
    script = Script(*[10] * 5)
    assert await indexed(script, max_steps=3) == 30
    assert script.asked == 3


@pytest.mark.parametrize("answer", [None, "7", -1, [], 1.5])
async def test_an_answer_that_it_cannot_read_ends_it(answer: Any) -> None:
    with pytest.raises(Unexpected):
        await indexed(Script(answer, 0))


async def test_a_refusal_ends_it() -> None:
    with pytest.raises(AppError):
        await indexed(Script(5, AppError("no"), 0))


@pytest.fixture
async def connection(dashboard_database: DashboardDatabase) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    await connection.execute(TOLD)
    yield connection
    await connection.close()


async def test_makes_words_by_the_rights_of_the_worker(
    dashboard_database: DashboardDatabase, connection: Any
) -> None:
    async with worker(dashboard_database) as door:
        assert await index_events(door) == 70
        assert await index_events(door) == 0
    rows = await connection.fetch("select last_seq from dashboard.event_words order by 1")
    assert [row["last_seq"] for row in rows] == [50, 70]


async def test_is_a_part_of_the_collector_s_run(
    dashboard_database: DashboardDatabase, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def door(_: object) -> AsyncIterator[Door]:
        async with worker(dashboard_database) as opened:
            yield opened

    monkeypatch.setattr(metrics_collector, "worker_door", door)
    with disable_run_logger():
        await metrics_collector.metrics_collector.fn()
    assert await connection.fetchval("select count(*) from dashboard.event_words") == 2
