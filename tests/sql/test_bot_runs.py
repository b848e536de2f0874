"""The bot's own trajectories as runs: every row once, whatever the bot wrote; nothing secret or foreign."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from queries.runs import EventPage, RunPage
from telemetry.events import Kind
from tests.sql.world import SALON_A, SALON_B, World, refused

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def none_yet(world: World) -> None:
    await world.connection.execute("delete from public.agent_trajectories_v2")


async def step(
    world: World,
    run: str | None = "one",
    step_type: str = "tool_call",
    *,
    salon: UUID = SALON_A,
    at: datetime = NOW,
    payload: Any = None,
    **columns: Any,
) -> int:
    """A row of the bot's; gives its number."""
    row = {
        "tenant_id": salon, "step_type": step_type, "step_order": 1, "correlation_id": run, "created_at": at,
        "payload": payload if isinstance(payload, str) else json.dumps(payload or {}), "status": "done",
    } | columns  # fmt: skip
    names, places = ", ".join(row), ", ".join(f"${number}" for number in range(1, len(row) + 1))
    return int(
        await world.connection.fetchval(
            f"insert into public.agent_trajectories_v2 ({names}) values ({places}) returning id",
            *row.values(),
        )
    )


async def runs(world: World, *arguments: Any, person: str = "owner_a") -> dict[str, Any]:
    page: dict[str, Any] = await world.call(person, "list_bot_runs", *arguments)
    RunPage.model_validate(page)
    return page


async def events(world: World, key: Any, *arguments: Any, person: str = "owner_a") -> list[dict[str, Any]]:
    page = await world.call(person, "bot_run_events", str(key), *arguments)
    EventPage.model_validate(page)
    return list(page["events"])


async def test_a_run_is_what_the_bot_calls_by_one_name_else_the_dialogue_else_the_row(world: World) -> None:
    session = uuid4()
    first = await step(world, "one")
    second = await step(world, "two", session_id=session)
    await step(world, "one", at=NOW + timedelta(seconds=2))
    third = await step(world, None, session_id=session)
    await step(world, "", session_id=session)
    alone = [await step(world, None) for _ in range(2)]
    told = (await runs(world))["runs"]
    assert {run["run_id"]: run["events"] for run in told} == {
        str(alone[1]): 1, str(alone[0]): 1, str(third): 2, str(first): 2, str(second): 1,
    }  # fmt: skip
    assert [run["run_id"] for run in told][:3] == [str(alone[1]), str(alone[0]), str(third)], "newest first"
    by_id = {run["run_id"]: run for run in told}
    assert by_id[str(first)]["duration_ms"] == 2_000
    assert by_id[str(second)]["conversation_id"] == str(session)


async def test_a_run_is_summed_up(world: World) -> None:
    model = {"model": "gpt-4o-mini", "input_tokens": 900, "output_tokens": 20, "latency_ms": 400}
    await step(world, "one", "user_input")
    await step(world, "one", "model_response", payload=model)
    await step(world, "one", "tool_call", payload={"tool": "book"})
    await step(world, "one", "tool_result", payload={"tool": "book", "duration_ms": 10_000},
               status="error", error_code="timeout", error_message="No answer")  # fmt: skip
    await step(world, "one", "model_response", payload=model | {"model": "other"})
    (run,) = (await runs(world))["runs"]
    assert {name: run[name] for name in ("source", "status", "model_calls", "tool_calls", "failures")} == {
        "source": "bot", "status": "done", "model_calls": 2, "tool_calls": 1, "failures": 1,
    }  # fmt: skip
    assert (run["tokens_input"], run["tokens_output"], run["models"]) == (1800, 40, ["gpt-4o-mini", "other"])
    assert run["cost_is_known"] is False
    assert "cost" not in run, "unknown is not 0"


async def test_steps_are_told_in_our_words_and_none_is_left_out(world: World) -> None:
    told = {
        "user_input": ("user_input", "point"),
        "model_request": ("model_call", "begun"),
        "model_response": ("model_call", "ended"),
        "tool_call": ("tool_call", "begun"),
        "tool_result": ("tool_call", "ended"),
        "plan_update": ("plan_update", "point"),
        "approval_request": ("approval_request", "point"),
        "approval_decision": ("approval_decision", "point"),
        "state_change": ("node", "point"),
        "error": ("log", "point"),
        "Router": ("routing", "point"),
        "": ("other", "point"),
        "<img src=x>": ("other", "point"),
        "сон": ("other", "point"),
    }
    numbers = [await step(world, "one", step_type) for step_type in told]
    found = await events(world, numbers[0])
    assert [(event["kind"], event["phase"]) for event in found] == list(told.values())
    assert {event["kind"] for event in found} <= set(Kind)
    assert [event["seq"] for event in found] == list(range(1, len(told) + 1))
    assert found[-2]["name"] == "<img src=x>"


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        ("done", None, "done"),
        ("success", None, "done"),
        (None, None, "done"),
        (None, "timeout", "error"),
        ("FAILED", None, "error"),
        ("strange", "x", "error"),
        ("cancelled", None, "stopped"),
        ("pending_approval", None, "waiting"),
        ("in_progress", None, "running"),
    ],
)
async def test_a_status_is_one_of_ours(
    world: World, status: str | None, error: str | None, expected: str
) -> None:
    number = await step(world, status=status, error_code=error)
    assert [event["status"] for event in await events(world, number)] == [expected]
    assert [run["status"] for run in (await runs(world))["runs"]] == [expected]


async def test_a_call_and_what_came_of_it_are_one_step(world: World) -> None:
    first = await step(world, "one", "tool_call", payload={"tool": "a"})
    await step(world, "one", "tool_call", payload={"tool": "b"})
    await step(world, "one", "tool_result", payload={"tool": "b"})
    await step(world, "one", "tool_result", payload={"tool": "a"}, at=NOW + timedelta(seconds=1))
    again = await step(world, "one", "tool_result", payload={"tool": "a", "duration_ms": 250})
    found = await events(world, first)
    steps = [event["step_id"] for event in found]
    assert steps == [f"bot:{first}", f"bot:{first + 1}", f"bot:{first + 1}", f"bot:{first}", f"bot:{again}"]
    assert datetime.fromisoformat(found[-1]["at"]) == NOW - timedelta(milliseconds=250)
    assert datetime.fromisoformat(found[-1]["ended_at"]) == NOW


async def test_events_are_read_on_by_their_numbers(world: World) -> None:
    numbers = [await step(world, "one") for _ in range(7)]
    await step(world, "two")
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = await world.call("owner_a", "bot_run_events", str(numbers[0]), after, 3)
        seen += [event["event_id"] for event in page["events"]]
        after = page["next_cursor"]
    assert seen == [f"bot:{number}" for number in numbers]


@pytest.mark.parametrize("page_size", [1, 2, 7])
async def test_the_list_tells_every_run_once_page_by_page(world: World, page_size: int) -> None:
    for number in range(40):
        await step(world, f"run {number % 9}", salon=SALON_B if number % 4 == 3 else SALON_A)
    whole = [run["run_id"] for run in (await runs(world))["runs"]]
    assert len(whole) == 9
    seen, before = [], None
    for _ in range(20):
        page = await runs(world, page_size, before)
        seen += [run["run_id"] for run in page["runs"]]
        before = page["next_cursor"]
        if before is None:
            break
    assert seen == whole


async def test_a_salon_that_is_silent_among_others_is_found_with_bounded_looks(world: World) -> None:
    """What lies far back is on a later page: no page looks at everything. Numbers may have any gaps."""
    old = await step(world, "old")
    await world.connection.execute(
        "insert into public.agent_trajectories_v2 (id, tenant_id, step_type, step_order)"
        " overriding system value"
        " select $1 + number::bigint * 1000003, $2, 'x', 1 from generate_series(1, 55000) as number",
        old, SALON_B,
    )  # fmt: skip
    first = await runs(world)
    assert first["runs"] == []
    second = await runs(world, 100, first["next_cursor"])
    assert [run["run_id"] for run in second["runs"]] == [str(old)]
    assert second["next_cursor"] is None


async def test_steps_of_a_run_may_be_numbered_far_apart(world: World) -> None:
    first = await step(world, "one", id=7)
    await step(world, "one", id=9_000_000_000_000)
    (run,) = (await runs(world))["runs"]
    assert (run["run_id"], run["events"], len(await events(world, first))) == ("7", 2, 2)


async def test_secrets_are_not_told(world: World) -> None:
    payload = {
        "headers": [{"Authorization": "Bearer abcdefghijklmnop", "X-Api-Key": "s1"}],
        "yclients_token": "s2", "telegram_bot_token": 3_333, "password": {"new": "s4"}, "client_secret": "s5",
        "card_number": "4111111111111111", "Set-Cookie": ["s6"], "note": "sent Bearer s7s7s7s7s7s7s7s7 to it",
        "input_tokens": 900, "total_tokens": {"a": 1}, "author": "Anna", "secretary": "Olga", "pin": True,
    }  # fmt: skip
    number = await step(world, payload=payload, error_message="refused: Bearer s8s8s8s8s8s8s8s8")
    (event,) = await events(world, number)
    text = json.dumps(event)
    for secret in ("abcdefghijklmnop", "s1", "s2", "3333", "s4", "s5", "4111", "s6", "s7s7", "s8s8"):
        assert secret not in text, secret
    kept = event["payload"]["attributes"]
    assert (kept["input_tokens"], kept["total_tokens"]) == (900, {"a": 1})
    assert (kept["author"], kept["secretary"], kept["note"]) == (
        "Anna",
        "Olga",
        "sent Bearer [removed] to it",
    )
    assert event["removed"] == 9


async def test_contacts_are_masked_for_who_may_not_see_them(world: World) -> None:
    number = await step(
        world, payload={"said": "call +7 916 123-45-67, anna@mail.test"}, error_message="no +79161234567"
    )
    for person, sees in (("owner_a", True), ("operator_a", False)):
        text = json.dumps(await events(world, number, person=person), ensure_ascii=False)
        assert ("123-45-67" in text, "anna@" in text, "9161234567" in text) == (sees,) * 3


async def test_another_salon_has_its_own(world: World) -> None:
    number = await step(world, "mine", salon=SALON_A)
    foreign = await step(world, "mine", salon=SALON_B)
    assert [run["run_id"] for run in (await runs(world))["runs"]] == [str(number)]
    assert [run["run_id"] for run in (await runs(world, person="owner_b"))["runs"]] == [str(foreign)]
    assert await world.call("owner_a", "bot_run_events", str(foreign)) is None
    assert len(await events(world, foreign, person="owner_b")) == 1


@pytest.mark.parametrize("key", ["", "x", "1; drop", "-1", "9" * 30, "0"])
async def test_a_key_that_is_none_finds_nothing(world: World, key: str) -> None:
    assert await world.call("owner_a", "bot_run_events", key) is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 30])
async def test_a_cursor_that_is_none_is_refused(world: World, cursor: str) -> None:
    async with refused(world, "PT422", "cursor_invalid"):
        await world.call("owner_a", "list_bot_runs", 10, cursor)


async def test_needs_the_right_to_see_runs(world: World) -> None:
    number = await step(world)
    for function, arguments in (("list_bot_runs", ()), ("bot_run_events", (str(number),))):
        async with refused(world, "PT403", "not_allowed"):
            await world.call("outsider", function, *arguments, tenant=SALON_A)


async def test_whatever_the_bot_wrote_is_told(world: World) -> None:
    deep = '{"in": [' * 2_000 + "7" + "]}" * 2_000
    odd: list[dict[str, Any]] = [
        {"payload": deep},
        {"payload": {"duration_ms": 1e300, "input_tokens": -5, "model": {"x": 1}, "tool": ["a"]}},
        {"payload": {"duration_ms": "12", "latency_ms": 10**40, "output_tokens": None, "tool": ""}},
        {"at": datetime(1, 1, 1, tzinfo=UTC)},
        {"at": datetime(9999, 12, 31, tzinfo=UTC)},
        {"correlation_id": "x" * 100_000},
        {"step_type": "я" * 100_000, "error_code": "e" * 5_000, "error_message": "m" * 50_000},
        {"payload": {"x" * 5_000: "<script>alert(1)</script>"}},
    ]
    for step_type in ("tool_result", "model_response", "other"):
        for row in odd:
            number = await step(world, **({"run": None, "step_type": step_type} | row))
            (event,) = await events(world, number)
            assert len(event["name"]) <= 200
    await world.connection.execute("update public.agent_trajectories_v2 set created_at = '-infinity'")
    page = await runs(world)
    assert sum(run["events"] for run in page["runs"]) == 3 * len(odd)
