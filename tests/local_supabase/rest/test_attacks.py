"""Hostile names and values in every place of a request: data stays data, what is no text is refused."""

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from local_supabase.postgres import Cluster
from local_supabase.rest.app import MAX_BODY_BYTES
from local_supabase.settings import Settings
from tests.local_supabase.rest.conftest import DATABASE, Case, run, token

PAYLOADS = [
    "'; drop table api.victims; --",
    '"; drop table api.victims; --',
    '") from api.secret; --',
    "1); delete from api.victims; --",
    "\\'; drop table api.victims; --",
    '\\\\"; select 1',
    "$$; drop table api.victims; $$",
    "a' or '1'='1",
    '{"a","b\\\\"}',
    "%' or 1=1 --",
    "x::text)::int",
    "Robert'); DROP TABLE students;--",
    "\u202e🙂",
    "$1",
]
PLACES = [
    "GET /{x}",
    "GET /items?{x}=eq.1",
    "GET /items?name=eq.{x}",
    "GET /items?name=in.({x})",
    'GET /items?name=in.("{x}")',
    "GET /items?name=like.{x}",
    "GET /items?id={x}.1",
    "GET /items?name=fts({x}).cat",
    "GET /items?tags=cs.{x}",
    "GET /items?data->{x}=eq.1",
    "GET /items?data->>{x}=eq.1",
    "GET /items?select={x}",
    "GET /items?select=id::{x}",
    "GET /items?select={x}:id",
    "GET /items?select=data->{x}",
    'GET /items?select="{x}"',
    "GET /items?order={x}",
    "GET /items?order=id.{x}",
    "GET /items?limit={x}",
    "GET /items?offset={x}",
    "GET /items?or=(name.eq.{x},id.eq.1)",
    "GET /items?and=({x}.eq.1)",
    "GET /rpc/{x}",
    "GET /rpc/add_them?{x}=1",
    "GET /rpc/spread_out?parts={x}",
    "POST /codes?on_conflict={x}",
    "POST /codes?columns={x}",
]
HEADERS = [
    "Accept",
    "Accept-Profile",
    "Prefer",
    "Range",
    "X-Anything",
    "Cookie",
    "Content-Type",
    "Authorization",
]


@pytest.fixture(scope="module", autouse=True)
async def victims(base_settings: Settings, cluster: Cluster) -> AsyncIterator[None]:
    """A table that every payload tries to drop or empty, which is looked at afterwards."""
    cluster.run_sql("create table api.victims as select 1 as id; grant all on api.victims to anon", DATABASE)
    yield
    connection = await asyncpg.connect(base_settings.db_uri)
    await connection.execute("set role anon")
    assert await connection.fetchval("select count(*) from api.victims") == 1
    await connection.close()


@pytest.mark.parametrize("place", PLACES)
async def test_names_and_values_in_urls(client: httpx.AsyncClient, place: str) -> None:
    for payload in PAYLOADS:
        method, _, url = place.partition(" ")
        response = await client.request(
            method,
            url.format(x=quote(payload, safe="")),
            json={"code": "z", "label": "l"} if method == "POST" else None,
        )
        assert response.status_code < 500, (payload, response.text)
        assert response.status_code in {200, 201, 206, 300, 400, 404, 405, 416}, (payload, response.text)
        assert "hush" not in response.text


async def test_values_in_headers(client: httpx.AsyncClient) -> None:
    for name in HEADERS:
        for payload in PAYLOADS:
            method = "POST" if name == "Content-Type" else "GET"
            response = await client.request(method, "/hundred", headers={name.encode(): payload.encode()})
            assert response.status_code < 500, (name, payload, response.text)


async def test_values_in_claims(client: httpx.AsyncClient) -> None:
    for payload in PAYLOADS:
        signed = {"Authorization": f"Bearer {token(sub=payload, **{payload: payload})}"}
        seen = await client.get("/rpc/setting?name=request.jwt.claims", headers=signed)
        assert json.loads(seen.json())["sub"] == payload
        foreign = await client.get("/rpc/who", headers={"Authorization": f"Bearer {token(payload)}"})
        assert foreign.status_code == 401


async def test_values_in_bodies_come_back_as_they_went(client: httpx.AsyncClient) -> None:
    for payload in PAYLOADS:
        row = {"code": payload, "label": payload, "rank": 1}
        for content_type, body in (
            ("application/json", json.dumps(row)),
            ("application/x-www-form-urlencoded", f"code={quote(payload)}&label={quote(payload)}&rank=1"),
        ):
            headers = {"Content-Type": content_type, "Prefer": "return=representation"}
            response = await client.post("/codes", content=body, headers=headers)
            assert response.json() == [row]
        created = await client.post("/codes", json=row, headers={"Prefer": "return=headers-only"})
        assert created.headers["location"] == f"/codes?code={quote('eq.' + payload, safe='')}"
        bad_key = await client.post("/codes", json={payload: 1})
        assert bad_key.json()["code"] == "PGRST204"
        assert (await client.post("/rpc/spread_out", json={"parts": [payload]})).json() == payload


UNREADABLE = [
    Case("GET /items?name=eq.a%00b", 400, {"code": "PGRST100"}),
    Case("GET /it%00ems", 400, {"code": "PGRST100"}),
    Case("GET /items?name=eq.%ff", 400, {"code": "PGRST100"}),
    Case("GET /%ff", 400, {"code": "PGRST100"}),
    Case("POST /codes", 400, {"code": "PGRST102"}, send=b'{"code": "\xff"}'),
    Case("POST /codes", 400, {"code": "PGRST102"}, send=b'{"code": "\x00"}'),
    Case("POST /codes", 400, {"code": "22P05"}, send='{"code": "a\\u0000b", "label": "x"}'),
    Case("POST /codes", 400, {"code": "PGRST204"}, send='{"\\ud800": 1}'),
    Case("POST /codes", 400, {"code": "22P02"}, send='{"code": "\\ud800", "label": "x"}'),
    Case("GET /items?limit=99999999999999999999", 400, {"code": "22003"}),
    Case("GET /" + "a" * 5000, 404, {"code": "PGRST205", "hint": None}),
    Case(
        "GET /rpc/who",
        401,
        {"code": "PGRST303"},
        headers={"Authorization": f"Bearer {token(sub=chr(0xD800))}"},
    ),
    Case("GET /rpc/who", 401, {"code": "PGRST303"}, headers={"Authorization": f"Bearer {token(chr(0))}"}),
    Case("POST /codes", 400, {"code": "PGRST102"}, send="[" * 100_000),
    Case("POST /codes", 400, {"code": "PGRST102"}, send='{"a":' * 100_000),
    Case("POST /codes", 400, {"code": "PGRST102"}, send='{"code": NaN}'),
    Case("POST /codes", 400, {"code": "PGRST102"}, send="code\n\x00", headers={"Content-Type": "text/csv"}),
    Case(
        "POST /rpc/whole_text",
        400,
        {"code": "PGRST102"},
        send=b"\x00",
        headers={"Content-Type": "text/plain"},
    ),
    Case(f"GET /items?or={'(or' * 3000}", 400, {"code": "PGRST100"}),
]


@pytest.mark.parametrize("case", UNREADABLE, ids=lambda case: str(case)[:60])
async def test_what_is_no_text_is_refused(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


async def test_a_body_has_a_largest_size(client: httpx.AsyncClient) -> None:
    await run(client, Case("POST /codes", 413, {"code": "PGRST102"}, send=b" " * (MAX_BODY_BYTES + 1)))
