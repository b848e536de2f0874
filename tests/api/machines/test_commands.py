"""Commands over HTTP and a real database: people tell, agents ask and answer, and nobody else does either."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.machines import commands as routes
from api.machines.commands import command_routes, described
from control.hints import Hints
from queries.commands import Approval, CommandPage, SentCommand
from tests.api.machines.steering import Steering, steering
from tests.database import DashboardDatabase, copy_of
from tests.sql.agents import told
from tests.sql.steering import asks, tell
from tests.sql.world import SALON_A
from tests.waiting import until

WRITES: dict[str, dict[str, str]] = {
    "/runs/{run}/approvals/1": {"decision": "approve"},
    "/runs/{run}/stop": {},
    "/runs/stop": {},
    "/runs/{run}/tasks": {"text": "call Anna"},
    "/command-log/{run}/resend": {},
}


@pytest.fixture(scope="module")
async def started(migrated_template: DashboardDatabase) -> AsyncIterator[Steering]:
    database = copy_of(migrated_template)
    async with steering(database) as panel:
        yield panel
    database.cluster.drop_database(database.name)


@pytest.fixture
async def panel(started: Steering) -> Steering:
    """With nothing told of yet."""
    for table in ("bot_commands", "runs", "run_traces", "events", "event_payloads", "event_batches"):
        await started.world.connection.execute(f"delete from dashboard.{table}")
    return started


async def waiting(panel: Steering, **columns: Any) -> UUID:
    """A run of salon A that asks for an approval."""
    return await tell(panel.world, asks(**columns))


async def taken(panel: Steering, query: str = "", who: str = "agent") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await panel.told("GET", f"/commands{query}", who))["commands"]
    return listed


class TestApprovals:
    async def test_are_decided_by_a_person_and_done_by_an_agent(self, panel: Steering) -> None:
        run = await waiting(panel, payload={"arguments": {"amount": 5}})
        (pending,) = (await panel.told("GET", "/approvals", "operator_a"))["approvals"]
        assert Approval.model_validate(pending).arguments == {"amount": 5}
        assert (await panel.told("GET", "/approvals", "reader"))["approvals"] == [pending]
        made = await panel.write(f"/runs/{run}/approvals/1", decision="approve", comment="once")
        assert (await panel.told("GET", "/approvals", "operator_a"))["approvals"] == []
        (sent,) = await taken(panel)
        assert SentCommand.model_validate(sent).comment == "once"
        assert (sent["command_id"], sent["event_id"]) == (made["command_id"], "ask")
        path = f"/commands/{made['command_id']}"
        for _ in range(2):
            answered = await panel.told("POST", path, "agent", {"status": "done", "detail": "paid"})
            assert answered == {"command_id": made["command_id"], "status": "done"}
        (logged,) = CommandPage.model_validate(await panel.told("GET", "/command-log", "owner_a")).commands
        assert (logged.status, logged.result, logged.created_by) == ("done", "paid", "operator_a marked-a")

    async def test_say_who_was_first(self, panel: Steering) -> None:
        run = await waiting(panel)
        await panel.world.connection.execute(
            "update dashboard.memberships set known_as = 'A {x} {0}' where user_id = $1",
            panel.world.people["operator_a"],
        )
        made = await panel.write(f"/runs/{run}/approvals/1", decision="reject")
        problem = await panel.write(f"/runs/{run}/approvals/1", "owner_a", 409, decision="approve")
        assert problem["code"] == "approval_decided"
        assert problem["message"].startswith("A {x} {0} has rejected this already, at 20")
        assert problem["decision"]["created_by"] == "A {x} {0}"
        assert problem["decision"]["command_id"] == made["command_id"]
        assert problem["decision"]["created_at"][:19] == made["created_at"][:19]

    async def test_of_two_at_once_go_to_one(self, panel: Steering) -> None:
        run = await waiting(panel)
        answers = await asyncio.gather(
            *(
                panel.ask(
                    "POST", f"/runs/{run}/approvals/1", person,
                    {"request_id": str(uuid4()), "decision": decision},
                )
                for person, decision in (("owner_a", "approve"), ("operator_a", "reject"))
            )
        )  # fmt: skip
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert len(await taken(panel)) == 1

    async def test_sent_again_are_decided_once(self, panel: Steering) -> None:
        run, body = await waiting(panel), {"request_id": str(uuid4()), "decision": "approve"}
        first = await panel.told("POST", f"/runs/{run}/approvals/1", "operator_a", body)
        assert await panel.told("POST", f"/runs/{run}/approvals/1", "operator_a", body) == first
        assert len(await taken(panel)) == 1


class TestPeople:
    async def test_stop_give_tasks_and_send_again(self, panel: Steering) -> None:
        run = await waiting(panel)
        stop = await panel.write(f"/runs/{run}/stop", comment="enough")
        assert await panel.write(f"/runs/{run}/stop") == stop
        assert (await panel.write("/runs/stop"))["runs"] == 1
        await panel.write(f"/runs/{run}/tasks", text="call Anna")
        assert [one["kind"] for one in await taken(panel)] == ["stop", "stop_all", "add_task"]
        failed = {"status": "failed", "detail": "too busy"}
        await panel.told("POST", f"/commands/{stop['command_id']}", "agent", failed)
        again = await panel.write(f"/command-log/{stop['command_id']}/resend")
        assert (again["status"], "problem" in again) == ("queued", False)
        assert [one["command_id"] for one in await taken(panel)] == [stop["command_id"]]
        page = await panel.told("GET", f"/command-log?run={run}&limit=1", "operator_a")
        rest = await panel.told(
            "GET", f"/command-log?run={run}&limit=1&cursor={page['next_cursor']}", "operator_a"
        )
        assert [one["kind"] for one in page["commands"] + rest["commands"]] == ["add_task", "stop"]
        assert (await panel.told("GET", "/command-log?status=dead", "operator_a"))["commands"] == []

    @pytest.mark.parametrize("path", WRITES)
    async def test_are_no_keys_and_on_a_page_of_the_panel(self, panel: Steering, path: str) -> None:
        body = {"request_id": str(uuid4())} | WRITES[path]
        address = path.format(run=await waiting(panel))
        for key in ("agent", "reader"):
            assert (await panel.told("POST", address, key, body, 403))["code"] == "person_needed"
        for origin, code in (("https://evil.example", "origin_foreign"), ("", "origin_missing")):
            answer = await panel.ask("POST", address, "operator_a", body, origin=origin)
            assert (answer.status_code, answer.json()["code"]) == (403, code)
        assert (await panel.ask("POST", address, None, body)).status_code == 401
        assert (await panel.ask("POST", address, "admin_a", body)).json()["code"] == "not_allowed"
        answer = await panel.ask("POST", f"{address}?tenant={SALON_A}", None, body, **{"x-person": "owner_b"})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_salon")
        if path != "/runs/stop":
            assert (await panel.ask("POST", address, "owner_b", body)).status_code == 404
        assert (await panel.told("GET", "/command-log", "owner_a"))["commands"] == []

    @pytest.mark.parametrize("path", WRITES)
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"{}", b'{"request_id": 5}', b"\xff", b'{"request_id": "' + b"x" * 70_000]
    )
    async def test_send_what_makes_sense(self, panel: Steering, path: str, body: bytes) -> None:
        answer = await panel.ask("POST", path.format(run=uuid4()), "operator_a", body)
        assert answer.status_code == (413 if len(body) > 65_536 else 422)
        assert set(answer.json()) == {"code", "message", "advice"}

    async def test_alone_see_the_log(self, panel: Steering) -> None:
        assert (await panel.told("GET", "/command-log", "reader", status=403))["code"] == "person_needed"
        assert (await panel.ask("GET", "/command-log", None)).status_code == 401
        problem = await panel.told("GET", "/command-log?cursor=x", "owner_a", status=422)
        assert problem["code"] == "cursor_invalid"


class TestAgents:
    async def test_are_told_at_once_while_they_wait(
        self, panel: Steering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "LOOK_SECONDS", 30)
        run = await waiting(panel)
        asking = asyncio.create_task(taken(panel, "?wait=30"))
        await until(lambda: panel.hints.waiting(SALON_A))
        began = time.monotonic()
        await panel.write(f"/runs/{run}/stop")
        assert [one["kind"] for one in await asking] == ["stop"]
        assert time.monotonic() - began < 5
        assert panel.hints.waiting() == 0

    async def test_are_told_soon_of_what_another_panel_wrote(
        self, panel: Steering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "LOOK_SECONDS", 0.05)
        run = await waiting(panel)
        asking = asyncio.create_task(taken(panel, "?wait=30"))
        await until(lambda: panel.hints.waiting(SALON_A))
        began = time.monotonic()
        await panel.world.write("operator_a", "stop_run", run)
        assert len(await asking) == 1
        assert time.monotonic() - began < 10

    async def test_that_ask_at_once_have_each_command_once(self, panel: Steering) -> None:
        run = await waiting(panel)
        for number in range(12):
            await panel.write(f"/runs/{run}/tasks", text=str(number))
        asked = await asyncio.gather(*(taken(panel, "?limit=3") for _ in range(8)))
        handed_out = [one["text"] for some in asked for one in some]
        assert len(handed_out) == len(set(handed_out))
        handed_out += [one["text"] for one in await taken(panel, "?limit=100")]
        assert sorted(handed_out, key=int) == [str(number) for number in range(12)]

    async def test_are_told_when_there_is_nothing(self, panel: Steering) -> None:
        assert await taken(panel) == []
        began = time.monotonic()
        assert await taken(panel, "?wait=1") == []
        assert 0.9 < time.monotonic() - began < 10
        for query in ("?wait=31", "?wait=-1", "?limit=0", "?limit=101"):
            await panel.told("GET", f"/commands{query}", "agent", status=422)

    async def test_are_told_of_their_own_runs_only(self, panel: Steering) -> None:
        run = await waiting(panel)
        await panel.write(f"/runs/{run}/stop")
        trace = await panel.world.connection.fetchval("select trace_id from dashboard.runs")
        assert await taken(panel, "?run=another&run=else") == []
        assert [one["trace_id"] for one in await taken(panel, f"?run=another&run={trace}")] == [trace]
        for query in ("?run=", f"?run={'x' * 201}", "?" + "&".join(["run=x"] * 101)):
            await panel.told("GET", f"/commands{query}", "agent", status=422)

    async def test_that_wait_are_not_too_many(self, panel: Steering, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(routes, "MOST_OF_A_SALON", 1)
        asking = asyncio.create_task(taken(panel, "?wait=30"))
        await until(lambda: panel.hints.waiting(SALON_A))
        answer = await panel.ask("GET", "/commands?wait=5", "agent")
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_waiting")
        assert "retry-after" in answer.headers
        assert await taken(panel, "?wait=0") == []
        assert await taken(panel, "", "agent of b") == []
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: not panel.hints.waiting())

    async def test_have_a_key_with_the_scope(self, panel: Steering) -> None:
        run = await waiting(panel)
        made = await panel.write(f"/runs/{run}/stop")
        path, body = f"/commands/{made['command_id']}", {"status": "done"}
        for who, code in ((None, 401), ("operator_a", 401), ("reader", 403)):
            assert (await panel.ask("GET", "/commands", who)).status_code == code
            assert (await panel.ask("POST", path, who, body)).status_code == code
        assert await taken(panel, "", "agent of b") == []
        assert (await panel.told("POST", path, "agent of b", body, 404))["code"] == "command_not_found"

    async def test_answer_with_what_makes_sense(self, panel: Steering) -> None:
        made = await panel.write(f"/runs/{await waiting(panel)}/stop")
        path = f"/commands/{made['command_id']}"
        wrong: tuple[Any, ...] = ({}, {"status": "fine"}, {"status": "done", "detail": {}}, [], "x")
        for body in wrong:
            await panel.told("POST", path, "agent", body, 422)
        await panel.told("POST", path, "agent", {"status": "received"})
        await panel.told("POST", path, "agent", {"status": "failed", "detail": "no"})
        problem = await panel.told("POST", path, "agent", {"status": "done"}, 409)
        assert problem["code"] == "command_finished"

    async def test_leave_no_secret_in_the_log(self, panel: Steering) -> None:
        made = await panel.write(f"/runs/{await waiting(panel)}/stop")
        detail = "no\0: Authorization: Bearer sk-" + "a1" * 24
        body = {"status": "failed", "detail": detail}
        await panel.told("POST", f"/commands/{made['command_id']}", "agent", body)
        (logged,) = (await panel.told("GET", "/command-log", "owner_a"))["commands"]
        assert "a1a1" not in logged["problem"]
        assert "[removed" in logged["problem"]

    async def test_meet_an_outage_as_one(self, panel: Steering) -> None:
        assert await taken(panel) == []
        panel.switch.is_cut = True
        try:
            answer = await panel.ask("GET", "/commands?wait=10", "agent")
        finally:
            panel.switch.is_cut = False
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)

    async def test_who_have_left_are_handed_nothing(self, panel: Steering) -> None:
        run = await waiting(panel)
        arriving: asyncio.Queue[Any] = asyncio.Queue()
        arriving.put_nowait({"type": "http.request", "body": b""})

        async def send(_: Any) -> None:
            pass

        scope = {
            "type": "http", "method": "GET", "path": "/api/v1/commands", "query_string": b"wait=30",
            "headers": [(b"x-api-key", panel.keys["agent"].encode())], "scheme": "http", "state": {},
        }  # fmt: skip
        asking = asyncio.ensure_future(panel.app(scope, arriving.get, send))
        await until(lambda: panel.hints.waiting(SALON_A))
        arriving.put_nowait({"type": "http.disconnect"})
        await panel.write(f"/runs/{run}/stop")
        await asking
        (left,) = await taken(panel)
        assert left["attempt"] == 1, "nobody was handed it before"


async def test_what_is_hostile_stays_data(panel: Steering) -> None:
    await tell(panel.world, told("root", "t1", phase="begun", status="running", name='<script>"\u2028'))
    run = await waiting(panel, name="{0} <b>", payload={"arguments": {"__proto__": {":x": "<img>"}}})
    made = await panel.write(f"/runs/{run}/approvals/2", decision="approve", comment="{x} </script>")
    (sent,) = await taken(panel)
    assert (sent["name"], sent["comment"], made["comment"]) == ("{0} <b>", "{x} </script>", "{x} </script>")


def test_all_of_it_is_described() -> None:
    router = command_routes(None, None, Hints(), None)  # type: ignore[arg-type]
    document = described(router)
    assert set(document["paths"]) == {
        "/api/v1/commands", "/api/v1/commands/{command_id}", "/api/v1/approvals",
        "/api/v1/runs/{run_id}/approvals/{seq}", "/api/v1/runs/stop", "/api/v1/runs/{run_id}/stop",
        "/api/v1/runs/{run_id}/tasks", "/api/v1/command-log", "/api/v1/command-log/{command_id}/resend",
    }  # fmt: skip
    text = json.dumps(document)
    assert "HTTPValidationError" not in json.dumps(document["paths"])
    assert "#/$defs" not in text
    assert {"Command", "SentCommand", "Approval", "DecisionProblem"} <= set(document["schemas"])
