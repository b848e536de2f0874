"""What people told agents to do goes when its time is over: by each salon's rules, or with its run."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.sql.agents import told
from tests.sql.steering import WORKER, tell
from tests.sql.world import SALON_A, SALON_B, World


async def command(
    world: World, salon: UUID, days_ago: float, *, status: str = "done", run_id: UUID | None = None
) -> UUID:
    """A stop that was made and ended so long ago, of a run or of all; gives its id."""
    made: UUID = await world.connection.fetchval(
        "insert into dashboard.bot_commands (tenant_id, status, run_id, kind, created_at, finished_at)"
        " values ($1, $2, $3, $4, now() - $5::interval, now() - $5::interval) returning command_id",
        salon, status, run_id, "stop" if run_id else "stop_all", timedelta(days=days_ago),
    )  # fmt: skip
    return made


async def left(world: World) -> set[UUID]:
    rows = await world.connection.fetch("select command_id from dashboard.bot_commands")
    return {row["command_id"] for row in rows}


async def purge(world: World, batch: int = 100) -> int:
    removed: int = await world.call(WORKER, "purge_commands", batch)
    return removed


async def test_of_no_run_go_by_the_rules_of_their_salon(world: World) -> None:
    await world.connection.execute(
        "insert into dashboard.telemetry_rules (tenant_id, event_days, prompt_days) values ($1, 10, 10)",
        SALON_A,
    )
    kept = {await command(world, SALON_A, 9), await command(world, SALON_B, 89, status="dead")}
    for status in ("done", "failed", "expired", "dead"):
        await command(world, SALON_A, 11, status=status)
    await command(world, SALON_B, 91)
    assert await purge(world) == 5
    assert await left(world) == kept
    assert await purge(world) == 0


async def test_of_a_run_stay_as_long_as_it_does(world: World) -> None:
    run_id = await tell(world, told("root"))
    kept = await command(world, SALON_A, 100, run_id=run_id)
    await command(world, SALON_A, 100, run_id=uuid4())
    assert await purge(world) == 1
    assert await left(world) == {kept}
    await world.connection.execute("delete from dashboard.runs")
    assert await left(world) == set()


@pytest.mark.parametrize("status", ["queued", "sent", "received"])
async def test_that_are_under_way_stay(world: World, status: str) -> None:
    kept = await command(world, SALON_A, 100, status=status)
    assert await purge(world) == 0
    assert await left(world) == {kept}


async def test_that_were_sent_again_lately_stay(world: World) -> None:
    kept = await command(world, SALON_A, 100)
    await world.connection.execute("update dashboard.bot_commands set finished_at = now()")
    assert await purge(world) == 0
    assert await left(world) == {kept}


async def test_go_in_batches(world: World) -> None:
    for _ in range(3):
        await command(world, SALON_A, 100)
    assert [await purge(world, batch=2) for _ in range(3)] == [2, 1, 0]
