"""What agents told goes when its time is over: by each salon's own rules, once, and nothing else with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql import agents
from tests.sql.world import SALON_A, SALON_B, Caller, Connection, World
from tests.waiting import until

WORKER = Caller("dashboard_worker")
TODAY = datetime.now(UTC).date()
PAYLOAD = {
    "prompt": [{"role": "user", "content": "hello"}],
    "answer": [{"role": "assistant", "content": "hi"}],
    "arguments": {"a": 1},
    "result": "ok",
    "input": "in",
    "attributes": {"custom": "said so"},
    "parameters": {"temperature": 0},
    "routing": {"chosen": "m"},
}
WITHOUT_PROMPTS = {name: PAYLOAD[name] for name in ("parameters", "routing")}


class Salons:
    """Two salons, each with a machine that tells and reads."""

    def __init__(self, world: World, machines: dict[UUID, Caller]) -> None:
        self.world = world
        self.machines = machines

    async def rules(self, salon: UUID, *, event_days: int, prompt_days: int) -> None:
        await self.world.connection.execute(
            "insert into dashboard.telemetry_rules (tenant_id, event_days, prompt_days) values ($1, $2, $3)",
            salon, event_days, prompt_days,
        )  # fmt: skip

    async def run(self, salon: UUID, trace: str, days_ago: float, events: int = 2) -> UUID:
        """A run that was told of so many days ago; gives its id."""
        told = [
            agents.told(
                f"{trace}-{number}", trace, after=number, payload=PAYLOAD, summary="hi", is_root=number == 0
            )
            for number in range(events)
        ]
        await agents.append(self.world, self.machines[salon], *told)
        run_id: UUID = await self.world.connection.fetchval(
            "select run_id from dashboard.run_traces where tenant_id = $1 and trace_id = $2", salon, trace
        )
        await self.age(run_id, days_ago)
        return run_id

    async def age(self, run_id: UUID, days: float) -> None:
        """Move all of a run into the past."""
        day = TODAY - timedelta(days=int(days))
        await self.world.connection.execute("select dashboard.ensure_event_partitions(0, $1)", day)
        for table in ("events", "event_payloads", "runs", "run_traces", "event_batches"):
            await self.world.connection.execute(
                f"update dashboard.{table} set run_day = $2 where run_id = $1", run_id, day
            )
        await self.world.connection.execute(
            "update dashboard.events set received_at = now() - $2::interval where run_id = $1",
            run_id,
            timedelta(days=days),
        )
        await self.world.connection.execute(
            "update dashboard.event_batches set appended_at = now() - $2::interval where run_id = $1",
            run_id, timedelta(days=days),
        )  # fmt: skip

    async def retain(self, batch: int = 100) -> dict[str, int]:
        """As the job does; what it removed, without what was nothing."""
        totals = {"runs": 0, "partitions": 0}
        while expired := await self.world.call(WORKER, "expire_runs", batch):
            totals["runs"] += expired
        totals["partitions"] = await self.world.call(WORKER, "drop_event_partitions")
        while True:
            async with self.world.acting(WORKER) as connection:
                rows = await connection.fetch("select * from dashboard.purge_events($1)", batch)
            for row in rows:
                totals[row["table_name"]] = totals.get(row["table_name"], 0) + row["removed"]
            if not any(row["removed"] for row in rows):
                return {name: count for name, count in totals.items() if count}

    async def listed(self, salon: UUID) -> set[UUID]:
        return {UUID(run["run_id"]) for run in await agents.runs(self.world, self.machines[salon])}

    async def count(self, table: str, run_id: UUID) -> int:
        return int(
            await self.world.connection.fetchval(
                f"select count(*) from dashboard.{table} where run_id = $1", run_id
            )
        )

    async def payloads(self, salon: UUID, run_id: UUID) -> list[dict[str, Any] | None]:
        page = await self.world.call(self.machines[salon], "run_export", run_id)
        return [event.get("payload") for event in page["events"]]


@pytest.fixture
async def salons(world: World) -> Salons:
    machines = {salon: await agents.add_key(world, salon, "ingest", "read") for salon in (SALON_A, SALON_B)}
    return Salons(world, machines)


class TestRuns:
    async def test_go_by_the_rules_of_their_own_salon(self, salons: Salons) -> None:
        await salons.rules(SALON_A, event_days=10, prompt_days=10)
        await salons.rules(SALON_B, event_days=100, prompt_days=100)
        kept, old = await salons.run(SALON_A, "a9", 9), await salons.run(SALON_A, "a12", 12)
        same, older = await salons.run(SALON_B, "b12", 12), await salons.run(SALON_B, "b102", 102)
        totals = await salons.retain()
        assert totals["runs"] == 2
        assert await salons.listed(SALON_A) == {kept}
        assert await salons.listed(SALON_B) == {same}
        for table in ("runs", "run_traces", "events", "event_payloads", "expired_runs"):
            for gone in (old, older):
                assert await salons.count(table, gone) == 0, table
        assert await salons.count("events", kept) == await salons.count("event_payloads", same) == 2

    async def test_of_a_salon_without_rules_go_after_90_days(self, salons: Salons) -> None:
        kept, _ = await salons.run(SALON_A, "a", 90), await salons.run(SALON_A, "b", 92)
        await salons.rules(SALON_B, event_days=1, prompt_days=1)
        await salons.retain()
        assert await salons.listed(SALON_A) == {kept}

    async def test_stay_whole_as_long_as_they_go_on(self, salons: Salons) -> None:
        run_id = await salons.run(SALON_A, "long", 200, events=5)
        await agents.append(salons.world, salons.machines[SALON_A], agents.told("new", "long"))
        assert "runs" not in await salons.retain()
        assert await salons.count("events", run_id) == 6

    async def test_that_are_told_again_are_runs_of_today(self, salons: Salons) -> None:
        """Also while events of what they were are still being removed."""
        old = await salons.run(SALON_A, "again", 200)
        assert await salons.world.call(WORKER, "expire_runs", 10) == 1
        await agents.append(salons.world, salons.machines[SALON_A], agents.told("again-0", "again"))
        (now,) = await salons.listed(SALON_A)
        assert now == old, "ids are made of the trace's"
        await salons.retain()
        assert await salons.count("events", now) == 1
        assert await salons.listed(SALON_A) == {now}

    async def test_go_in_small_batches_and_however_often_it_is_broken_off(self, salons: Salons) -> None:
        await salons.rules(SALON_B, event_days=3_650, prompt_days=3_650)
        keeper = await salons.run(SALON_B, "keeper", 200)  # so that no week is dropped whole
        for number in range(7):
            await salons.run(SALON_A, f"t{number}", 200, events=number + 1)
        assert await salons.world.call(WORKER, "expire_runs", 3) == 3
        async with salons.world.acting(WORKER) as connection:
            rows = await connection.fetch("select * from dashboard.purge_events(2)")
        assert 0 < sum(row["removed"] for row in rows if row["table_name"] == "events") <= 4
        first = await salons.retain(batch=2)
        assert first["runs"] == 4
        assert await salons.retain(batch=2) == {}
        left = await salons.world.connection.fetch("select distinct run_id from dashboard.events")
        assert [row["run_id"] for row in left] == [keeper]
        assert await salons.world.connection.fetchval("select count(*) from dashboard.expired_runs") == 0

    @pytest.mark.parametrize("function", ["expire_runs", "purge_events"])
    async def test_nothing_goes_by_an_empty_batch(self, salons: Salons, function: str) -> None:
        run_id = await salons.run(SALON_A, "a", 200)
        for batch in (0, -1):
            async with salons.world.acting(WORKER) as connection:
                await connection.fetch(f"select * from dashboard.{function}($1)", batch)
        assert await salons.listed(SALON_A) == {run_id}


class TestPrompts:
    async def test_go_sooner_and_leave_what_is_no_prompt(self, salons: Salons) -> None:
        await salons.rules(SALON_A, event_days=90, prompt_days=7)
        await salons.rules(SALON_B, event_days=90, prompt_days=30)
        old, young = await salons.run(SALON_A, "a8", 8), await salons.run(SALON_A, "a6", 6)
        other = await salons.run(SALON_B, "b8", 8)
        assert (await salons.retain())["prompts"] == 2
        assert await salons.payloads(SALON_A, old) == [WITHOUT_PROMPTS] * 2
        assert await salons.payloads(SALON_A, young) == [PAYLOAD] * 2
        assert await salons.payloads(SALON_B, other) == [PAYLOAD] * 2
        page = await salons.world.call(salons.machines[SALON_A], "run_events", old)
        assert [(event["has_payload"], event.get("summary")) for event in page["events"]] == [
            (False, None)
        ] * 2
        assert await salons.retain() == {}

    async def test_that_were_all_there_was_go_with_their_row(self, salons: Salons) -> None:
        await agents.append(
            salons.world, salons.machines[SALON_A], agents.told("e", "t", payload={"result": "ok"})
        )
        (run_id,) = await salons.listed(SALON_A)
        await salons.age(run_id, 40)
        await salons.retain()
        assert await salons.count("event_payloads", run_id) == 0

    async def test_of_a_run_that_goes_on_go_one_by_one(self, salons: Salons) -> None:
        """However long it lasts, and in whatever batches."""
        run_id = await salons.run(SALON_A, "long", 40, events=5)
        await agents.append(
            salons.world, salons.machines[SALON_A], agents.told("new", "long", payload=PAYLOAD)
        )
        assert (await salons.retain(batch=2))["prompts"] == 5
        assert await salons.payloads(SALON_A, run_id) == [WITHOUT_PROMPTS] * 5 + [PAYLOAD]
        await salons.world.connection.execute(
            "update dashboard.events set received_at = now() - interval '31 days' where run_id = $1", run_id
        )
        assert (await salons.retain())["prompts"] == 1
        assert await salons.payloads(SALON_A, run_id) == [WITHOUT_PROMPTS] * 6


class TestOrder:
    async def test_of_what_was_appended_is_kept_for_a_week(self, salons: Salons) -> None:
        await salons.run(SALON_A, "a", 8)
        await salons.run(SALON_A, "b", 6)
        assert (await salons.retain())["event_batches"] == 1
        read = salons.machines[SALON_A]
        assert (await salons.world.call(read, "events_after", "0"))["lost"]
        news = await salons.world.call(read, "events_after", "1")
        assert (news["lost"], len(news["events"])) == (False, 2)


class TestWeeks:
    @pytest.fixture
    async def partitions(self, salons: Salons) -> Any:
        async def names(table: str = "events") -> set[str]:
            rows = await salons.world.connection.fetch(
                "select relname from pg_class inner join pg_inherits on inhrelid = pg_class.oid"
                " where inhparent = ('dashboard.' || $1)::regclass",
                table,
            )
            return {row["relname"].removeprefix(f"{table}_") for row in rows}

        return names

    async def test_that_nobody_keeps_are_dropped_with_their_events(
        self, salons: Salons, partitions: Any
    ) -> None:
        await salons.rules(SALON_B, event_days=300, prompt_days=300)
        await salons.run(SALON_A, "alone", 100)
        await salons.run(SALON_A, "beside", 200)
        kept = await salons.run(SALON_B, "kept", 200)
        before = await partitions()
        totals = await salons.retain()
        assert (totals["partitions"], totals["runs"]) == (1, 2)
        assert totals["events"] == 2, "those of the other went with their week"
        dropped = before - await partitions()
        assert dropped == {monday(TODAY - timedelta(days=100)).strftime("%Y%m%d")}
        assert not dropped & await partitions("event_payloads")
        assert await salons.listed(SALON_B) == {kept}

    async def test_of_now_and_to_come_stay(self, salons: Salons, partitions: Any) -> None:
        before = await partitions()
        assert await salons.retain() == {}
        assert before == await partitions() == await partitions("event_payloads")
        assert len(before) >= 9

    async def test_to_come_are_made_once(self, salons: Salons, partitions: Any) -> None:
        before = await partitions()
        assert await salons.world.call(WORKER, "ensure_event_partitions", 10) == 4
        assert await salons.world.call(WORKER, "ensure_event_partitions", 10) == 0
        last = monday(TODAY) + timedelta(weeks=10)
        assert await partitions() - before >= {last.strftime("%Y%m%d")}

    async def test_that_came_without_a_partition_move_into_theirs(
        self, salons: Salons, partitions: Any
    ) -> None:
        """As after the job has not run for months."""
        for table in ("events", "event_payloads"):
            for name in await partitions(table) - {"default"}:
                await salons.world.connection.execute(f"drop table dashboard.{table}_{name}")
        await agents.append(
            salons.world,
            salons.machines[SALON_A],
            agents.told("e1", "t", payload=PAYLOAD),
            agents.told("e2", "t"),
        )
        (run_id,) = await salons.listed(SALON_A)
        count = "select count(*) from dashboard.events_default"
        assert await salons.world.connection.fetchval(count) == 2
        assert await salons.world.call(WORKER, "ensure_event_partitions", 1) == 4
        assert await salons.world.connection.fetchval(count) == 0
        assert await salons.payloads(SALON_A, run_id) == [PAYLOAD, None]
        again = await agents.append(salons.world, salons.machines[SALON_A], agents.told("e1", "t"))
        assert again["repeated"] == 1
        unsafe = (
            "select relname from pg_class where relname ~ '^events_' and relkind = 'r' and not relrowsecurity"
        )
        assert await salons.world.connection.fetch(unsafe) == []


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


class TestBesideOthers:
    """Committed, on connections of their own."""

    @pytest.fixture
    async def connections(self, dashboard_database: DashboardDatabase) -> AsyncIterator[list[Connection]]:
        opened = [await asyncpg.connect(dashboard_database.superuser_uri) for _ in range(2)]
        yield opened
        for one in opened:
            await one.close()

    async def test_a_week_that_somebody_reads_is_left_for_the_next_time(
        self, connections: list[Connection]
    ) -> None:
        ours, reader = connections
        await ours.execute("select dashboard.ensure_event_partitions(0, $1)", TODAY - timedelta(days=100))
        async with reader.transaction():
            await reader.fetch("select * from dashboard.events")
            assert await ours.fetchval("select dashboard.drop_event_partitions()") == 0
        assert await ours.fetchval("select dashboard.drop_event_partitions()") == 1

    async def test_what_is_told_while_its_run_goes_is_kept(self, connections: list[Connection]) -> None:
        """Whoever appends has the salon's stream; the run is looked at again once that is ours."""
        ours, writer = connections
        world = World(writer, {})
        machine = await agents.add_key(world, SALON_A, "ingest", "read")
        salons = Salons(world, {SALON_A: machine})
        run_id = await salons.run(SALON_A, "t", 200)
        async with writer.transaction():
            await agents.append(world, machine, agents.told("late", "t"))
            expiring = asyncio.ensure_future(ours.fetchval("select dashboard.expire_runs(10)"))
            waits = (
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'expire_'"
            )

            async def is_waiting() -> bool:
                await writer.execute("select pg_stat_clear_snapshot()")  # a transaction sees its first look
                return bool(await writer.fetchval(waits))

            await until(is_waiting)
        assert await expiring == 0
        assert await salons.count("events", run_id) == 3
