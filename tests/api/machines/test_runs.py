"""The history of runs over HTTP: what is asked of the database, and how its answers and refusals arrive."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from api.machines.runs import ExportFormat, run_routes
from data import Door
from errors import SignInRequired
from queries.runs import AgentEvent, EventPage, Json, Run, RunPage
from tests.api.machines.answering import RUN, Database, event_row, refusal, run_row

TRACE = "ab" * 16


class Readers:
    """Anybody with the right header reads."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def reader(self, request: Request) -> Door:
        if request.headers.get("x-api-key") != "living":
            raise SignInRequired("A key is needed.", code="key_missing", advice="Send one.")
        return self.database.door()


async def lines(run: Json, events: AsyncIterator[Json]) -> AsyncIterator[bytes]:
    yield f"{run['run_id']}\n".encode()
    async for event in events:
        yield f"{event['seq']}\n".encode()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(database) as client:
        yield client


def serving(database: Database) -> httpx.AsyncClient:
    app = FastAPI(openapi_url=None)
    formats = {"lines": ExportFormat("text/plain", "txt", lines)}
    more = {
        "paths": {"/api/v1/events": {"post": {"summary": "Events in", "responses": {}}}},
        "schemas": {"Sent": {"type": "object"}},
    }
    app.include_router(run_routes(Readers(database), formats, lambda: more))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://panel.test", headers={"x-api-key": "living"}
    )


async def told(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


class TestRuns:
    async def test_are_listed_as_the_database_tells_them(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        page = {"runs": [run_row(), run_row(status="waiting")], "next_cursor": "17:x"}
        database.answers["list_runs"] = page
        assert await told(client, "/runs") == page
        assert database.asked == [("list_runs", {"at_most": "100"})]
        assert len(RunPage.model_validate(page).runs) == 2

    async def test_are_filtered_by_the_database(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers["list_runs"] = {"runs": [], "next_cursor": None}
        query = (
            "status=waiting&conversation=c%201&agent=booker&since=2026-03-01T00:00:00Z"
            "&until=2026-03-02T00:00:00%2B03:00&search=50%25&limit=7&cursor=12:ab"
        )
        await told(client, f"/runs?{query}")
        assert database.asked == [
            (
                "list_runs",
                {
                    "at_most": "7",
                    "before": "12:ab",
                    "status": "waiting",
                    "conversation": "c 1",
                    "agent": "booker",
                    "since": "2026-03-01T00:00:00+00:00",
                    "until": "2026-03-02T00:00:00+03:00",
                    "search": "50%",
                },
            )
        ]

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=501",
            "limit=x",
            "status=fine",
            "since=yesterday",
            "since=2026-03-01T00:00:00",
            "source=other",
            f"search={'x' * 401}",
            "source=bot&status=done",
        ],
    )
    async def test_a_value_that_makes_no_sense_is_refused(
        self, client: httpx.AsyncClient, database: Database, query: str
    ) -> None:
        problem = await told(client, f"/runs?{query}", 422)
        assert set(problem) == {"code", "message", "advice"}
        assert database.asked == []

    async def test_a_cursor_that_the_database_refuses_is_told_as_that(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["list_runs"] = refusal(422, "cursor_invalid")
        problem = await told(client, "/runs?cursor=nonsense", 422)
        assert problem == {"code": "cursor_invalid", "message": "It may not be.", "advice": "Do other."}

    async def test_of_the_bot_are_listed_on_request(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["list_bot_runs"] = {"runs": [run_row(run_id="17", source="bot")], "next_cursor": "9"}
        page = await told(client, "/runs?source=bot&limit=3&cursor=20")
        assert database.asked == [("list_bot_runs", {"at_most": "3", "before": "20"})]
        assert RunPage.model_validate(page).runs[0].source == "bot"

    async def test_one_is_told_or_not_found(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers["run"] = run_row()
        assert Run.model_validate(await told(client, f"/runs/{RUN}")).name == "Booking"
        database.answers["run"] = None
        assert (await told(client, f"/runs/{RUN}", 404))["code"] == "not_found"
        assert (await told(client, "/runs/7", 422))["code"] == "invalid"


class TestEvents:
    async def test_are_told_page_by_page(self, client: httpx.AsyncClient, database: Database) -> None:
        page = {"events": [event_row(8), event_row(9)], "next_cursor": 9}
        database.answers["run_events"] = page
        assert await told(client, f"/runs/{RUN}/events?cursor=7&limit=2") == page
        assert database.asked == [("run_events", {"run_id": str(RUN), "after": "7", "at_most": "2"})]
        assert EventPage.model_validate(page).next_cursor == 9

    @pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "99999999999"])
    async def test_need_a_cursor_that_is_a_number(self, client: httpx.AsyncClient, cursor: str) -> None:
        problem = await told(client, f"/runs/{RUN}/events?cursor={cursor}", 422)
        assert problem["code"] == "cursor_invalid"

    async def test_of_no_run_are_not_found(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers |= {"run_events": None, "bot_run_events": None, "event_detail": None}
        await told(client, f"/runs/{RUN}/events", 404)
        await told(client, f"/runs/{RUN}/events/1", 404)
        await told(client, "/bot-runs/17/events", 404)

    async def test_one_is_told_with_its_payload(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers["event_detail"] = event_row(3, payload={"result": "<b>ok</b>"})
        event = AgentEvent.model_validate(await told(client, f"/runs/{RUN}/events/3"))
        assert event.payload == {"result": "<b>ok</b>"}
        assert database.asked == [("event_detail", {"run_id": str(RUN), "seq": "3"})]

    async def test_of_the_bots_run_are_told(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers["bot_run_events"] = {"events": [event_row(1)], "next_cursor": None}
        assert len((await told(client, "/bot-runs/17/events?cursor=4"))["events"]) == 1
        assert database.asked == [("bot_run_events", {"run_key": "17", "after": "4", "at_most": "200"})]


class TestTraces:
    async def test_a_span_is_told_as_soon_as_it_is_there(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["step_events"] = []
        await told(client, "/spans/00000000000000aa", 404)
        database.answers["step_events"] = [event_row(0xAA)]
        answer = await told(client, "/spans/00000000000000aa")
        assert (answer["span_id"], len(answer["events"])) == ("00000000000000aa", 1)

    async def test_a_trace_is_read_on_by_a_cursor_that_is_text(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["trace_events"] = lambda asked: (
            {"events": [event_row(1), event_row(2)], "next_cursor": 2}
            if asked["after"] == "0"
            else {"events": [event_row(3)], "next_cursor": None}
        )
        first = await told(client, f"/traces/{TRACE}?cursor=")
        assert first["next_cursor"] == "2"
        last = await told(client, f"/traces/{TRACE}?cursor={first['next_cursor']}")
        assert [event["seq"] for event in last["spans"]] == [3]
        assert "next_cursor" not in last

    @pytest.mark.parametrize("cursor", ["x", "-1", "²", "1:2", "9" * 12])
    async def test_a_cursor_that_is_none_is_refused(self, client: httpx.AsyncClient, cursor: str) -> None:
        assert (await told(client, f"/traces/{TRACE}?cursor={cursor}", 422))["code"] == "cursor_invalid"

    async def test_one_that_is_not_there_is_not_found(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["trace_events"] = None
        await told(client, f"/traces/{TRACE}", 404)

    async def test_the_newest_are_listed(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers["list_runs"] = {"runs": [run_row()] * 3, "next_cursor": "5:x"}
        answer = await told(client, "/traces?limit=3")
        assert (len(answer["traces"]), answer["next_cursor"]) == (3, "5:x")


class TestExport:
    async def test_is_written_page_by_page(self, client: httpx.AsyncClient, database: Database) -> None:
        database.answers["run"] = run_row()
        database.answers["run_export"] = lambda asked: {
            "0": {"events": [event_row(1), event_row(2)], "next_cursor": 2},
            "2": {"events": [event_row(3)], "next_cursor": None},
        }[asked["after"]]
        answer = await client.get(f"/api/v1/runs/{RUN}/export?format=lines")
        assert answer.text == f"{RUN}\n1\n2\n3\n"
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["content-disposition"] == f'attachment; filename="run-{RUN}.txt"'

    async def test_of_no_run_is_not_found_and_of_no_format_refused(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["run"] = None
        await told(client, f"/runs/{RUN}/export?format=lines", 404)
        assert "lines" in (await told(client, f"/runs/{RUN}/export?format=pdf", 422))["advice"]

    async def test_that_fails_half_way_does_not_end_as_if_it_were_whole(self, database: Database) -> None:
        database.answers["run"] = run_row()
        database.answers["run_export"] = lambda asked: (
            {"events": [event_row(1)], "next_cursor": 1} if asked["after"] == "0" else refusal(403, "x")
        )
        async with serving(database) as client:
            with pytest.raises(Exception, match="It may not be"):
                await client.get(f"/api/v1/runs/{RUN}/export?format=lines")


class TestRefusals:
    PATHS = (
        "/runs", f"/runs/{RUN}", f"/runs/{RUN}/events", f"/runs/{RUN}/events/1",
        f"/runs/{RUN}/export?format=lines",
        "/spans/aa", "/traces", f"/traces/{TRACE}", "/bot-runs/7/events",
    )  # fmt: skip

    @pytest.mark.parametrize("path", PATHS)
    async def test_without_a_key_nothing_is_told(
        self, client: httpx.AsyncClient, database: Database, path: str
    ) -> None:
        client.headers.pop("x-api-key")
        assert (await told(client, path, 401))["code"] == "key_missing"
        assert database.asked == []

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(("status", "code"), [(401, "key_invalid"), (403, "key_scope")])
    async def test_of_the_database_arrive_as_they_are(self, path: str, status: int, code: str) -> None:
        names = "list_runs run run_events event_detail run_export step_events trace_events bot_run_events"
        database = Database(dict.fromkeys(names.split(), refusal(status, code)))
        async with serving(database) as client:
            assert await told(client, path, status) == {
                "code": code, "message": "It may not be.", "advice": "Do other.",
            }  # fmt: skip

    async def test_an_outage_is_503_and_says_when_to_come_again(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        database.answers["run"] = httpx.Response(503, json={"code": "57014", "message": "too slow"})
        answer = await client.get(f"/api/v1/runs/{RUN}")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_the_openapi_document_describes_all_of_it(client: httpx.AsyncClient) -> None:
    document = await told(client, "/openapi.json")
    assert set(document["paths"]) == {
        "/api/v1/runs", "/api/v1/runs/{run_id}", "/api/v1/runs/{run_id}/events",
        "/api/v1/runs/{run_id}/events/{seq}", "/api/v1/runs/{run_id}/export", "/api/v1/bot-runs/{key}/events",
        "/api/v1/spans/{span_id}", "/api/v1/traces", "/api/v1/traces/{trace_id}", "/api/v1/events",
        "/api/v1/events/search",
    }  # fmt: skip
    schemas = document["components"]["schemas"]
    assert {"Run", "AgentEvent", "Problem", "RunPage", "EventPage", "TracePage", "Sent"} <= set(schemas)
    assert "HTTPValidationError" not in json.dumps(document["paths"])
    for path, methods in document["paths"].items():
        if path != "/api/v1/events":
            assert "#/components/schemas/Problem" in json.dumps(methods["get"]["responses"]["422"])
