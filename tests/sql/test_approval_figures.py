"""What becomes of what agents ask for: by the page, by the agent's own word, or never; and whose it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.sql.agents import add_key, append, told
from tests.sql.steering import answers, asks, change, ends, tell
from tests.sql.world import SALON_A, SALON_B, Caller, World, refused

HOUR = timedelta(hours=1)
AGO = 3 * HOUR
"""Long enough for the hour of it to be kept, and not for what is asked to be over its time."""
NOBODY = {"asked": 0, "approved": 0, "rejected": 0, "unclear": 0, "unanswered": 0, "open": 0, "p50_ms": None}


async def figures(world: World, *, person: str = "owner_a", by: str = "agent") -> dict[str, Any]:
    now = datetime.now(UTC)
    answer: dict[str, Any] = await world.call(
        person, "agent_metrics", now - timedelta(days=1), now + HOUR, by
    )
    return answer


async def approvals(world: World, *, person: str = "owner_a") -> dict[str, Any]:
    found: dict[str, Any] = (await figures(world, person=person))["approvals"]
    return found


async def collect(world: World) -> int:
    counted: int = await world.call(Caller("dashboard_worker"), "collect_agent_spans", 1000)
    return counted


async def decide(
    world: World, run_id: UUID, decision: str = "approve", *, seq: int = 1, person: str = "owner_a"
) -> dict[str, Any]:
    made: dict[str, Any] = await world.write(person, "decide_approval", run_id, seq, decision)
    return made


async def took(world: World, command: dict[str, Any], seconds: int) -> None:
    """Have a decision be made so long after it was asked for, by the panel's clock."""
    await change(
        world, command,
        created_at="(select min(received_at) from dashboard.events as event where event.run_id ="
        f" bot_commands.run_id and event.event_id = bot_commands.event_id) + interval '{seconds} seconds'",
    )  # fmt: skip


def root(trace_id: str, name: str | None) -> dict[str, Any]:
    """The step that says whose run it is."""
    at: Any = (datetime.now(UTC) - AGO).isoformat()
    return told(
        f"root {trace_id}", trace_id, kind="agent", phase="begun", status="running", is_root=True,
        source=name, at=at,
    )  # fmt: skip


class TestOnThePage:
    @pytest.mark.parametrize(("decision", "name"), [("approve", "approved"), ("reject", "rejected")])
    @pytest.mark.parametrize("person", ["owner_a", "operator_a"])
    async def test_counts_without_a_word_of_the_agent(
        self, world: World, person: str, decision: str, name: str
    ) -> None:
        run_id = await tell(world, asks())
        assert await approvals(world) == NOBODY | {"asked": 1, "open": 1}
        await took(world, await decide(world, run_id, decision, person=person), 90)
        seen = await approvals(world, person=person)
        assert seen == NOBODY | {"asked": 1, name: 1, "p50_ms": pytest.approx(90_000, rel=0.026)}

    async def test_counts_once_when_the_agent_tells_of_it_too(self, world: World) -> None:
        run_id = await tell(world, asks())
        await took(world, await decide(world, run_id), 90)
        # examples/steered_agent.py has the answer for a name; others take it for another one
        await tell(world, answers(name="approve"), answers("again", payload={"result": "rejected"}))
        expected = NOBODY | {"asked": 1, "approved": 1, "p50_ms": pytest.approx(90_000, rel=0.026)}
        assert await approvals(world) == expected

    async def test_answers_that_request_and_no_other(self, world: World) -> None:
        run_id = await tell(world, asks("one"), asks("two"))
        await decide(world, run_id, "reject", seq=1)
        seen = await approvals(world)
        assert (seen["asked"], seen["rejected"], seen["open"]) == (2, 1, 1)

    async def test_in_another_salon_is_none_of_ours(self, world: World) -> None:
        await tell(world, asks())
        theirs = await tell(world, asks(), salon=SALON_B)
        await decide(world, theirs, person="owner_b")
        assert await approvals(world) == NOBODY | {"asked": 1, "open": 1}

    @pytest.mark.parametrize("person", ["outsider", "owner_b", "operator_b"])
    async def test_is_not_told_to_others(self, world: World, person: str) -> None:
        now = datetime.now(UTC)
        async with refused(world, "PT403", "not_allowed"):
            await world.call(person, "agent_metrics", now - HOUR, now, "agent", tenant=SALON_A)

    @pytest.mark.parametrize("person", ["owner_a", "admin_a", "operator_a", "platform"])
    async def test_is_told_to_all_who_may_see_runs(self, world: World, person: str) -> None:
        await decide(world, await tell(world, asks()))
        now = datetime.now(UTC)
        seen = await world.call(person, "agent_metrics", now - HOUR, now + HOUR, "agent", tenant=SALON_A)
        assert seen["approvals"]["approved"] == 1

    async def test_changes_at_once_what_is_kept(self, world: World) -> None:
        run_id = await tell(world, asks(ago=AGO))
        assert await collect(world) == 1
        assert (await approvals(world))["open"] == 1
        await decide(world, run_id)
        seen = await approvals(world)
        assert (seen["open"], seen["approved"]) == (0, 1)
        assert await collect(world) == 1
        assert await approvals(world) == seen


class TestByTheAgent:
    async def ask(self, world: World, trace: str, answer: Any, after: int) -> None:
        at = datetime.now(UTC) - AGO
        says = told(
            f"says {trace}", trace, kind="approval_decision", phase="point",
            at=(at + timedelta(seconds=after)).isoformat(), payload={"result": answer},
        )  # fmt: skip
        await tell(world, asks(f"asks {trace}", trace, at=at.isoformat()), *([says] if after else []))

    async def test_answers_are_told_apart(self, world: World) -> None:
        said = [
            True, "Approve", {"approved": True}, {"decisions": [{"type": "accept"}]},
            False, "no", {"decision": "reject"}, {"action": {"type": "denied"}},
            "perhaps", {"comment": "x"}, None, 7,
            {"approved": {"approved": {"approved": {"approved": True}}}},
        ]  # fmt: skip
        for number, answer in enumerate(said):
            await self.ask(world, str(number), answer, 10 * (number + 1))
        await self.ask(world, "open", None, 0)
        seen = await approvals(world)
        assert seen == NOBODY | {
            "asked": 14, "approved": 4, "rejected": 4, "unclear": 5, "open": 1,
            "p50_ms": pytest.approx(70_000, rel=0.026),
        }  # fmt: skip
        assert await collect(world) > 0
        assert await approvals(world) == seen

    async def test_each_is_answered_by_the_next_decision_of_its_run(self, world: World) -> None:
        def event(name: str, kind: str, after: int, **more: Any) -> dict[str, Any]:
            at = (datetime.now(UTC) - AGO + timedelta(seconds=after)).isoformat()
            return told(name, kind=kind, phase="point", at=at, **more)

        await tell(
            world,
            event("before", "approval_decision", 1, payload={"result": "no"}),
            event("one", "approval_request", 10, status="waiting"),
            event("two", "approval_request", 20, status="waiting"),
            event("yes", "approval_decision", 30, payload={"result": "yes"}),
            event("three", "approval_request", 40, status="waiting"),
            event("no", "approval_decision", 45, payload={"result": "no"}),
        )
        assert await approvals(world) == NOBODY | {
            "asked": 3, "approved": 2, "rejected": 1, "p50_ms": pytest.approx(10_000, rel=0.026),
        }  # fmt: skip

    async def test_answers_are_known_when_what_was_said_with_them_is_removed(self, world: World) -> None:
        await self.ask(world, "yes", {"approved": True, "comment": "for Anna"}, 60)
        await self.ask(world, "no", "rejected", 60)
        await self.ask(world, "perhaps", "perhaps, Anna", 60)
        before = await approvals(world)
        await world.connection.execute(
            "select dashboard.remove_prompts(run, now() + interval '1 h', 100) from dashboard.runs as run"
        )
        assert await approvals(world) == before
        assert before["approved"] == before["rejected"] == before["unclear"] == 1
        kept = await world.connection.fetch(
            "select payload from dashboard.event_payloads order by payload::text"
        )
        assert [json.loads(row["payload"]) for row in kept] == [
            {"result": "approved"},
            {"result": "rejected"},
        ]

    async def test_a_request_that_is_told_twice_is_one(self, world: World) -> None:
        at: Any = datetime.now(UTC).isoformat()
        again = asks("ask, once more", step_id="ask", phase="ended", ended_at=at)
        run_id = await tell(world, asks(phase="begun"), again)
        assert await approvals(world) == NOBODY | {"asked": 1, "open": 1}
        await decide(world, run_id, seq=2)
        assert (await approvals(world))["approved"] == 1


class TestNever:
    async def test_a_run_that_ends_waits_no_more(self, world: World) -> None:
        await tell(world, asks())
        await tell(world, ends(status="stopped"))
        assert await approvals(world) == NOBODY | {"asked": 1, "unanswered": 1}

    @pytest.mark.parametrize("ago", [timedelta(hours=23, minutes=50), timedelta(minutes=1)])
    async def test_it_is_open_for_a_day_at_most(self, world: World, ago: timedelta) -> None:
        """Or for as long as it says itself."""
        soon: Any = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        late: Any = {"attributes": {"expires_at": soon}}
        await tell(world, asks("now", "t1", ago=ago))
        await tell(world, asks("over", "t2", ago=ago, payload=late))
        assert await approvals(world) == NOBODY | {"asked": 2, "unanswered": 1, "open": 1}

    async def test_what_is_kept_as_open_is_so_until_its_time_has_passed(self, world: World) -> None:
        for number in range(3):
            await tell(world, asks(trace_id=f"t{number}", ago=AGO))
        await collect(world)
        assert (await approvals(world))["open"] == 3
        await world.connection.execute(
            """
            update dashboard.agent_spans
            set calls = array(
              select case
                when call.deadlines is null then call
                else jsonb_populate_record(
                  call,
                  jsonb_build_object(
                    'deadlines', array[now(), now() - interval '1 s', now() + interval '1 s']
                  )
                )
              end
              from unnest(calls) as call
            )
            """
        )
        assert await approvals(world) == NOBODY | {"asked": 3, "unanswered": 2, "open": 1}


class TestByAgent:
    async def test_each_has_its_own(self, world: World) -> None:
        booked = await tell(world, root("t1", "booker"), asks("ask", "t1", ago=AGO))
        await tell(world, root("t2", "router"), asks("ask", "t2", ago=AGO))
        await tell(world, root("t3", None), asks("ask", "t3", ago=AGO))
        await tell(world, root("t4", "silent"))
        await tell(world, ends("t2", status="error"))
        await took(world, await decide(world, booked, "reject", seq=2), 5)
        seen = {row.get("name"): row.get("approvals") for row in (await figures(world))["rows"]}
        unknown = {name: value for name, value in NOBODY.items() if value is not None} | {"asked": 1}
        assert seen == {
            "booker": NOBODY | {"asked": 1, "rejected": 1, "p50_ms": pytest.approx(5000, rel=0.026)},
            "router": unknown | {"unanswered": 1},
            None: unknown | {"open": 1},
            "silent": None,
        }
        assert await collect(world) > 0
        assert {row.get("name"): row.get("approvals") for row in (await figures(world))["rows"]} == seen, (
            "kept or not"
        )

    async def test_is_told_of_agents_only(self, world: World) -> None:
        machine = await add_key(world, SALON_A, "ingest")
        await append(world, machine, asks(), told("call", kind="model_call", model="gpt-5"))
        for by in ("model", "tool"):
            assert all("approvals" not in row for row in (await figures(world, by=by))["rows"])
