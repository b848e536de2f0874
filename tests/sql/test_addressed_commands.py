"""Commands where several agents ask: each is told its own, and all of them a stop of everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.sql.agents import told
from tests.sql.steering import agent, asks, change, commands, running, stop, taken, tell
from tests.sql.world import SALON_B, World


async def test_an_agent_is_told_what_concerns_its_runs_and_leaves_the_rest(world: World) -> None:
    asker = await agent(world)
    for trace in ("t1", "t2", "t3"):
        await stop(world, await running(world, trace))
    assert await taken(world, asker, 10, ["t9"]) == []
    assert await taken(world, asker, 10, []) == []
    assert [one["trace_id"] for one in await taken(world, asker, 10, ["t2", "t9"])] == ["t2"]
    assert [one["trace_id"] for one in await taken(world, asker)] == ["t1", "t3"]


async def test_a_run_of_several_traces_is_known_by_each(world: World) -> None:
    run_id = await tell(world, asks("ask", "t1", conversation_id="c"))
    later = told("more", "t2", conversation_id="c", at=datetime.now(UTC).isoformat())
    await tell(world, later)
    await stop(world, run_id)
    (sent,) = await taken(world, await agent(world), 10, ["t1"])
    assert sent["trace_id"] == "t2"


async def test_a_trace_of_another_salon_gives_nothing(world: World) -> None:
    await running(world, "t1", SALON_B)
    await stop(world, await running(world, "t2"))
    assert await taken(world, await agent(world), 10, ["t1"]) == []


async def test_a_stop_of_everything_is_told_to_each_run_that_is_not_stopped_yet(world: World) -> None:
    first, second, old = [await running(world, trace) for trace in ("t1", "t2", "t3")]
    await running(world, "t1", SALON_B)
    await world.connection.execute(
        "update dashboard.runs set heard_at = now() - interval '25 hours', last_event_at = heard_at"
        " - interval '25 hours' where run_id = $1",
        old,
    )
    await stop(world, first)
    made = await world.write("owner_a", "stop_all_runs", "fire")
    assert made["runs"] == 3
    assert {(one["kind"], one.get("run_id"), one.get("comment")) for one in await commands(world)} == {
        ("stop", str(first), None),
        ("stop_all", None, "fire"),
        ("stop", str(second), "fire"),
    }
    assert [one["kind"] for one in await taken(world, await agent(world), 10, ["t2"])] == ["stop"]


async def test_a_stop_of_everything_is_for_ten_minutes_also_when_it_is_sent_again(world: World) -> None:
    run_id = await running(world)
    every = await world.write("owner_a", "stop_all_runs")
    (each,) = [one for one in await commands(world) if one.get("run_id") == str(run_id)]
    assert [round(_minutes_left(one)) for one in (every, each)] == [10, 24 * 60]
    await change(world, every, status="'expired'", expires_at="now() + interval '1 day'")
    again = await world.write("owner_a", "resend_command", UUID(every["command_id"]))
    assert round(_minutes_left(again)) == 10


def _minutes_left(command: dict[str, Any]) -> float:
    left = datetime.fromisoformat(command["expires_at"]) - datetime.now(UTC)
    return left.total_seconds() / 60
