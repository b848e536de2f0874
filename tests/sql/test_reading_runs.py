"""Runs and events are told to who may see them; clients' contacts, only to who may see those."""

import json
from typing import Any
from uuid import UUID

import pytest

from tests.sql.agents import add_key, append, events_of, runs, the_run, told
from tests.sql.world import MARKS, SALON_A, SALON_B, Caller, World, refused

READERS = ["platform", "owner_a", "admin_a", "operator_a"]


@pytest.fixture
async def bot(world: World) -> Caller:
    """A machine of salon A that may tell and read."""
    return await add_key(world, SALON_A, "ingest", "read")


@pytest.fixture
async def told_of(world: World, bot: Caller) -> dict[str, Any]:
    """A run of salon A with a client's number in it, as an owner sees it. Salon B has one of its own."""
    other = await add_key(world, SALON_B, "ingest")
    await append(world, other, told("b", summary=MARKS[SALON_B]))
    await append(
        world,
        bot,
        told(
            "a",
            name="call +79161234567",
            summary="anna@example.com asked",
            problem="no answer from +79161234567",
            payload={"arguments": {"phone": 79161234567}, "result": "anna@example.com"},
        ),
        told("b", after=1),
    )
    return await the_run(world, "owner_a")


@pytest.mark.parametrize("person", READERS)
async def test_who_may_see_runs_sees_those_of_the_salon(
    world: World, told_of: dict[str, Any], person: str
) -> None:
    seen = await world.call(person, "list_runs", tenant=SALON_A)
    assert [run["run_id"] for run in seen["runs"]] == [told_of["run_id"]]
    assert MARKS[SALON_B] not in json.dumps(seen)


@pytest.mark.parametrize("person", ["outsider", "owner_b", "operator_b"])
async def test_nobody_else_sees_any(world: World, told_of: dict[str, Any], person: str) -> None:
    calls: dict[str, tuple[Any, ...]] = {
        "list_runs": (), "run": (UUID(told_of["run_id"]),), "run_of_trace": ("t1",),
        "run_events": (UUID(told_of["run_id"]),), "trace_events": ("t1",),
        "run_export": (UUID(told_of["run_id"]),),
        "event_detail": (UUID(told_of["run_id"]), 1), "step_events": ("a",), "events_after": ("0",),
    }  # fmt: skip
    for function, arguments in calls.items():
        async with refused(world, "PT403", "not_allowed"):
            await world.call(person, function, *arguments, tenant=SALON_A)


async def test_of_another_salon_s_run_nothing_is_told(world: World, told_of: dict[str, Any]) -> None:
    run_id = UUID(told_of["run_id"])
    assert await world.call("owner_b", "run", run_id) is None
    assert await world.call("owner_b", "run_events", run_id) is None
    assert await world.call("owner_b", "run_export", run_id) is None
    assert await world.call("owner_b", "event_detail", run_id, 1) is None
    assert await world.call("owner_b", "step_events", "a") == []
    assert [event["step_id"] for event in await world.call("owner_b", "step_events", "b")] == ["b"]


@pytest.mark.parametrize("person", ["owner_a", "admin_a"])
async def test_who_may_see_clients_sees_their_contacts(
    world: World, told_of: dict[str, Any], person: str
) -> None:
    event = await world.call(person, "event_detail", UUID(told_of["run_id"]), 1)
    assert event["name"] == "call +79161234567"
    assert event["payload"] == {"arguments": {"phone": 79161234567}, "result": "anna@example.com"}


async def test_who_may_not_sees_them_nowhere(world: World, told_of: dict[str, Any], bot: Caller) -> None:
    run_id = UUID(told_of["run_id"])
    for reader in ("operator_a", bot):
        answers = [
            await world.call(reader, "list_runs"),
            await world.call(reader, "run", run_id),
            await world.call(reader, "run_events", run_id),
            await world.call(reader, "trace_events", "t1"),
            await world.call(reader, "run_export", run_id),
            await world.call(reader, "event_detail", run_id, 1),
            await world.call(reader, "step_events", "a"),
            await world.call(reader, "events_after", "0"),
        ]
        for answer in answers:
            text = json.dumps(answer, ensure_ascii=False)
            assert "79161234567" not in text
            assert "anna@" not in text
        assert answers[5]["payload"] == {"arguments": {"phone": "•••67"}, "result": "•••@example.com"}


async def test_pages_of_runs_hold_each_once_newest_first(world: World, bot: Caller) -> None:
    for n in range(7):
        await append(world, bot, told("e", f"t{n}", after=n // 2))  # two at a time began together
    pages, cursor = [], None
    while True:
        page = await world.call(bot, "list_runs", 3, cursor)
        pages.append([run["trace_id"] for run in page["runs"]])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [len(page) for page in pages] == [3, 3, 1]
    listed = [trace for page in pages for trace in page]
    assert sorted(listed) == [f"t{n}" for n in range(7)]
    assert [int(trace[1:]) // 2 for trace in listed] == [3, 2, 2, 1, 1, 0, 0]


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"status": "done"}, {"t1"}),
    ({"status": "waiting"}, {"t3"}),
    ({"conversation": "c2"}, {"t2"}),
    ({"agent": "planner"}, {"t1"}),
    ({"since": "2026-11-20T09:00:10Z"}, {"t2", "t3"}),
    ({"until": "2026-11-20T09:00:10Z"}, {"t1"}),
    ({"search": "BALAY"}, {"t2"}),
    ({"search": "t3"}, {"t3"}),
    ({"search": "%"}, set()),
    ({"search": "c2", "status": "running"}, {"t2"}),
    ({}, {"t1", "t2", "t3"}),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
async def test_filters(world: World, bot: Caller, asked: dict[str, Any], expected: set[str]) -> None:
    await append(
        world, bot, told("a", "t1", kind="agent", is_root=True, source="planner"),
        told("b", "t2", after=10, name="Balayage", conversation_id="c2"),
        told("c", "t3", after=20, kind="approval_request", status="waiting"),
    )  # fmt: skip
    async with world.acting(bot) as connection:
        found = json.loads(
            await connection.fetchval(
                "select dashboard.list_runs(status => $1, conversation => $2, agent => $3,"
                " since => $4::text::timestamptz, until => $5::text::timestamptz, search => $6)",
                *(
                    asked.get(name)
                    for name in ("status", "conversation", "agent", "since", "until", "search")
                ),
            )
        )
    assert {run["trace_id"] for run in found["runs"]} == expected


@pytest.mark.parametrize(
    "cursor", ["", "1", ":", "x:" + str(UUID(int=5)), "1:nothing", "9" * 30 + f":{UUID(int=5)}", "1:1; drop"]
)
async def test_what_is_no_place_in_the_list_is_refused(world: World, bot: Caller, cursor: str) -> None:
    async with refused(world, "PT422", "cursor_invalid"):
        await world.call(bot, "list_runs", 10, cursor)


async def test_pages_of_events(world: World, bot: Caller) -> None:
    await append(world, bot, *[told(f"e{n}", "t1", after=n) for n in range(5)])
    run = await the_run(world, bot)
    first = await world.call(bot, "run_events", UUID(run["run_id"]), 0, 3)
    assert ([event["seq"] for event in first["events"]], first["next_cursor"]) == ([1, 2, 3], 3)
    second = await world.call(bot, "trace_events", "t1", 3, 3)
    assert ([event["seq"] for event in second["events"]], second["next_cursor"]) == ([4, 5], None)
    assert (await world.call(bot, "run_events", UUID(run["run_id"]), 5, 3))["events"] == []


async def test_payloads_are_told_where_they_are_asked_for(world: World, told_of: dict[str, Any]) -> None:
    listed = await events_of(world, "owner_a", told_of)
    assert [(event["has_payload"], "payload" in event) for event in listed] == [(True, False), (False, False)]
    exported = await world.call("owner_a", "run_export", UUID(told_of["run_id"]))
    assert ["payload" in event for event in exported["events"]] == [True, False]
    spans = await world.call("owner_a", "step_events", "a")
    assert spans[0]["payload"]["result"] == "anna@example.com"


class TestStream:
    async def test_everything_once_and_in_order_from_any_place(self, world: World, bot: Caller) -> None:
        start = (await world.call(bot, "events_after"))["cursor"]
        for n in range(4):
            await append(
                world, bot, told(f"x{n}", "x", after=n), told(f"y{n}", "y", after=n), told(f"z{n}", "y")
            )
        whole = await _from(world, bot, start)
        assert len(whole) == 12
        assert len({event["event"]["event_id"] for event in whole}) == 12
        for place, event in enumerate(whole):
            rest = await _from(world, bot, event["cursor"], at_most=1 + place % 3)
            assert rest == whole[place + 1 :], event["cursor"]

    async def test_a_place_that_reaches_back_too_far_is_lost(self, world: World, bot: Caller) -> None:
        for n in range(3):
            await append(world, bot, told(f"e{n}"))
        await world.connection.execute("delete from dashboard.event_batches where position = 1")
        assert (await world.call(bot, "events_after", "0")) == {
            "cursor": "3", "events": [], "more": False, "lost": True, "sees_contacts": False,
        }  # fmt: skip
        assert len((await world.call(bot, "events_after", "1"))["events"]) == 2
        assert (await world.call(bot, "events_after", "4"))["lost"], "a place that was never there"

    async def test_another_salon_s_stream_is_another(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("a"))
        other = await add_key(world, SALON_B, "read")
        assert await world.call(other, "events_after", "0") == {
            "cursor": "0", "events": [], "more": False, "lost": False, "sees_contacts": False,
        }  # fmt: skip

    @pytest.mark.parametrize("place", ["", "x", "1:2:3", "-1", "1:", "9" * 19, "1; drop"])
    async def test_what_is_no_place_is_refused(self, world: World, bot: Caller, place: str) -> None:
        async with refused(world, "PT422", "cursor_invalid"):
            await world.call(bot, "events_after", place)


async def _from(world: World, reader: Caller, cursor: str, at_most: int = 1000) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = await world.call(reader, "events_after", cursor, at_most)
        assert not page["lost"]
        found += page["events"]
        cursor = page["cursor"]
        if not page["more"]:
            return found


class TestKeys:
    async def test_a_living_key_is_known_by_its_hash(self, world: World) -> None:
        key_id = await world.connection.fetchval(
            "insert into dashboard.api_keys (tenant_id, name, prefix, key_hash, scopes)"
            " values ($1, 'm', 'agp_12345678', sha256('the key'), '{read}') returning key_id",
            SALON_A,
        )
        digest = await world.connection.fetchval("select encode(sha256('the key'), 'hex')")
        asking = Caller("dashboard_ingest")
        claims = await world.call(asking, "key_claims", digest)
        assert (claims["key_id"], claims["tenant_id"], claims["scopes"]) == (
            str(key_id),
            str(SALON_A),
            ["read"],
        )
        assert claims["rules"]["keeps_prompts"] is True
        assert await world.call(asking, "key_claims", "ab" * 32) is None
        await world.connection.execute("update dashboard.api_keys set revoked_at = now()")
        assert await world.call(asking, "key_claims", digest) is None

    async def test_its_use_is_noted_and_nobody_else_s(self, world: World, bot: Caller) -> None:
        await add_key(world, SALON_B, "read")
        await world.call(bot, "note_key_used")
        used = await world.connection.fetch(
            "select tenant_id from dashboard.api_keys where last_used_at is not null"
        )
        assert [row[0] for row in used] == [SALON_A]

    async def test_a_person_cannot_ask_after_keys(self, world: World) -> None:
        async with refused(world, "42501"):
            await world.call("owner_a", "key_claims", "ab" * 32)
        assert await runs(world, "owner_a") == []
