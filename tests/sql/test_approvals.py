"""What agents wait for, who may decide it, and that it is decided once."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql.agents import add_key, the_run, told
from tests.sql.steering import MINUTE, answers, asks, change, commands, ends, run_of, tell
from tests.sql.world import SALON_A, SALON_B, Connection, World, refused

HOUR = timedelta(hours=1)


async def pending(world: World, who: Any = "operator_a", tenant: UUID | None = None) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = await world.call(who, "pending_approvals", tenant=tenant)
    return listed


async def decide(world: World, run_id: UUID, decision: str = "approve", **sent: Any) -> dict[str, Any]:
    """By an operator, of the run's first event, unless `sent` says otherwise."""
    given: dict[str, Any] = {"person": "operator_a", "seq": 1, "comment": None, "request_id": uuid4()} | sent
    answer: dict[str, Any] = await world.call(
        given["person"], "decide_approval", given["request_id"], run_id, given["seq"], decision,
        given["comment"],
    )  # fmt: skip
    return answer


class TestPending:
    async def test_is_told_with_what_it_is_about(self, world: World) -> None:
        run_id = await tell(
            world,
            told("root", phase="begun", status="running", is_root=True, name="Refund", source="booker"),
            asks(
                summary="Give back 50 €?",
                payload={"arguments": {"amount": 50, "risk": "high"}, "attributes": {"risk": "low"}},
            ),
        )
        (one,) = await pending(world)
        asked_at, expires_at = (datetime.fromisoformat(one.pop(name)) for name in ("asked_at", "expires_at"))
        assert expires_at - asked_at == timedelta(hours=24)
        assert one == {
            "run_id": str(run_id), "run_name": "Refund", "agent": "booker", "seq": 2, "event_id": "ask",
            "step_id": "ask", "trace_id": "t1", "name": "refund", "summary": "Give back 50 €?",
            "arguments": {"amount": 50, "risk": "high"}, "risk": "high",
        }  # fmt: skip

    async def test_is_over_sooner_if_it_says_so_and_never_later(self, world: World) -> None:
        now = datetime.now(UTC)
        times = {
            "soon": (now + HOUR).isoformat(),
            "late": (now + 48 * HOUR).isoformat(),
            "no day": "2026-02-31T00:00:00Z",
            "no zone": "2026-01-01T00:00:00",
            "no time": "'; drop table x",
            "number": 5,
        }
        for name, told_time in times.items():
            await tell(world, asks(name, name, payload={"attributes": {"expires_at": told_time}}))
        found = await pending(world)
        until = {one["event_id"]: datetime.fromisoformat(one["expires_at"]) - now for one in found}
        assert abs(until.pop("soon") - HOUR) < MINUTE
        assert set(until) == set(times) - {"soon"}
        assert all(abs(left - 24 * HOUR) < 2 * MINUTE for left in until.values())
        assert found[0]["event_id"] == "soon", "the most urgent first"

    async def test_a_clock_that_is_ahead_gains_no_time(self, world: World) -> None:
        await tell(world, asks(ago=-72 * HOUR))
        (one,) = await pending(world)
        assert datetime.fromisoformat(one["expires_at"]) < datetime.now(UTC) + 25 * HOUR

    async def test_is_over_after_a_day(self, world: World) -> None:
        await tell(world, asks(ago=25 * HOUR))
        assert await pending(world) == []
        # also of a run that goes on telling
        await tell(world, told("news", kind="log", at=datetime.now(UTC).isoformat()))
        assert await pending(world) == []
        past = (datetime.now(UTC) - HOUR).isoformat()
        await tell(world, asks(trace_id="t2", payload={"attributes": {"expires_at": past}}))
        assert await pending(world) == []

    async def test_is_over_once_the_agent_tells_of_an_answer(self, world: World) -> None:
        await tell(world, asks())
        await tell(world, answers())
        assert await pending(world) == []
        await tell(world, asks("again", ago=-MINUTE))
        assert [one["event_id"] for one in await pending(world)] == ["again"]

    async def test_is_over_when_its_step_has_ended_or_its_run(self, world: World) -> None:
        await tell(world, asks("b", step_id="s", phase="begun"), asks("e", step_id="s", status="done"))
        await tell(world, asks("x", "t2"))
        await tell(world, ends("t2", status="stopped"))
        assert await pending(world) == []

    async def test_is_told_once_of_a_step_that_is_told_twice(self, world: World) -> None:
        await tell(world, asks("b", step_id="s", phase="begun"), asks("e", step_id="s"))
        assert [one["event_id"] for one in await pending(world)] == ["e"]

    async def test_hostile_payloads_do_no_harm(self, world: World) -> None:
        for number, payload in enumerate(
            ([], {"arguments": "x" * 30_000}, {"arguments": [1], "attributes": "y"}, {"attributes": [{}]}, {})
        ):
            await tell(world, asks("ask", f"t{number}", payload=payload, name="<b>"))
        found = await pending(world)
        assert len(found) == 5
        assert sum("arguments" in one for one in found) == 1, "what would fill the page is left out"

    async def test_contacts_are_for_who_may_see_them(self, world: World) -> None:
        await tell(world, asks(summary="+79161234567", payload={"arguments": {"phone": "+79161234567"}}))
        key = await add_key(world, SALON_A, "read")
        assert "79161234567" in json.dumps(await pending(world, "owner_a"))
        for who in ("operator_a", key):
            assert "79161234567" not in json.dumps(await pending(world, who))

    async def test_is_for_the_salons_own(self, world: World) -> None:
        await tell(world, asks())
        assert await pending(world, "owner_b") == []
        assert await pending(world, await add_key(world, SALON_B, "read")) == []
        for stranger in ("outsider", "owner_b"):
            async with refused(world, "PT403", "not_allowed"):
                await pending(world, stranger, SALON_A)
        for scope in ("ingest", "control"):
            async with refused(world, "PT403", "key_scope"):
                await pending(world, await add_key(world, SALON_A, scope))


class TestDecision:
    @pytest.mark.parametrize("decision", ["approve", "reject"])
    async def test_becomes_a_command_with_all_that_an_agent_needs(self, world: World, decision: str) -> None:
        run_id = await tell(world, asks(conversation_id="c1", step_id="s1"))
        made = await decide(world, run_id, decision, comment="  fine\r\nby me ")
        assert (made["kind"], made["status"], made["comment"]) == (decision, "queued", "fine\nby me")
        assert made["created_by"].startswith("operator_a")
        assert await commands(world) == [made]
        assert await pending(world) == []
        taken = await world.call(await add_key(world, SALON_A, "control"), "take_commands")
        assert {name: taken[0][name] for name in ("trace_id", "conversation_id", "event_id", "step_id")} == {
            "trace_id": "t1", "conversation_id": "c1", "event_id": "ask", "step_id": "s1",
        }  # fmt: skip
        assert (taken[0]["seq"], taken[0]["run_id"], taken[0]["comment"]) == (1, str(run_id), "fine\nby me")

    async def test_is_on_record(self, world: World) -> None:
        run_id = await tell(world, asks())
        made = await decide(world, run_id, "reject", comment="no")
        row = await world.connection.fetchrow(
            "select action, subject, actor_id, details from dashboard.audit_log where action ~ '^approval'"
        )
        assert row is not None
        assert (row["action"], row["subject"]) == ("approval.rejected", made["command_id"])
        assert row["actor_id"] == world.people["operator_a"]
        assert json.loads(row["details"]) == {
            "run_id": str(run_id), "comment": "no", "seq": 1, "name": "refund",
        }  # fmt: skip

    async def test_is_made_once_however_often_it_is_sent(self, world: World) -> None:
        run_id, request = await tell(world, asks()), uuid4()
        first = await decide(world, run_id, request_id=request)
        await tell(world, answers())
        assert await decide(world, run_id, request_id=request) == first
        assert len(await commands(world)) == 1
        async with refused(world, "PT409", "request_id_reused"):
            await decide(world, run_id, "reject", request_id=request)

    async def test_of_another_is_told_with_who_and_when(self, world: World) -> None:
        run_id = await tell(world, asks())
        made = await decide(world, run_id)
        for decision in ("approve", "reject"):
            async with refused(world, "PT409", "approval_decided"):
                await decide(world, run_id, decision, person="owner_a")
        assert await world.call("owner_a", "approval_decision", run_id, 1) == made
        assert await world.call("owner_a", "approval_decision", run_id, 2) is None
        assert await world.call("owner_b", "approval_decision", run_id, 1) is None

    async def test_comes_too_late(self, world: World) -> None:
        run_id = await tell(world, asks(ago=25 * HOUR))
        async with refused(world, "PT409", "approval_expired"):
            await decide(world, run_id)
        assert await commands(world) == []

    async def test_comes_after_the_agents_own(self, world: World) -> None:
        run_id = await tell(world, asks())
        await tell(world, answers())
        async with refused(world, "PT409", "approval_answered"):
            await decide(world, run_id)

    async def test_comes_after_the_run(self, world: World) -> None:
        run_id = await tell(world, asks())
        await tell(world, ends(status="error"))
        async with refused(world, "PT409", "approval_answered"):
            await decide(world, run_id)

    async def test_makes_no_sense(self, world: World) -> None:
        run_id = await tell(world, asks())
        await tell(world, told("other"))
        for seq in (2, 99, -1):
            async with refused(world, "PT404", "approval_not_found"):
                await decide(world, run_id, seq=seq)
        async with refused(world, "PT422", "decision_invalid"):
            await decide(world, run_id, "perhaps")
        for comment in ("x" * 501, "x" * 5_000):
            async with refused(world, "PT422", "comment_invalid"):
                await decide(world, run_id, comment=comment)
        assert (await decide(world, run_id, comment="\u202e \n")).get("comment") is None

    @pytest.mark.parametrize("person", ["admin_a", "owner_b", "outsider"])
    async def test_is_for_who_may_steer_the_salons_agents(self, world: World, person: str) -> None:
        run_id = await tell(world, asks())
        async with refused(world, "PT403", "not_allowed"):
            await world.write(person, "decide_approval", run_id, 1, "approve", tenant=SALON_A)
        if person == "owner_b":
            async with refused(world, "PT404", "run_not_found"):
                await world.write(person, "decide_approval", run_id, 1, "approve")

    async def test_is_of_the_same_when_runs_are_joined(self, world: World) -> None:
        """The request is of a second trace, which turns out to go on with the run of a first one."""
        await tell(world, asks("first", "t1", ago=10 * MINUTE, conversation_id="c"))
        second = await tell(world, asks("second", "t2"))
        await decide(world, second)
        await tell(world, told("named", "t2", conversation_id="c", at=datetime.now(UTC).isoformat()))
        run = await the_run(world, "owner_a")
        assert (await run_of(world, "t2"), len(await pending(world))) == (UUID(run["run_id"]), 1)
        (made,) = await commands(world)
        assert made["run_id"] == run["run_id"]
        assert [one["event_id"] for one in await pending(world)] == ["first"]


class TestToldAgain:
    """A step that has begun and then ended: two events of one request."""

    def again(self, **columns: Any) -> Any:
        return asks("ask, ended", step_id="ask", phase="ended", **columns)

    async def test_is_decided_once(self, world: World) -> None:
        run_id = await tell(world, asks(phase="begun"))
        made = await decide(world, run_id)
        await tell(world, self.again())
        assert await pending(world) == []
        for seq in (1, 2):
            async with refused(world, "PT409", "approval_decided"):
                await decide(world, run_id, "reject", seq=seq)
            assert await world.call("owner_a", "approval_decision", run_id, seq) == made

    async def test_goes_out_anew(self, world: World) -> None:
        made = await decide(world, await tell(world, asks(phase="begun")))
        await tell(world, self.again())
        await change(world, made, status="'dead'")
        again = await world.write("owner_a", "resend_command", UUID(made["command_id"]))
        assert again["status"] == "queued"

    async def test_after_an_answer_is_asked_anew(self, world: World) -> None:
        run_id = await tell(world, asks())
        made = await decide(world, run_id, "reject")
        long_ago: Any = (datetime.now(UTC) - MINUTE / 2).isoformat()
        await tell(world, answers(at=long_ago))
        await tell(world, self.again(ago=MINUTE / 4))
        assert [one["seq"] for one in await pending(world)] == [3]
        assert (await decide(world, run_id, seq=3))["command_id"] != made["command_id"]

    async def test_another_step_is_another_request(self, world: World) -> None:
        run_id = await tell(world, asks("one"), asks("two"))
        await decide(world, run_id)
        assert [one["event_id"] for one in await pending(world)] == ["two"]
        await decide(world, run_id, "reject", seq=2)


class TestAnew:
    @pytest.mark.parametrize("status", ["dead", "failed", "expired"])
    async def test_goes_out_while_the_agent_waits(self, world: World, status: str) -> None:
        made = await decide(world, await tell(world, asks()))
        await change(world, made, status=f"'{status}'", attempts="8", problem="'x'", next_attempt_at="null")
        again = await world.write("owner_a", "resend_command", UUID(made["command_id"]))
        assert (again["command_id"], again["status"], again["attempts"]) == (made["command_id"], "queued", 0)
        assert "problem" not in again
        assert len(await commands(world)) == 1

    async def test_does_not_once_it_has_an_answer(self, world: World) -> None:
        made = await decide(world, await tell(world, asks()))
        await change(world, made, status="'dead'")
        await tell(world, answers())
        async with refused(world, "PT409", "approval_answered"):
            await world.write("owner_a", "resend_command", UUID(made["command_id"]))

    async def test_does_not_when_it_is_too_late(self, world: World) -> None:
        made = await decide(world, await tell(world, asks(ago=23 * HOUR)))
        await change(world, made, status="'dead'")
        await world.connection.execute("update dashboard.events set at = at - interval '2 hours'")
        async with refused(world, "PT409", "approval_expired"):
            await world.write("owner_a", "resend_command", UUID(made["command_id"]))


async def test_of_two_who_decide_at_once_one_is_told_of_the_other(
    dashboard_database: DashboardDatabase,
) -> None:
    async with AsyncExitStack() as stack:

        async def connected() -> Connection:
            connection = await asyncpg.connect(dashboard_database.superuser_uri)
            stack.push_async_callback(connection.close)
            return connection

        worlds = [World(await connected(), {}) for _ in range(2)]
        first, second = worlds
        await first.add_salon(SALON_A, "A")
        for person in ("owner_a", "operator_a"):
            await first.add_person(person, person.split("_")[0], SALON_A)
        second.people |= first.people
        run_id = await tell(first, asks())

        async def decide_as(world: World, person: str, decision: str) -> str:
            async with world.connection.transaction():
                await decide(world, run_id, decision, person=person)
                await asyncio.sleep(0.2)  # the other one waits meanwhile
            return decision

        results = await asyncio.gather(
            decide_as(first, "owner_a", "approve"),
            decide_as(second, "operator_a", "reject"),
            return_exceptions=True,
        )
        (won,) = [one for one in results if isinstance(one, str)]
        (lost,) = [one for one in results if isinstance(one, asyncpg.PostgresError)]
        assert (lost.sqlstate, lost.as_dict()["message"]) == ("PT409", "approval_decided")
        assert [one["kind"] for one in await commands(first)] == [won]
