"""Housekeeping over a real door: to a scripted database first, then to a real one."""

from __future__ import annotations

import json

import asyncpg
import httpx
import jwt
import pytest

from config import SettingsError
from data import Door, Supabase
from errors import AppError, NotAllowed, Unavailable, Unexpected
from jobs.door import KEY, TOKEN, URL, worker_door
from jobs.housekeeping import purge
from models import Tenant
from tests.database import DashboardDatabase
from tests.jobs.workers import SECRET, worker

ENVIRON = {
    "SUPABASE_URL": "http://supabase.test",
    "SUPABASE_KEY": "sb_publishable_x",
    "SUPABASE_JWT_SECRET": SECRET,
}

JSON_NULL = httpx.Response(200, content=b"null", headers={"content-type": "application/json"})


def answering(*answers: object) -> tuple[Door, list[httpx.Request]]:
    """A door to a database that gives these answers in turn, and then the last one for ever."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        body = answers[min(len(asked), len(answers)) - 1]
        return body if isinstance(body, httpx.Response) else httpx.Response(200, json=body)

    supabase = Supabase("http://supabase.test", "key", transport=httpx.MockTransport(answer))
    return supabase.door(lambda: "token"), asked


def removed(sessions: int, resets: int = 0) -> list[dict[str, object]]:
    return [
        {"table_name": "auth_sessions", "removed": sessions},
        {"table_name": "password_resets", "removed": resets},
    ]


class TestPurge:
    async def test_goes_on_until_a_batch_finds_nothing(self) -> None:
        door, asked = answering(removed(500, 3), removed(20), removed(0))

        totals, finished = await purge(door, batch=500)

        assert finished
        assert totals == {"auth_sessions": 520, "password_resets": 3}
        assert [json.loads(request.content) for request in asked] == [{"batch": 500}] * 3

    async def test_calls_the_function_of_the_dashboard_schema(self) -> None:
        door, asked = answering([])

        await purge(door, batch=1)

        assert (asked[0].method, asked[0].url.path) == ("POST", "/rest/v1/rpc/purge_expired")
        assert asked[0].headers["content-profile"] == "dashboard"

    async def test_stops_after_its_last_round_and_says_that_there_is_more(self) -> None:
        door, asked = answering(removed(5))

        totals, finished = await purge(door, batch=5, max_rounds=4)

        assert not finished
        assert len(asked) == 4
        assert totals["auth_sessions"] == 20

    @pytest.mark.parametrize(
        "answer",
        [JSON_NULL, 7, {"removed": 1}, [{"table_name": "auth_sessions"}], removed(-1)],
        ids=["null", "number", "object", "no count", "negative count"],
    )
    async def test_removes_nothing_more_after_an_answer_that_it_cannot_read(self, answer: object) -> None:
        door, asked = answering(answer)

        with pytest.raises(Unexpected):
            await purge(door, batch=5)

        assert len(asked) == 1

    async def test_a_silent_database_is_left_alone_until_prefect_tries_again(self) -> None:
        door, asked = answering(httpx.Response(503, json={"code": "PGRST001", "message": "no connection"}))

        with pytest.raises(Unavailable):
            await purge(door, batch=5)

        assert len(asked) == 1

    async def test_a_refusal_ends_the_run(self) -> None:
        refusal = {"code": "42501", "message": "permission denied", "details": None, "hint": None}
        door, asked = answering(httpx.Response(403, json=refusal))

        with pytest.raises(AppError) as refused:
            await purge(door, batch=5)

        assert refused.value.status == 403
        assert len(asked) == 1


class TestOverTheRealDatabase:
    async def test_removes_all_that_has_expired_and_keeps_the_rest(
        self, dashboard_database: DashboardDatabase
    ) -> None:
        connection = await asyncpg.connect(dashboard_database.superuser_uri)
        await connection.execute(SESSIONS)

        async with worker(dashboard_database) as door:
            totals, finished = await purge(door, batch=10)
            with pytest.raises(NotAllowed):
                await door.rows("my_tenants", Tenant)

        kept = await connection.fetchval("select count(*) from dashboard.auth_sessions")
        await connection.close()
        assert finished
        assert totals == {"auth_sessions": 25, "password_resets": 0, "write_requests": 0, "changes": 0}
        assert kept == 3


SESSIONS = """
with person as (
  insert into dashboard.users (user_id, email, full_name)
  values (gen_random_uuid(), 'somebody@example.com', 'Somebody') returning user_id
)
insert into dashboard.auth_sessions (session_hash, user_id, idle_expires_at, expires_at)
select sha256(number::text::bytea), user_id, now() + age, now() + age
from person, generate_series(1, 28) as number, lateral (
  select case when number <= 25 then interval '-31 days' else interval '1 hour' end as age
) as how_old
"""


class TestWorkerDoor:
    async def test_takes_what_an_embedded_panel_hands_to_its_runs_and_the_renewed_token(self) -> None:
        environ = {URL: "http://127.0.0.1:1", KEY: "of this start", TOKEN: "first"}
        async with worker_door(environ) as door:
            assert door._token() == "first"
            environ[TOKEN] = "second"
            assert door._token() == "second"

    async def test_signs_as_the_worker_role_and_nobody_else(self) -> None:
        async with worker_door(ENVIRON) as door:
            claims = jwt.decode(door._token(), SECRET, algorithms=["HS256"])

        assert claims["role"] == "dashboard_worker"
        assert claims["app_metadata"] == {}
        assert claims["exp"] - claims["iat"] <= 600

    async def test_needs_a_supabase_that_another_process_can_reach(self) -> None:
        with pytest.raises(SettingsError, match="SUPABASE_URL is not set"):
            async with worker_door({}):
                pass
