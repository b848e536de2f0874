"""The search in events over HTTP: what is asked of the database, and how its answers and refusals arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from queries.event_search import HitPage
from tests.api.machines.answering import RUN, Database, refusal
from tests.api.machines.test_runs import serving, told

HIT: dict[str, Any] = {
    "run_id": str(RUN), "run_name": "Booking", "run_status": "done", "agent": "receptionist", "seq": 7,
    "at": "2026-03-01T12:00:00+00:00", "kind": "tool_call", "phase": "ended", "status": "done",
    "name": "find_slots", "excerpt": "… a needle", "hits": [[4, 10]],
}  # fmt: skip
PAGE: dict[str, Any] = {"events": [HIT], "next_cursor": None, "is_partial": False}


@pytest.fixture
def database() -> Database:
    return Database({"search_events": PAGE})


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(database) as client:
        yield client


async def test_events_are_told_as_the_database_finds_them(
    client: httpx.AsyncClient, database: Database
) -> None:
    assert await told(client, "/events/search?q=needle") == PAGE
    assert database.asked == [("search_events", {"typed": "needle", "at_most": "50"})]
    assert HitPage.model_validate(PAGE).events[0].hits == [(4, 10)]


async def test_what_is_asked_reaches_the_database_as_it_is(
    client: httpx.AsyncClient, database: Database
) -> None:
    await told(client, "/events/search?q=it's%20%26%20(%3A*&limit=7&cursor=1:2:3&status=error")
    asked = {"typed": "it's & (:*", "at_most": "7", "before": "1:2:3", "status": "error"}
    assert database.asked == [("search_events", asked)]


async def test_a_zero_character_stands_between_words(client: httpx.AsyncClient, database: Database) -> None:
    """No database takes it."""
    await told(client, "/events/search?q=a%00b")
    assert database.asked[0][1]["typed"] == "a b"


@pytest.mark.parametrize(
    "query",
    ["", "limit=5", f"q={'x' * 401}", "q=x&limit=0", "q=x&limit=101", "q=x&status=fine",
     f"q=x&cursor={'1' * 101}"],
)  # fmt: skip
async def test_a_value_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, database: Database, query: str
) -> None:
    problem = await told(client, f"/events/search?{query}", 422)
    assert set(problem) == {"code", "message", "advice"}
    assert database.asked == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(422, "search_without_words"), (422, "search_too_long"), (422, "cursor_invalid"), (403, "not_allowed")],
)
async def test_a_refusal_is_told_as_everywhere(
    client: httpx.AsyncClient, database: Database, status: int, code: str
) -> None:
    database.answers["search_events"] = refusal(status, code)
    problem = await told(client, "/events/search?q=%21", status)
    assert (problem["code"], set(problem)) == (code, {"code", "message", "advice"})


async def test_without_a_key_or_a_session_nothing_is_told(
    client: httpx.AsyncClient, database: Database
) -> None:
    answer = await client.get("/api/v1/events/search?q=needle", headers={"x-api-key": ""})
    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
    assert database.asked == []
