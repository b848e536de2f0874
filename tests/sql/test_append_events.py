"""Events are kept once each, in an order without gaps, and counted into the right run."""

import asyncio
import itertools
import json
import random
from typing import Any

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql.agents import add_key, append, events_of, machine, runs, the_run, told
from tests.sql.world import SALON_A, SALON_B, Caller, World, refused


@pytest.fixture
async def bot(world: World) -> Caller:
    """A machine of salon A that may tell and read."""
    return await add_key(world, SALON_A, "ingest", "read")


def model_call(event_id: str, **columns: Any) -> dict[str, Any]:
    return (
        told(
            event_id,
            kind="model_call",
            model="m",
            tokens_input=100,
            tokens_output=10,
            cost=0.5,
            currency="USD",
        )
        | columns
    )


class TestOnce:
    async def test_what_is_told_again_is_known(self, world: World, bot: Caller) -> None:
        assert await append(world, bot, told("a"), told("b")) == {
            "appended": 2, "repeated": 0, "position": 1,
        }  # fmt: skip
        assert await append(world, bot, told("b"), told("c"), told("c")) == {
            "appended": 1, "repeated": 2, "position": 2,
        }  # fmt: skip
        run = await the_run(world, bot)
        assert run["events"] == 3
        assert run["tool_calls"] == 3
        assert [event["event_id"] for event in await events_of(world, bot, run)] == ["a", "b", "c"]

    async def test_nothing_is_nothing(self, world: World, bot: Caller) -> None:
        assert await append(world, bot) == {"appended": 0, "repeated": 0}
        assert await runs(world, bot) == []

    async def test_the_same_ids_in_another_salon_are_others(self, world: World, bot: Caller) -> None:
        other = await add_key(world, SALON_B, "ingest", "read")
        await append(world, bot, told("a", name="of salon A"))
        assert (await append(world, other, told("a", name="of salon B")))["appended"] == 1
        ours, theirs = await the_run(world, bot), await the_run(world, other)
        assert (ours["name"], theirs["name"]) == ("of salon A", "of salon B")
        assert ours["run_id"] != theirs["run_id"]

    async def test_an_order_without_gaps_whatever_comes_in_which_batches(
        self, world: World, bot: Caller
    ) -> None:
        everything = [told(f"{trace}{n}", trace, after=n) for trace in "xyz" for n in range(20)]
        random.Random(3).shuffle(everything)
        for batch in _batches(everything):
            await append(world, bot, *batch, *batch[:2])
        for run in await runs(world, bot):
            kept = await events_of(world, bot, run)
            assert [event["seq"] for event in kept] == list(range(1, 21))
            assert {event["event_id"][1:] for event in kept} == set(map(str, range(20)))


def _batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [events[n : n + 7] for n in range(0, len(events), 7)]


class TestTotals:
    async def test_calls_tokens_cost_and_time(self, world: World, bot: Caller) -> None:
        await append(
            world,
            bot,
            told("root", kind="agent", is_root=True, name="receptionist", source="receptionist",
                 ended_at="2026-11-20T09:00:09Z"),
            model_call("m1", parent_id="root", tokens_cache_read=40, tokens_reasoning=4),
            model_call("m2", parent_id="root", model="n"),
            told("t", parent_id="root", status="error", problem_type="TimeoutError", problem="calendar"),
        )  # fmt: skip
        run = await the_run(world, bot)
        assert {name: run[name] for name in (
            "name", "agent", "status", "events", "model_calls", "tool_calls", "failures", "tokens_input",
            "tokens_output", "tokens_cached", "tokens_reasoning", "cost", "cost_is_known", "models",
            "duration_ms",
        )} == {
            "name": "receptionist", "agent": "receptionist", "status": "done", "events": 4, "model_calls":
            2, "tool_calls": 1, "failures": 1, "tokens_input": 200, "tokens_output": 20, "tokens_cached":
            40, "tokens_reasoning": 4, "cost": 1.0, "cost_is_known": True, "models": ["m", "n"],
            "duration_ms": 9000,
        }  # fmt: skip

    async def test_a_price_that_is_not_known_is_not_zero(self, world: World, bot: Caller) -> None:
        await append(world, bot, model_call("m1"), model_call("m2", cost=None))
        run = await the_run(world, bot)
        assert (run["cost"], run["cost_is_known"], run["unpriced_calls"]) == (0.5, False, 1)
        await append(world, bot, model_call("m3", currency="RUB"))
        run = await the_run(world, bot)
        assert (run["cost"], run["unpriced_calls"]) == (0.5, 2), "roubles are not added to dollars"

    @pytest.mark.parametrize("order", list(itertools.permutations(["outer", "inner", "other"])))
    @pytest.mark.parametrize("together", [True, False])
    async def test_a_call_inside_a_call_counts_once(
        self, world: World, bot: Caller, order: tuple[str, ...], *, together: bool
    ) -> None:
        by_name = {
            "outer": model_call("outer", tokens_input=100),
            "inner": model_call("inner", parent_id="outer", tokens_input=90, cost=0.25),
            "other": model_call("other", tokens_input=7),
        }
        if together:
            await append(world, bot, *[by_name[name] for name in order])
        else:
            for name in order:
                await append(world, bot, by_name[name])
        run = await the_run(world, bot)
        assert (run["model_calls"], run["tokens_input"], run["cost"]) == (2, 97, 0.75)
        await append(world, bot, model_call("later", tokens_input=1))
        assert (await the_run(world, bot))["tokens_input"] == 98

    async def test_they_are_what_all_events_add_up_to(self, world: World, bot: Caller) -> None:
        chance = random.Random(5)
        everything = [_any_event(f"{trace}{n}", trace, chance) for trace in "xyz" for n in range(60)]
        for batch in _batches(everything):
            await append(world, bot, *batch)
        totals = "select * from dashboard.runs order by run_id"
        added_up = [dict(row) for row in await world.connection.fetch(totals)]
        assert all(run["model_calls"] and run["cost"] and run["unpriced_calls"] for run in added_up)
        await world.connection.execute(
            "select dashboard.recount_runs(array(select run_id from dashboard.runs))"
        )
        assert [dict(row) for row in await world.connection.fetch(totals)] == added_up

    async def test_what_was_removed_is_counted(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("a", removed=2), told("b"), told("c", removed=1))
        run = await the_run(world, bot)
        assert run["removed"] == 3
        assert [event["removed"] for event in await events_of(world, bot, run)] == [2, 0, 1]


def _any_event(event_id: str, trace: str, chance: random.Random) -> dict[str, Any]:
    """A step of any kind, in a step that may come before it or after it."""
    return told(
        event_id, trace, after=chance.randrange(60),
        parent_id=chance.choice([None, f"{trace}{chance.randrange(60)}"]),
        kind=chance.choice(["model_call", "model_call", "tool_call", "agent"]),
        phase=chance.choice(["begun", "ended", "ended", "point"]),
        status=chance.choice(["done", "error"]), model=chance.choice([None, "m", "n"]),
        tokens_input=chance.choice([None, chance.randrange(100)]), tokens_output=chance.randrange(100),
        tokens_cache_read=chance.choice([None, 5]), tokens_reasoning=chance.choice([None, 7]),
        cost=chance.choice([None, 0.25]), currency=chance.choice(["USD", "USD", "RUB"]),
        removed=chance.randrange(2),
    )  # fmt: skip


def root(trace: str, status: str, *, after: float = 0, until: float = 9, **columns: Any) -> dict[str, Any]:
    ended = told("", after=until)["at"]
    return told(
        f"{trace}-root", trace, after=after, kind="agent", is_root=True, status=status, ended_at=ended,
        conversation_id="thread-1",
    ) | columns  # fmt: skip


def asks(trace: str, *, after: float = 5) -> dict[str, Any]:
    return told(
        f"{trace}-asks", trace, after=after, kind="approval_request", phase="point", status="waiting",
        conversation_id="thread-1",
    )  # fmt: skip


def answer(trace: str, *, after: float) -> dict[str, Any]:
    return told(
        f"{trace}-answer", trace, after=after, kind="approval_decision", phase="point",
        conversation_id="thread-1",
    )  # fmt: skip


class TestStatus:
    @pytest.mark.parametrize("status", ["done", "error", "stopped"])
    async def test_the_root_says_how_it_ended(self, world: World, bot: Caller, status: str) -> None:
        await append(world, bot, told("child", after=1))
        assert (await the_run(world, bot))["status"] == "running"
        await append(world, bot, root("t1", status))
        run = await the_run(world, bot)
        assert (run["status"], run["ended_at"]) == (status, "2026-11-20T09:00:09+00:00")

    async def test_a_run_waits_though_its_root_ended_well(self, world: World, bot: Caller) -> None:
        await append(world, bot, asks("t1"), root("t1", "done"))
        run = await the_run(world, bot)
        assert run["status"] == "waiting"
        assert "ended_at" not in run

    async def test_one_that_failed_or_was_stopped_waits_no_more(self, world: World, bot: Caller) -> None:
        await append(world, bot, asks("t1"), root("t1", "stopped"))
        assert (await the_run(world, bot))["status"] == "stopped"

    @pytest.mark.parametrize("together", [True, False])
    async def test_what_goes_on_after_an_approval_is_the_same_run(
        self, world: World, bot: Caller, *, together: bool
    ) -> None:
        first = [asks("t1"), root("t1", "done")]
        second = [answer("t2", after=60), root("t2", "done", after=60, until=70)]
        if together:
            await append(world, bot, *second, *first)
        else:
            await append(world, bot, *first)
            await append(world, bot, *second[:1])
            assert (await the_run(world, bot))["status"] == "running"
            await append(world, bot, *second[1:])
        run = await the_run(world, bot)
        assert (run["status"], run["events"], run["duration_ms"]) == ("done", 4, 70_000)
        kept = await events_of(world, bot, run)
        assert {event["trace_id"] for event in kept} == {"t1", "t2"}
        assert await world.call(bot, "run_of_trace", "t2") == await world.call(bot, "run_of_trace", "t1")

    async def test_so_it_is_when_it_is_told_of_first(self, world: World, bot: Caller) -> None:
        start = (await world.call(bot, "events_after"))["cursor"]
        await append(world, bot, answer("t2", after=60), root("t2", "done", after=60, until=70))
        await append(world, bot, told("t1-step", after=1, conversation_id="thread-1"))
        assert len(await runs(world, bot)) == 2
        await append(world, bot, asks("t1"), root("t1", "done"))
        run = await the_run(world, bot)
        assert (run["trace_id"], run["status"], run["events"], run["duration_ms"]) == (
            "t1",
            "done",
            5,
            70_000,
        )
        kept = await events_of(world, bot, run)
        assert [event["seq"] for event in kept] == [1, 2, 3, 4, 5]
        assert [event["trace_id"] for event in kept] == ["t1", "t1", "t1", "t2", "t2"]
        assert await append(world, bot, answer("t2", after=60)) == {
            "appended": 0,
            "repeated": 1,
            "position": 4,
        }
        stream = await world.call(bot, "events_after", start)
        assert [(told_of["event"]["run_id"], told_of["event"]["seq"]) for told_of in stream["events"]] == [
            (run["run_id"], seq) for seq in (1, 2, 3, 4, 5)
        ]

    async def test_so_it_is_when_its_conversation_is_known_only_in_the_end(
        self, world: World, bot: Caller
    ) -> None:
        await append(world, bot, asks("t1"), root("t1", "done"))
        await append(world, bot, told("t2-step", "t2", after=61, payload={"result": "kept"}))
        assert len(await runs(world, bot)) == 2
        await append(world, bot, root("t2", "done", after=60, until=70))
        run = await the_run(world, bot)
        assert (run["status"], run["events"]) == ("done", 4)
        event = (await world.call(bot, "step_events", "t2-step"))[0]
        assert (event["run_id"], event["payload"]) == (run["run_id"], {"result": "kept"})

    async def test_the_same_event_id_in_both_traces_stands_in_no_way(self, world: World, bot: Caller) -> None:
        await append(world, bot, asks("t1"), told("same", "t1", after=2))
        await append(world, bot, told("same", "t2", after=61), told("x", "t2", after=62))
        await append(world, bot, root("t2", "done", after=60, until=70))
        run = await the_run(world, bot)
        assert [event["seq"] for event in await events_of(world, bot, run)] == [1, 2, 3, 4]

    async def test_the_next_task_of_a_conversation_is_another_run(self, world: World, bot: Caller) -> None:
        await append(world, bot, root("t1", "done"))
        await append(world, bot, root("t2", "done", after=60, until=70))
        assert [run["trace_id"] for run in await runs(world, bot)] == ["t2", "t1"]

    async def test_a_wait_in_another_salon_is_not_gone_on_with(self, world: World, bot: Caller) -> None:
        other = await add_key(world, SALON_B, "ingest", "read")
        await append(world, other, asks("t1"))
        await append(world, bot, answer("t2", after=60))
        assert (await the_run(world, other))["status"] == "waiting"
        assert (await the_run(world, bot))["events"] == 1


class TestWho:
    async def test_a_key_that_may_only_read_appends_nothing(self, world: World) -> None:
        reader = await add_key(world, SALON_A, "read", "control")
        async with refused(world, "PT403", "key_scope"):
            await append(world, reader, told("a"))

    async def test_a_key_that_may_only_tell_reads_nothing(self, world: World) -> None:
        teller = await add_key(world, SALON_A, "ingest")
        async with refused(world, "PT403", "key_scope"):
            await runs(world, teller)

    async def test_a_revoked_key_is_worth_nothing_at_once(self, world: World, bot: Caller) -> None:
        await world.connection.execute("update dashboard.api_keys set revoked_at = now()")
        async with refused(world, "PT401", "key_invalid"):
            await append(world, bot, told("a"))
        async with refused(world, "PT401", "key_invalid"):
            await runs(world, bot)

    async def test_a_key_is_of_its_own_salon_whatever_the_token_claims(
        self, world: World, bot: Caller
    ) -> None:
        key_id = bot.claims["app_metadata"]["key_id"]
        async with refused(world, "PT401", "key_invalid"):
            await append(world, machine(SALON_B, key_id), told("a"))

    @pytest.mark.parametrize("role", ["anon", "dashboard_worker", "dashboard_live", "dashboard_auth"])
    async def test_no_other_machine_may(self, world: World, bot: Caller, role: str) -> None:
        async with refused(world, "42501"):
            await append(world, Caller(role, bot.claims), told("a"))

    async def test_a_person_tells_nothing(self, world: World) -> None:
        async with refused(world, "42501"):
            await append(world, world.caller("owner_a"), told("a"))

    async def test_a_person_s_token_with_a_key_in_it_reads_by_the_person(
        self, world: World, bot: Caller
    ) -> None:
        await append(world, bot, told("a"))
        outsider = world.caller("outsider", SALON_A)
        forged = {
            **outsider.claims,
            "app_metadata": {**outsider.claims["app_metadata"], **bot.claims["app_metadata"]},
        }
        async with refused(world, "PT403", "not_allowed"):
            await runs(world, Caller("authenticated", forged))


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "fine"}, {"phase": "later"}, {"name": "x" * 401}, {"at": "yesterday evening"}, {"name":
        None}, {"trace_id": "x" * 201}, {"iteration": "many"}, {"event_id": None}, {"at": None},
    ],
)  # fmt: skip
async def test_what_is_no_event_is_refused_and_leaves_nothing(
    world: World, bot: Caller, broken: dict[str, Any]
) -> None:
    with pytest.raises(asyncpg.PostgresError):
        async with world.connection.transaction():
            await append(world, bot, told("fine"), told("broken") | broken)
    assert await runs(world, bot) == []


async def test_concurrent_writers_leave_no_gap_and_no_repeat(dashboard_database: DashboardDatabase) -> None:
    """Eight at once, each with its own connection, the same runs, and every third event told by two of
    them."""
    claims, writers, each = await _one_salon(dashboard_database), 8, 30

    async def write(writer: int) -> None:
        connection = await asyncpg.connect(dashboard_database.superuser_uri)
        try:
            for n in range(each):
                batch = [
                    told(f"w{owner}-{n}-{trace}", trace, after=n)
                    for trace in (("x", "y", "z") if n % 2 else (f"own{writer}",))
                    for owner in ({writer, 0} if n % 3 == 1 else {writer})
                ]
                async with connection.transaction():
                    await connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
                    await connection.execute("set local role dashboard_ingest")
                    await connection.fetchval("select dashboard.append_events($1)", json.dumps(batch))
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        for writer in range(writers):
            group.create_task(write(writer))
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    try:
        kept = await connection.fetch(
            "select run_id, count(*), min(seq), max(seq), count(distinct event_id)"
            " from dashboard.events group by 1"
        )
        assert len(kept) == 3 + writers
        for _, count, first, last, distinct in kept:
            assert (first, last, distinct) == (1, count, count)
        assert sorted(row["count"] for row in kept)[-3:] == [writers * each // 2] * 3
        positions = await connection.fetch("select position from dashboard.event_batches order by 1")
        assert [row[0] for row in positions] == list(range(1, len(positions) + 1))
        assert await connection.fetchval("select last_position from dashboard.event_streams") == len(
            positions
        )
        announced = "select sum(last_seq - first_seq + 1) from dashboard.event_batches"
        assert await connection.fetchval(announced) == sum(row["count"] for row in kept)
    finally:
        await connection.close()


async def _one_salon(database: DashboardDatabase) -> str:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        world = World(connection, {})
        await world.add_salon(SALON_A, "Salon")
        caller = await add_key(world, SALON_A, "ingest")
        return json.dumps({"role": caller.role} | dict(caller.claims))
    finally:
        await connection.close()
