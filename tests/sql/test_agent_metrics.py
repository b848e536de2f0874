"""Agents' figures of a period: as an oracle counts them, kept or not, and nobody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql import steering
from tests.sql.agents import add_key, append, told
from tests.sql.metrics_of_agents import TOOLS, Run, points, random_runs, rows, totals
from tests.sql.world import SALON_A, SALON_B, Caller, Connection, World, refused
from tests.waiting import until

FIRST = datetime(2026, 11, 9, 21, tzinfo=UTC)
"""Midnight in Moscow, where the clocks never change."""
DAYS = 9
UNTIL = FIRST + timedelta(days=DAYS)
ZONE = "Europe/Moscow"
NUMBERS = (
    "runs", "model_calls", "tool_calls", "failures", "tokens_input", "tokens_output", "unmetered_calls",
    "unpriced_calls", "timed_calls",
)  # fmt: skip


@pytest.fixture
async def bot(world: World) -> Caller:
    """A machine of salon A, whose calendar is Moscow's; no prices are set, so that costs are as told."""
    await world.connection.execute(
        "update dashboard.tenant_settings set time_zone = $2 where tenant_id = $1", SALON_A, ZONE
    )
    return await add_key(world, SALON_A, "ingest", "read")


async def tell(world: World, caller: Caller, runs: Sequence[Run]) -> None:
    for run in runs:
        await append(world, caller, *run.events)


async def metrics(
    world: World,
    by: str = "model",
    *,
    person: str = "owner_a",
    first: datetime = FIRST,
    until: datetime = UNTIL,
) -> dict[str, Any]:
    answer: dict[str, Any] = await world.call(person, "agent_metrics", first, until, by)
    return answer


async def collect(world: World) -> int:
    counted: int = await world.call(Caller("dashboard_worker"), "collect_agent_spans", 1000)
    return counted


def assert_same(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    """Numbers are exact, times within 2.5 %, money to the last digit."""
    for name, value in expected.items():
        found = seen.get(name)
        if name == "costs":
            assert {one["currency"]: Decimal(str(one["amount"])) for one in found or ()} == value, name
        elif name.endswith("_ms") and value is not None:
            assert found == pytest.approx(value, rel=0.026, abs=0.6), name
        else:
            assert found == value, name


@pytest.mark.parametrize("seed", range(4))
async def test_figures_are_those_of_the_oracle_kept_or_not(world: World, bot: Caller, seed: int) -> None:
    told_of = random_runs(seed, 60, FIRST - timedelta(days=1), DAYS + 2)
    other = await add_key(world, SALON_B, "ingest")
    await tell(world, bot, told_of)
    await tell(world, other, random_runs(99, 5, FIRST, DAYS))
    within = [run for run in told_of if FIRST <= run.began_at < UNTIL]

    async def check() -> dict[str, Any]:
        for by in ("model", "agent", "tool"):
            seen = await metrics(world, by)
            assert_same(seen["totals"], totals(within))
            expected = rows(within, by)
            assert seen["rows_in_all"] == len(expected)
            assert [row["calls"] for row in seen["rows"]] == sorted(
                (row["calls"] for row in seen["rows"]), reverse=True
            )
            assert {row.get("name") for row in seen["rows"]} == set(expected)
            for row in seen["rows"]:
                assert_same(row, expected[row.get("name")])
        return await metrics(world)

    before = await check()
    assert await collect(world) >= DAYS
    assert await check() == before, "what is kept changes nothing"
    assert await collect(world) == 0, "and is counted once"


async def test_totals_are_those_of_the_runs_themselves(world: World, bot: Caller) -> None:
    await tell(world, bot, random_runs(7, 30, FIRST, DAYS))
    seen = (await metrics(world, "agent"))["totals"]
    listed = (await world.call("owner_a", "list_runs", 500))["runs"]
    for name in ("model_calls", "tool_calls", "failures", "tokens_input", "tokens_output", "unpriced_calls"):
        assert seen[name] == sum(run[name] for run in listed), name
    for status in ("done", "error", "stopped", "running", "waiting"):
        assert seen[status] == sum(run["status"] == status for run in listed), status
    spent = {one["currency"]: Decimal(str(one["amount"])) for one in seen["costs"]}
    for currency, amount in spent.items():
        assert amount == sum(Decimal(str(run["cost"])) for run in listed if run["currency"] == currency)


class TestKept:
    async def test_days_that_change_are_counted_anew(self, world: World, bot: Caller) -> None:
        told_of = random_runs(3, 20, FIRST, DAYS)
        await tell(world, bot, told_of)
        await collect(world)
        late = told(
            "late", told_of[0].trace, kind="model_call", model="gpt-5", at=told_of[0].events[-1]["at"]
        )
        told_of[0].events.append(late)
        await append(world, bot, late)
        assert_same((await metrics(world))["totals"], totals(told_of))
        assert await collect(world) == 1
        assert_same((await metrics(world))["totals"], totals(told_of))

    async def test_a_run_that_turns_out_to_be_older_leaves_its_day(self, world: World, bot: Caller) -> None:
        at = FIRST + timedelta(days=2, minutes=1)
        await append(world, bot, told("a", at=at.isoformat(), kind="model_call", model="m"))
        await collect(world)
        await append(world, bot, told("b", at=(at - timedelta(hours=1)).isoformat()))
        assert [point["runs"] for point in (await metrics(world))["points"]] == [0, 1, *[0] * 7]
        assert (await metrics(world))["rows"][0]["calls"] == 1
        await collect(world)
        assert await world.connection.fetchval("select count(*) from dashboard.agent_spans") == 1

    async def test_another_calendar_has_other_days(self, world: World, bot: Caller) -> None:
        told_of = random_runs(5, 20, FIRST + timedelta(days=1), DAYS - 2)
        await tell(world, bot, told_of)
        await collect(world)
        await world.connection.execute("update dashboard.tenant_settings set time_zone = 'Asia/Kolkata'")
        assert_same((await metrics(world))["totals"], totals(told_of))
        await collect(world)
        assert await collect(world) == 0
        first = FIRST.replace(hour=18, minute=30)
        seen = await metrics(world, first=first, until=first + timedelta(days=DAYS))
        assert_same(seen["totals"], totals(told_of))

    async def test_what_is_appended_forgets_its_own_span_at_once(self, world: World, bot: Caller) -> None:
        told_of = random_runs(3, 20, FIRST, DAYS)
        await tell(world, bot, told_of)
        await collect(world)
        days = {run.began_at + timedelta(hours=3): run for run in told_of}
        spans = "select (begins_at + interval '3 hours')::date from dashboard.agent_spans"

        async def kept() -> set[date]:
            return {row[0] for row in await world.connection.fetch(spans)}

        assert await kept() == {at.date() for at in days}
        await append(world, bot, told("late", told_of[0].trace, at=FIRST.isoformat()))
        assert await kept() == {at.date() for at in days} - {(FIRST + timedelta(hours=3)).date()} - {
            (told_of[0].began_at + timedelta(hours=3)).date()
        }, "the days that it leaves and comes to"
        await world.connection.execute("create temp table gone as select * from dashboard.runs")
        await world.connection.execute("delete from dashboard.runs")
        assert await kept() == set()
        await world.connection.execute("insert into dashboard.runs select * from gone limit 1")
        await collect(world)
        await world.connection.execute("insert into dashboard.runs select * from gone offset 1")
        assert await kept() == set(), "whoever writes"

    async def test_an_hour_of_which_a_part_is_too_old_is_counted_once(
        self, world: World, bot: Caller
    ) -> None:
        ago = datetime.now(UTC) - timedelta(days=3)
        hour = ago.replace(minute=0, second=0, microsecond=0)
        for name, at in (("a", hour), ("b", hour + timedelta(minutes=59, seconds=59.999))):
            await append(world, bot, told(name, name, at=at.isoformat()))
        assert await collect(world) >= 1
        assert await collect(world) == 0

    async def test_today_is_not_kept(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("a", at=datetime.now(UTC).isoformat()))
        assert await collect(world) == 0

    @pytest.mark.parametrize("days", [1, 3])
    async def test_the_last_days_are_kept_by_the_hour(self, world: World, bot: Caller, days: int) -> None:
        now = datetime.now(UTC)
        until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        told_of = random_runs(8, 40, now - timedelta(days=days, minutes=-2), days - 0.01)
        await tell(world, bot, told_of)
        before = await metrics(world, first=until - timedelta(days=days + 1), until=until)
        assert_same(before["totals"], totals(told_of))
        hours = {run.began_at.replace(minute=0, second=0, microsecond=0) for run in told_of}
        assert await collect(world) >= len(hours) - 2, "all but those that are hardly over"
        assert await metrics(world, first=until - timedelta(days=days + 1), until=until) == before

    async def test_days_without_runs_are_forgotten(self, world: World, bot: Caller) -> None:
        await tell(world, bot, random_runs(3, 5, FIRST, DAYS))
        assert await collect(world) > 0
        await world.connection.execute("delete from dashboard.runs")
        assert await collect(world) == 0
        assert await world.connection.fetchval("select count(*) from dashboard.agent_spans") == 0


class TestBesideOthers:
    """Committed, on connections of their own."""

    @pytest.fixture
    async def connections(self, dashboard_database: DashboardDatabase) -> AsyncIterator[list[Connection]]:
        opened = [await asyncpg.connect(dashboard_database.superuser_uri) for _ in range(2)]
        yield opened
        for one in opened:
            await one.close()

    @pytest.mark.parametrize("way", ["told", "decided"])
    async def test_what_changes_while_it_is_counted_is_not_kept(
        self, connections: list[Connection], way: str
    ) -> None:
        """Whoever appends or decides has found nothing to forget: what was counted by then is of no use."""
        writer, collecting = connections
        world, other = World(writer, {}), World(collecting, {})
        await world.add_salon(SALON_A, "A")
        await world.add_person("owner_a", "owner", SALON_A)
        machine = await add_key(world, SALON_A, "ingest")
        at = datetime.now(UTC) - timedelta(hours=3)
        run_id = await steering.tell(world, steering.asks(at=at.isoformat()))
        async with writer.transaction():
            if way == "told":
                await append(world, machine, told("late", at=at.isoformat()))
            else:
                await world.write("owner_a", "decide_approval", run_id, 1, "approve")
            counting = asyncio.ensure_future(collect(other))
            waits = (
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'collect_'"
            )

            async def is_waiting() -> bool:
                await writer.execute("select pg_stat_clear_snapshot()")  # a transaction sees its first look
                return bool(await writer.fetchval(waits))

            await until(is_waiting)
        assert await counting == 0
        assert await collect(world) == 1
        seen = await metrics(world, "tool", first=at - timedelta(hours=1), until=at + timedelta(hours=1))
        found = {"told": seen["totals"]["tool_calls"], "decided": seen["approvals"]["approved"]}
        assert found[way] == 1


class TestPoints:
    async def test_are_days_of_the_salons_calendar(self, world: World, bot: Caller) -> None:
        told_of = random_runs(11, 40, FIRST, DAYS)
        await tell(world, bot, told_of)
        seen = await metrics(world)
        assert (seen["unit"], seen["time_zone"], len(seen["points"])) == ("day", ZONE, DAYS)
        counted = points(told_of, ZONE, "day")
        for at, point in enumerate(seen["points"]):
            assert datetime.fromisoformat(point["begins_at"]) == FIRST + timedelta(days=at)
            day = (FIRST + timedelta(days=at, hours=3)).date().isoformat()
            of_day = [run for run in told_of if points([run], ZONE, "day")[day]]
            expected = totals(of_day)
            assert point["runs"] == counted[day]
            names = (
                "failures",
                "tokens_input",
                "unpriced_calls",
                "unmetered_calls",
                "costs",
                "p50_ms",
                "p95_ms",
            )
            assert_same(point, {name: expected[name] for name in names})

    async def test_are_hours_up_to_two_days(self, world: World, bot: Caller) -> None:
        told_of = random_runs(12, 40, FIRST, 2)
        await tell(world, bot, told_of)
        seen = await metrics(world, until=FIRST + timedelta(days=2))
        assert (seen["unit"], len(seen["points"])) == ("hour", 48)
        found = {
            datetime.fromisoformat(point["begins_at"]).astimezone(UTC).isoformat()[:13]: point["runs"]
            for point in seen["points"]
        }
        assert {at: count for at, count in found.items() if count} == points(told_of, ZONE, "hour")

    async def test_a_moment_before_midnight_is_another_day(self, world: World, bot: Caller) -> None:
        midnight = FIRST + timedelta(days=1)
        for name, at in (("a", midnight - timedelta(microseconds=1)), ("b", midnight)):
            await append(world, bot, told(name, name, at=at.isoformat()))
        assert [point["runs"] for point in (await metrics(world))["points"]][:3] == [1, 1, 0]
        seen = await metrics(world, until=midnight)
        assert (seen["totals"]["runs"], len(seen["points"])) == (1, 24)

    @pytest.mark.parametrize(("day", "hours"), [((2026, 3, 28), 23), ((2026, 10, 24), 25)])
    async def test_a_day_of_another_length_has_as_many_hours(
        self, world: World, bot: Caller, day: tuple[int, int, int], hours: int
    ) -> None:
        await world.connection.execute("update dashboard.tenant_settings set time_zone = 'Europe/Berlin'")
        first = await world.connection.fetchval(
            "select ($1::text::date + 1)::timestamp at time zone 'Europe/Berlin'", "-".join(map(str, day))
        )
        until = first + timedelta(hours=hours)
        assert len((await metrics(world, first=first, until=until))["points"]) == hours
        # the clocks change in the middle of a span of days: each begins at its own midnight
        seen = await metrics(world, first=first - timedelta(days=2), until=until + timedelta(days=2))
        assert [point["begins_at"][11:16] for point in seen["points"]].count("00:00") in {0, 5}
        assert len(seen["points"]) == 5


class TestUnknown:
    async def test_nothing_told_is_no_cost_and_no_time(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("a", kind="model_call", at=FIRST.isoformat()))
        seen = await metrics(world)
        assert_same(
            seen["totals"],
            {"costs": {}, "unpriced_calls": 1, "unmetered_calls": 1, "p50_ms": None, "p95_ms": None,
             "timed_calls": 0},
        )  # fmt: skip
        (row,) = seen["rows"]
        assert not row.keys() & {"name", "p50_ms", "p95_ms", "max_ms", "tokens_input"}
        assert (row["calls"], row["unmetered_calls"], row["costs"]) == (1, 1, [])

    async def test_a_free_call_costs_nothing_and_is_known_to(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("a", kind="model_call", at=FIRST.isoformat(), cost=0, currency="USD"))
        assert_same((await metrics(world))["totals"], {"costs": {"USD": 0}, "unpriced_calls": 0})

    async def test_a_salon_without_runs_says_so(self, world: World, bot: Caller) -> None:
        seen = await metrics(world)
        assert (seen["has_runs"], seen["rows"], seen["totals"]["runs"]) == (False, [], 0)
        assert len(seen["points"]) == DAYS
        await append(world, bot, told("a", at=(UNTIL + timedelta(days=1)).isoformat()))
        assert (await metrics(world))["has_runs"], "a quiet period is not a new salon"


class TestReaders:
    @pytest.mark.parametrize("person", ["owner_a", "admin_a", "operator_a"])
    async def test_see_their_own_salons_figures(self, world: World, bot: Caller, person: str) -> None:
        other = await add_key(world, SALON_B, "ingest")
        await append(world, other, told("b", "b", at=FIRST.isoformat(), name="secret-tool"))
        await append(world, bot, told("a", at=FIRST.isoformat()))
        seen = await metrics(world, "tool", person=person)
        assert (seen["totals"]["runs"], seen["rows_in_all"]) == (1, 1)
        assert "secret-tool" not in json.dumps(seen)

    @pytest.mark.parametrize("person", ["outsider", "owner_b", "operator_b"])
    async def test_are_nobody_else(self, world: World, bot: Caller, person: str) -> None:
        async with refused(world, "PT403", "not_allowed"):
            await world.call(person, "agent_metrics", FIRST, UNTIL, tenant=SALON_A)

    async def test_without_the_right_to_see_contacts_are_told_names_without_them(
        self, world: World, bot: Caller
    ) -> None:
        await append(world, bot, told("a", at=FIRST.isoformat(), name="call +79161234567"))
        assert "+79161234567" in json.dumps(await metrics(world, "tool"))
        assert "+79161234567" not in json.dumps(await metrics(world, "tool", person="operator_a"))

    async def test_are_told_of_a_hundred_and_how_many_there_are(self, world: World, bot: Caller) -> None:
        calls = [
            told(f"{tool}-{time}", at=FIRST.isoformat(), name=f"tool {tool:03}")
            for tool in range(103)
            for time in range(2 if tool == 102 else 1)
        ]
        await append(world, bot, *calls)
        seen = await metrics(world, "tool")
        assert (len(seen["rows"]), seen["rows_in_all"]) == (100, 103)
        assert [row["name"] for row in seen["rows"][:2]] == ["tool 102", "tool 000"]
        assert not seen["rows"][0].keys() & {"tokens_input", "unpriced_calls"}, "of tools nobody tells that"

    @pytest.mark.parametrize(
        ("first", "until", "by", "code"),
        [
            (UNTIL, FIRST, "model", "period_reversed"),
            (FIRST, FIRST, "model", "period_reversed"),
            (FIRST, FIRST + timedelta(days=400), "model", "period_too_long"),
            (None, UNTIL, "model", "period_invalid"),
            (datetime(1999, 1, 1, tzinfo=UTC), UNTIL, "model", "period_invalid"),
            (FIRST, UNTIL, "person", "grouping_unknown"),
            (FIRST, UNTIL, None, "grouping_unknown"),
        ],
    )
    async def test_are_refused_what_is_no_question(
        self, world: World, first: datetime, until: datetime, by: str, code: str
    ) -> None:
        async with refused(world, "PT422", code):
            await world.call("owner_a", "agent_metrics", first, until, by)


def test_the_oracle_has_what_is_hard() -> None:
    """Nested calls, calls told twice, all of the tools, and prices that are not known."""
    told_of = random_runs(0, 60, FIRST, DAYS)
    events = [event for run in told_of for event in run.events]
    assert any(event["phase"] == "begun" for event in events)
    ended = [event for event in events if event["kind"] == "model_call" and event["phase"] == "ended"]
    assert sum(len(run.calls()) for run in told_of) < len(ended)
    assert {event["name"] for event in events if event["kind"] == "tool_call"} == set(TOOLS)
    assert totals(told_of)["unpriced_calls"] > 0
    assert len(totals(told_of)["costs"]) == 2
