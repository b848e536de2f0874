"""The words of events: made in steps, never of what is not there any more."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest

from tests.sql.agents import add_key, append, events_of, runs, told
from tests.sql.searching import WORKER, found, index, search
from tests.sql.world import SALON_A, Caller, World


@pytest.fixture
async def bot(world: World) -> Caller:
    """A machine of salon A that may tell and read."""
    return await add_key(world, SALON_A, "ingest", "read")


async def test_words_are_made_in_steps_of_the_newest_runs_first(world: World, bot: Caller) -> None:
    for run in range(3):
        await append(world, bot, *(told(f"{run}-{n}", f"t{run}", after=run * 60 + n) for n in range(120)))
    assert [await world.call(WORKER, "index_events", 150) for _ in range(4)] == [150, 150, 60, 0]
    rows = await world.connection.fetch(
        "select name, first_seq, words.last_seq from dashboard.event_words as words"
        " inner join dashboard.runs using (run_id) order by started_at desc, first_seq"
    )
    by_run: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        by_run.setdefault(row["name"], []).append((row["first_seq"], row["last_seq"]))
    for stretches in by_run.values():
        assert stretches[0][0] == 1
        assert stretches[-1][1] == 120
        assert all(after[0] == before[1] + 1 for before, after in pairwise(stretches))
        assert max(last - first + 1 for first, last in stretches) <= 50


async def test_words_of_no_more_than_a_tsvector_holds_are_put_together(world: World, bot: Caller) -> None:
    """Each event has more different words than half of one."""
    said = [" ".join(f"{event}ж{number:05x}" for number in range(7_000)) for event in range(4)]
    await append(world, bot, *(told(f"e{n}", payload={"result": text}) for n, text in enumerate(said)))
    assert await index(world) == 4
    for event in range(4):
        assert await found(world, bot, f"{event}ж00000") == [f"step e{event}"]
    assert await world.connection.fetchval("select count(*) from dashboard.event_words") > 1


async def test_words_of_a_part_of_a_run_leave_the_rest_to_be_looked_through(
    world: World, bot: Caller
) -> None:
    await append(world, bot, *(told(f"e{number}", after=number, summary="needle") for number in range(3)))
    assert await world.call(WORKER, "index_events", 2) == 2
    assert await found(world, bot, "needle") == ["step e2", "step e1", "step e0"]


async def test_words_are_no_longer_than_what_anybody_looks_for(world: World, bot: Caller) -> None:
    """A `tsvector` holds none of more than 2 KB, and does not say so."""
    await append(world, bot, told("e", payload={"result": "ж" * 3_000 + " needle"}))
    await index(world)
    assert await found(world, bot, "ж" * 150) == await found(world, bot, "needle") == ["step e"]
    longest = "select max(length(lexeme)) from dashboard.event_words, unnest(words)"
    assert await world.connection.fetchval(longest) == 100


async def test_words_go_with_their_run(world: World, bot: Caller) -> None:
    await append(world, bot, told("e1", summary="needle"))
    await index(world)
    await world.connection.execute("delete from dashboard.runs")
    assert await world.connection.fetchval("select count(*) from dashboard.event_words") == 0
    assert await found(world, bot, "needle") == []


async def test_words_of_a_run_that_has_become_a_part_of_another_one_are_those_of_that(
    world: World, bot: Caller
) -> None:
    """Its events have another run, other numbers and other words beside them now."""
    await append(world, bot, told("late", "t2", after=60, conversation_id="c", summary="needle two"))
    await index(world)
    await append(
        world, bot,
        told("ask", "t1", conversation_id="c", kind="approval_request", phase="point", status="waiting",
             summary="needle one"),
    )  # fmt: skip
    (run,) = await runs(world, bot)
    for _ in ("fresh", "indexed"):
        hits = (await search(world, bot, "needle"))["events"]
        assert [(hit["name"], hit["run_id"], hit["seq"]) for hit in hits] == [
            ("step late", run["run_id"], 2), ("step ask", run["run_id"], 1),
        ]  # fmt: skip
        await index(world)
    held = await world.connection.fetch("select distinct run_id from dashboard.event_words")
    assert [row["run_id"] for row in held] == [UUID(run["run_id"])]


async def test_words_of_removed_prompts_are_gone(world: World, bot: Caller) -> None:
    """Also of those that stand in one stretch with others that are kept."""
    for number in range(3):
        await append(
            world, bot,
            told(f"e{number}", after=number, summary=f"said{number}", payload={
                "result": f"secret{number}", "routing": {"reason": f"cheap{number}"}
            }),
        )  # fmt: skip
    assert await index(world) == 3
    (run,) = await runs(world, bot)
    await world.connection.execute(
        "update dashboard.runs set run_day = run_day - 70;"
        "update dashboard.event_payloads set run_day = run_day - 70;"
        "update dashboard.events set run_day = run_day - 70,"
        " received_at = now() - case when seq < 3 then interval '69 days' else interval '1 day' end"
    )
    async with world.acting(WORKER) as connection:
        await connection.fetch("select * from dashboard.purge_events(2)")
    words = await world.connection.fetchval(
        "select string_agg(array_to_string(tsvector_to_array(words), ' '), ' ') from dashboard.event_words"
    )
    assert [word for word in words.split() if word[:-1] in {"said", "secret", "cheap"}] == [
        "cheap0", "cheap1", "cheap2", "said2", "secret2",
    ]  # fmt: skip
    assert await found(world, bot, "secret") == ["step e2"]
    assert await found(world, bot, "cheap") == ["step e2", "step e1", "step e0"]
    assert [event["seq"] for event in await events_of(world, bot, run)] == [1, 2, 3]
