"""Commands on their way to agents: taken, sent, answered, given up, and told to nobody else."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.sql.agents import add_key, told
from tests.sql.steering import (
    WORKER,
    agent,
    asks,
    change,
    commands,
    ends,
    running,
    stop,
    taken,
    tell,
)
from tests.sql.world import SALON_A, SALON_B, Caller, World, refused

DUE = "now() - interval '1 second'"


async def answer(world: World, by: Caller, command: Any, status: str, detail: str | None = None) -> Any:
    return await world.call(by, "answer_command", UUID(command["command_id"]), status, detail)


async def to_send(world: World, at_most: int = 20) -> list[dict[str, Any]]:
    leased: list[dict[str, Any]] = await world.call(WORKER, "commands_to_send", at_most)
    return leased


async def one(world: World) -> dict[str, Any]:
    """The only command, as people see it."""
    (only,) = await commands(world)
    return only


async def streams(world: World) -> list[str]:
    rows = await world.connection.fetch("select stream from dashboard.changes where stream = 'commands'")
    return [row["stream"] for row in rows]


class TestStop:
    async def test_is_told_to_the_run_s_newest_trace(self, world: World) -> None:
        run_id = await tell(world, asks("ask", "t1", conversation_id="c"))
        await tell(world, told("more", "t2", conversation_id="c", at="2026-11-30T00:00:00Z"))
        made = await stop(world, run_id, comment="enough")
        assert (made["kind"], made["status"], made["run_id"]) == ("stop", "queued", str(run_id))
        (sent,) = await taken(world, await agent(world))
        assert (sent["trace_id"], sent["conversation_id"], sent["comment"]) == ("t2", "c", "enough")
        assert (sent["kind"], sent["tenant_id"], sent["attempt"]) == ("stop", str(SALON_A), 1)
        assert "event_id" not in sent

    async def test_that_is_under_way_is_given_back(self, world: World) -> None:
        run_id, request = await running(world), uuid4()
        first = await stop(world, run_id)
        again = await world.call("owner_a", "stop_run", request, run_id, "other")
        assert again == first
        assert await world.call("owner_a", "stop_run", request, run_id, "other") == first
        await answer(world, await agent(world), first, "done")
        assert (await stop(world, run_id))["command_id"] != first["command_id"]
        actions = await world.connection.fetch("select action from dashboard.audit_log where action ~ '^run'")
        assert [row["action"] for row in actions] == ["run.stop_asked"] * 2

    @pytest.mark.parametrize(
        ("stands", "is_under_way"),
        [
            ({"status": "'sent'", "sent_at": "now() - interval '59 s'"}, True),
            ({"status": "'sent'", "sent_at": "now() - interval '61 s'"}, False),
            ({"status": "'received'", "received_at": "now() - interval '61 s'"}, False),
            ({"status": "'received'", "next_attempt_at": "now() + interval '1 s'"}, True),
            ({"status": "'queued'", "created_at": "now() - interval '1 h'"}, True),
        ],
    )
    async def test_that_was_taken_and_not_obeyed_is_said_anew(
        self, world: World, stands: dict[str, str], is_under_way: bool
    ) -> None:
        """Its agent may have died; nobody is to be kept from stopping the one that took its place."""
        run_id = await running(world)
        for first in (await stop(world, run_id), await world.write("owner_a", "stop_all_runs")):
            await change(world, first, **{"next_attempt_at": "now()"} | stands)
        await stop(world, run_id)
        await world.write("owner_a", "stop_all_runs")
        assert len(await commands(world)) == (2 if is_under_way else 4)

    async def test_of_a_run_that_has_ended_is_refused(self, world: World) -> None:
        run_id = await running(world)
        await tell(world, ends())
        async with refused(world, "PT409", "run_ended"):
            await stop(world, run_id)

    async def test_of_all_runs_says_how_many_there_were(self, world: World) -> None:
        for trace in ("t1", "t2"):
            await running(world, trace)
        await tell(world, asks("ask", "t3"))
        await running(world, "t4")
        await tell(world, ends("t4"))
        await running(world, "t1", SALON_B)
        made = await world.write("operator_a", "stop_all_runs", "fire")
        assert (made["kind"], made["runs"], made["comment"]) == ("stop_all", 3, "fire")
        assert "run_id" not in made
        assert await world.write("owner_a", "stop_all_runs") == made
        sent, *each = await taken(world, await agent(world))
        assert "trace_id" not in sent
        assert sorted(one["trace_id"] for one in each) == ["t1", "t2", "t3"]

    @pytest.mark.parametrize("person", ["admin_a", "owner_b", "outsider"])
    async def test_is_for_who_may_steer_the_salons_agents(self, world: World, person: str) -> None:
        run_id = await running(world)
        calls: dict[str, tuple[Any, ...]] = {
            "stop_run": (run_id,), "stop_all_runs": (), "add_plan_task": (run_id, "x"),
            "resend_command": (uuid4(),),
        }  # fmt: skip
        for function, arguments in calls.items():
            async with refused(world, "PT403", "not_allowed"):
                await world.write(person, function, *arguments, tenant=SALON_A)
        if person == "owner_b":
            for function in ("stop_run", "add_plan_task"):
                async with refused(world, "PT404", "run_not_found"):
                    await world.write(person, function, *calls[function])
        assert await commands(world) == []


class TestTask:
    async def test_is_told_as_it_was_written(self, world: World) -> None:
        sent_twice = (uuid4(), await running(world), " Call Anna <b>back</b> ")
        made = await world.call("owner_a", "add_plan_task", *sent_twice)
        assert await world.call("owner_a", "add_plan_task", *sent_twice) == made
        (sent,) = await taken(world, await agent(world))
        assert (sent["kind"], sent["text"]) == ("add_task", "Call Anna <b>back</b>")

    @pytest.mark.parametrize("text", [None, "", "  ", "\u200d", "a\nb", "a\u202eb", "x" * 501])
    async def test_is_one_visible_line(self, world: World, text: str | None) -> None:
        run_id = await running(world)
        async with refused(world, "PT422", "task_invalid"):
            await world.write("owner_a", "add_plan_task", run_id, text)

    async def test_of_a_run_that_has_ended_is_refused(self, world: World) -> None:
        run_id = await running(world)
        await tell(world, ends())
        async with refused(world, "PT409", "run_ended"):
            await world.write("owner_a", "add_plan_task", run_id, "x")


class TestTaking:
    async def test_marks_it_received_and_hands_it_to_nobody_else(self, world: World) -> None:
        made, asker = await stop(world, await running(world)), await agent(world)
        (sent,) = await taken(world, asker)
        assert sent["command_id"] == made["command_id"]
        assert await taken(world, asker) == []
        seen = await one(world)
        assert (seen["status"], seen["attempts"], "received_at" in seen) == ("received", 1, True)

    async def test_hands_out_again_what_is_not_answered_and_gives_up_in_the_end(self, world: World) -> None:
        made, asker = await stop(world, await running(world)), await agent(world)
        for attempt in range(1, 6):
            (sent,) = await taken(world, asker)
            assert (sent["command_id"], sent["attempt"]) == (made["command_id"], attempt)
            pause = await world.connection.fetchval(
                "select next_attempt_at - now() from dashboard.bot_commands"
            )
            assert pause.total_seconds() == 60
            await change(world, made, next_attempt_at=DUE)
        assert await taken(world, asker) == []
        seen = await one(world)
        assert (seen["status"], seen["problem"]) == ("dead", "not_answered")
        await answer(world, asker, made, "done")
        assert (await one(world))["status"] == "done", "what comes too late counts all the same"

    async def test_goes_by_age_and_no_further_than_asked(self, world: World) -> None:
        run_id = await running(world)
        for text in "abc":
            await world.write("owner_a", "add_plan_task", run_id, text)
        asker = await agent(world)
        assert [sent["text"] for sent in await taken(world, asker, 2)] == ["a", "b"]
        assert [sent["text"] for sent in await taken(world, asker)] == ["c"]

    async def test_leaves_out_what_is_too_old(self, world: World) -> None:
        made, asker = await stop(world, await running(world)), await agent(world)
        await change(world, made, expires_at=DUE)
        assert await taken(world, asker) == []
        seen = await one(world)
        assert (seen["status"], seen["problem"], "next_attempt_at" in seen) == ("expired", "not_taken", False)

    async def test_is_for_living_keys_of_the_salon_with_the_scope(self, world: World) -> None:
        made = await stop(world, await running(world))
        other = await add_key(world, SALON_B, "control")
        assert await taken(world, other) == []
        async with refused(world, "PT404", "command_not_found"):
            await answer(world, other, made, "done")
        for scope in ("ingest", "read"):
            key = await add_key(world, SALON_A, scope)
            async with refused(world, "PT403", "key_scope"):
                await taken(world, key)
            async with refused(world, "PT403", "key_scope"):
                await answer(world, key, made, "done")
        asker = await agent(world)
        await world.connection.execute("update dashboard.api_keys set revoked_at = now()")
        async with refused(world, "PT401", "key_invalid"):
            await taken(world, asker)
        assert (await one(world))["status"] == "queued"


class TestAnswer:
    @pytest.mark.parametrize(("status", "where"), [("done", "result"), ("failed", "problem")])
    async def test_counts_once(self, world: World, status: str, where: str) -> None:
        made, asker = await stop(world, await running(world)), await agent(world)
        for _ in range(2):
            assert await answer(world, asker, made, status, "as\nasked") == {
                "command_id": made["command_id"], "status": status,
            }  # fmt: skip
        seen = await one(world)
        assert (seen["status"], seen[where], "finished_at" in seen) == (status, "asasked", True)
        other = "done" if status == "failed" else "failed"
        async with refused(world, "PT409", "command_finished"):
            await answer(world, asker, made, other)
        assert (await answer(world, asker, made, "received"))["status"] == status
        assert await taken(world, asker) == []

    async def test_that_it_is_at_work_ends_the_asking(self, world: World) -> None:
        made, asker = await stop(world, await running(world)), await agent(world)
        await taken(world, asker)
        await answer(world, asker, made, "received")
        assert "next_attempt_at" not in await one(world)
        assert await world.call(WORKER, "give_up_commands") == 0
        await change(world, made, expires_at=DUE)
        assert await world.call(WORKER, "give_up_commands") == 1
        assert (await one(world))["status"] == "expired"

    async def test_makes_no_sense(self, world: World) -> None:
        made, asker = await stop(world, await running(world)), await agent(world)
        for status in ("queued", "", None):
            async with refused(world, "PT422", "status_invalid"):
                await world.call(asker, "answer_command", UUID(made["command_id"]), status)
        await answer(world, asker, made, "failed", "x" * 5_000)
        assert len((await one(world))["problem"]) == 2_000


class TestSending:
    async def test_is_leased_noted_and_not_sent_again(self, world: World) -> None:
        made = await stop(world, await running(world))
        (sent,) = await to_send(world)
        assert sent["command_id"] == made["command_id"]
        assert await to_send(world) == []
        assert await taken(world, await agent(world)) == [], "nobody else has it meanwhile"
        await world.call(WORKER, "note_sent", UUID(made["command_id"]))
        seen = await one(world)
        assert (seen["status"], seen["attempts"], "sent_at" in seen) == ("sent", 1, True)
        await change(world, made, next_attempt_at=DUE)
        assert await to_send(world) == []
        assert len(await taken(world, await agent(world))) == 1, "what nobody has answered can be asked for"

    async def test_is_tried_again_after_pauses_that_grow_and_given_up(self, world: World) -> None:
        made = await stop(world, await running(world))
        pauses = []
        for _ in range(8):
            assert len(await to_send(world)) == 1
            await world.call(WORKER, "note_unsent", UUID(made["command_id"]), "status 500")
            pauses.append(
                await world.connection.fetchval(
                    "select extract(epoch from next_attempt_at - now())::integer from dashboard.bot_commands"
                )
            )
            await change(world, made, next_attempt_at=DUE)
        assert pauses == [1, 2, 4, 8, 16, 32, 60, None]
        seen = await one(world)
        assert (seen["status"], seen["problem"], seen["attempts"]) == ("dead", "status 500", 8)
        assert await to_send(world) == []

    async def test_by_a_panel_that_has_died_is_done_by_another(self, world: World) -> None:
        made = await stop(world, await running(world))
        for _ in range(8):
            assert len(await to_send(world)) == 1
            await change(world, made, next_attempt_at=DUE)
        assert await to_send(world) == []
        assert await world.call(WORKER, "give_up_commands") == 1
        assert (await one(world))["status"] == "dead"

    async def test_does_not_outrun_an_answer(self, world: World) -> None:
        made = await stop(world, await running(world))
        await to_send(world)
        await answer(world, await agent(world), made, "done")
        await world.call(WORKER, "note_sent", UUID(made["command_id"]))
        await world.call(WORKER, "note_unsent", UUID(made["command_id"]), "late")
        seen = await one(world)
        assert (seen["status"], "problem" in seen) == ("done", False)

    async def test_is_of_all_salons(self, world: World) -> None:
        await stop(world, await running(world))
        await stop(world, await running(world, salon=SALON_B), "owner_b")
        assert [sent["tenant_id"] for sent in await to_send(world)] == [str(SALON_A), str(SALON_B)]


class TestAnew:
    @pytest.mark.parametrize("status", ["queued", "sent", "received", "done"])
    async def test_goes_nothing_that_is_done_or_under_way(self, world: World, status: str) -> None:
        made = await stop(world, await running(world))
        await change(world, made, status=f"'{status}'")
        async with refused(world, "PT409", "command_under_way"):
            await world.write("owner_a", "resend_command", UUID(made["command_id"]))

    async def test_goes_no_stop_beside_another(self, world: World) -> None:
        run_id = await running(world)
        made = await stop(world, run_id)
        await change(world, made, status="'dead'")
        await stop(world, run_id)
        async with refused(world, "PT409", "command_under_way"):
            await world.write("owner_a", "resend_command", UUID(made["command_id"]))

    async def test_goes_nothing_to_a_run_that_has_ended(self, world: World) -> None:
        made = await stop(world, await running(world))
        await change(world, made, status="'dead'")
        await tell(world, ends())
        async with refused(world, "PT409", "run_ended"):
            await world.write("owner_a", "resend_command", UUID(made["command_id"]))

    async def test_goes_once_for_a_request(self, world: World) -> None:
        made, request = await world.write("owner_a", "stop_all_runs"), uuid4()
        await change(world, made, status="'expired'", expires_at=DUE)
        command_id = UUID(made["command_id"])
        again = await world.call("owner_a", "resend_command", request, command_id)
        await change(world, made, status="'done'")
        assert await world.call("owner_a", "resend_command", request, command_id) == again
        await change(world, made, status="'queued'")
        assert len(await taken(world, await agent(world))) == 1

    async def test_goes_nothing_of_another_salon(self, world: World) -> None:
        made = await stop(world, await running(world))
        await change(world, made, status="'dead'")
        async with refused(world, "PT404", "command_not_found"):
            await world.write("owner_b", "resend_command", UUID(made["command_id"]))


class TestLog:
    async def test_is_told_page_by_page_and_by_run_and_status(self, world: World) -> None:
        first, second = await running(world), await running(world, "t2")
        for number in range(5):
            await world.write("owner_a", "add_plan_task", first, str(number))
        await change(world, await stop(world, second), status="'dead'")
        told_of = await commands(world)
        assert [seen.get("text") for seen in told_of] == [None, "4", "3", "2", "1", "0"]
        page = await world.call("operator_a", "list_commands", None, None, 4)
        rest = await world.call("operator_a", "list_commands", None, None, 4, page["next_cursor"])
        assert page["commands"] + rest["commands"] == told_of
        assert rest["next_cursor"] is None
        assert [seen["kind"] for seen in await commands(world, "owner_a", second)] == ["stop"]
        assert [seen["kind"] for seen in await commands(world, "owner_a", None, "dead")] == ["stop"]
        async with refused(world, "PT422", "cursor_invalid"):
            await commands(world, "owner_a", None, None, 4, "x")

    async def test_masks_contacts_for_who_may_not_see_them(self, world: World) -> None:
        run_id = await running(world, name="call +79161234567")
        await world.write("owner_a", "add_plan_task", run_id, "call +79161234567")
        await stop(world, run_id, comment="anna@example.com")
        assert "79161234567" in json.dumps(await commands(world))
        seen = json.dumps(await commands(world, "operator_a"))
        assert "79161234567" not in seen
        assert "anna@" not in seen

    async def test_is_the_salons_own(self, world: World) -> None:
        await stop(world, await running(world))
        assert await commands(world, "owner_b") == []
        async with refused(world, "PT403", "not_allowed"):
            await world.call("owner_b", "list_commands", tenant=SALON_A)

    async def test_rings_when_something_has_become_of_one(self, world: World) -> None:
        await world.connection.execute("delete from dashboard.changes")
        made = await stop(world, await running(world))
        assert len(await streams(world)) == 1
        await to_send(world)
        assert len(await streams(world)) == 1, "a try is no news"
        await world.call(WORKER, "note_sent", UUID(made["command_id"]))
        await answer(world, await agent(world), made, "done")
        assert len(await streams(world)) == 3

    async def test_goes_with_its_run(self, world: World) -> None:
        run_id = await running(world)
        await stop(world, run_id)
        await world.write("owner_a", "stop_all_runs")
        await world.connection.execute("delete from dashboard.runs where run_id = $1", run_id)
        assert [seen["kind"] for seen in await commands(world)] == ["stop_all"]
