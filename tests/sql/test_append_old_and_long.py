"""What is appended to runs of other days, and to runs that are long already."""

from datetime import date
from typing import Any

import pytest

from tests.sql.agents import add_key, append, events_of, runs, told
from tests.sql.world import SALON_A, Caller, World


@pytest.fixture
async def bot(world: World) -> Caller:
    return await add_key(world, SALON_A, "ingest", "read")


async def test_each_run_goes_on_in_its_own_day(world: World, bot: Caller) -> None:
    await append(world, bot, told("x1", "x"), told("y1", "y"))
    for table in ("runs", "run_traces", "events", "event_payloads", "event_batches"):
        await world.connection.execute(
            f"update dashboard.{table} as moved set run_day = $1 from dashboard.run_traces as trace"
            " where trace.trace_id = 'x' and moved.run_id = trace.run_id",
            date(2026, 1, 5),
        )
    answer = await append(
        world, bot, told("x1", "x"), told("x2", "x", after=2), told("y2", "y", after=1), told("z1", "z")
    )
    assert answer == {"appended": 3, "repeated": 1, "position": 5}
    kept = {
        run["trace_id"]: [(event["seq"], event["event_id"]) for event in await events_of(world, bot, run)]
        for run in await runs(world, bot)
    }
    assert kept == {"x": [(1, "x1"), (2, "x2")], "y": [(1, "y1"), (2, "y2")], "z": [(1, "z1")]}
    days = await world.connection.fetch("select distinct run_day from dashboard.events order by 1")
    assert len(days) == 2


async def test_an_answer_of_today_goes_on_with_a_wait_of_another_day(world: World, bot: Caller) -> None:
    waits = told("asks", "x", kind="approval_request", phase="point", status="waiting", conversation_id="c")
    await append(world, bot, waits)
    await world.connection.execute(
        "update dashboard.runs set run_day = '2026-01-05';"
        "update dashboard.run_traces set run_day = '2026-01-05';"
        "update dashboard.events set run_day = '2026-01-05'"
    )
    decides = told("says", "y", after=9, kind="approval_decision", phase="point", conversation_id="c")
    await append(world, bot, decides, told("more", "x", after=1), told("other", "z"))
    by_events = {run["events"]: run for run in await runs(world, bot)}
    assert set(by_events) == {3, 1}
    kept = await events_of(world, bot, by_events[3])
    assert sorted(event["event_id"] for event in kept) == ["asks", "more", "says"]


async def test_a_long_run_is_not_read_again_for_what_comes(world: World, bot: Caller) -> None:
    fetched = (
        "select sum(idx_tup_fetch) from pg_stat_xact_user_tables"
        " where schemaname = 'dashboard' and relname ~ '^events?_[0-9]|^event_payloads_'"
    )

    async def cost(number: int) -> int:
        before = await world.connection.fetchval(fetched)
        await append(world, bot, *calls(f"{number}-"))
        return int(await world.connection.fetchval(fetched) - before)

    first, *_, last = [await cost(number) for number in range(8)]
    assert last < first + 2 * CALLS


CALLS = 50


def calls(mark: str) -> list[dict[str, Any]]:
    """Half of them made in steps, half in the call before them."""
    return [
        told(f"{mark}{n}", kind="model_call", parent_id=f"{mark}{n - 1}" if n % 2 else "root", tokens_input=1)
        for n in range(CALLS)
    ]


async def test_a_partition_has_statistics_as_soon_as_a_run_in_it_is_long(world: World, bot: Caller) -> None:
    looked_at = "select count(*) from pg_stats where schemaname = 'dashboard' and tablename ~ '^events_[0-9]'"
    before = await world.connection.fetchval(looked_at)
    await append(world, bot, *[told(f"a{number}") for number in range(499)])
    assert await world.connection.fetchval(looked_at) == before
    await append(world, bot, told("a499"))
    assert await world.connection.fetchval(looked_at) > before
