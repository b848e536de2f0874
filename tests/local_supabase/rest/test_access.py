"""As whom a request runs: tokens, roles, row level security, the function before each request."""

from typing import Any

import httpx
import pytest

from tests.local_supabase.rest.conftest import Case, Serve, run, token

EXPIRED = 1_700_000_000


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


CASES = [
    Case("GET /rpc/who", 200, '"anon"'),
    Case("GET /rpc/who", 200, '"anon"', headers={"apikey": token("authenticated")}),
    Case("GET /rpc/who", 200, '"anon"', headers={"Authorization": "Basic eDp5"}),
    Case("GET /rpc/who", 200, '"authenticated"', headers=bearer(token())),
    Case("GET /rpc/who", 200, '"authenticated"', headers={"authorization": f"bearer {token()}"}),
    Case("GET /rpc/who", 200, '"anon"', headers=bearer(token("anon"))),
    Case(
        "GET /secret",
        401,
        {"code": "42501", "message": "permission denied for table secret"},
        header={"www-authenticate": "Bearer"},
    ),
    Case("GET /secret", 403, {"code": "42501"}, headers=bearer(token()), header={"www-authenticate": None}),
    Case("GET /secret?select=id", 200, [{"id": 1}], headers=bearer(token())),
    Case("POST /secret", 401, {"code": "42501"}, send={"id": 2}),
    Case("GET /owned", 200, [{"id": 1, "owner": "ann"}], headers=bearer(token(sub="ann"))),
    Case("GET /owned", 200, [], headers=bearer(token(sub="eve"))),
    Case(
        "POST /owned",
        403,
        {"code": "42501"},
        send={"id": 3, "owner": "bob"},
        headers=bearer(token(sub="ann")),
    ),
    Case(
        "PATCH /owned",
        200,
        [{"id": 1, "owner": "ann"}],
        send={"owner": "ann"},
        prefer="return=representation",
        headers=bearer(token(sub="ann")),
    ),
    Case(
        "DELETE /owned",
        200,
        [{"id": 2, "owner": "bob"}],
        prefer="return=representation",
        headers=bearer(token(sub="bob")),
    ),
    Case("GET /rpc/who", 401, {"code": "22023"}, headers=bearer(token("no_such_role"))),
    Case("GET /rpc/who", 403, {"code": "42501"}, headers=bearer(token("postgres"))),
    Case(
        "GET /rpc/who",
        401,
        {"code": "PGRST303", "message": "JWT expired"},
        headers=bearer(token(exp=EXPIRED)),
        header={"www-authenticate": 'Bearer error="invalid_token", error_description="JWT expired"'},
    ),
    Case(
        "GET /nowhere",
        401,
        {"code": "PGRST301", "message": "Expected 3 parts in JWT; got 1"},
        headers=bearer("junk"),
    ),
    Case(
        "GET /rpc/who",
        401,
        {"code": "PGRST301", "message": "Empty JWT is sent in Authorization header"},
        headers={"Authorization": "Bearer "},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_access(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


async def test_without_an_anonymous_role_everyone_signs_in(serve: Serve) -> None:
    client = await serve(anon_role=None)
    await run(
        client,
        Case(
            "GET /items",
            401,
            {"code": "PGRST302", "message": "Anonymous access is disabled"},
            header={"www-authenticate": "Bearer"},
        ),
    )
    await run(client, Case("GET /rpc/who", 200, '"authenticated"', headers=bearer(token())))


async def test_without_a_secret_tokens_are_refused(serve: Serve) -> None:
    client = await serve(jwt_secret=None)
    await run(client, Case("GET /rpc/who", 500, {"code": "PGRST300"}, headers=bearer(token())))
    await run(client, Case("GET /rpc/who", 200, '"anon"'))


async def test_claims_reach_the_database_whole(client: httpx.AsyncClient) -> None:
    claims: dict[str, Any] = {"app_metadata": {"tenant": 'o\'neil \\ "x"'}, "sub": "Ж"}
    response = await client.get("/rpc/setting?name=request.jwt.claims", headers=bearer(token(**claims)))
    assert '"tenant":"o\'neil \\\\ \\"x\\""' in response.json()
    assert '"sub":"Ж"' in response.json()


async def test_a_function_may_run_before_every_request(serve: Serve) -> None:
    client = await serve(pre_request="api.guard")
    await run(client, Case("GET /hundred?limit=1", 200))
    await run(client, Case("GET /hundred", 418, {"message": "blocked"}, headers={"X-Block": "1"}))
    await run(client, Case("GET /rpc/who", 200, '"authenticated"', headers={"X-As": "authenticated"}))


async def test_nothing_of_a_request_stays_on_its_connection(serve: Serve) -> None:
    client = await serve(pool_size=1, tx_end="commit")
    await run(client, Case("POST /rpc/leak", 200))
    left = await client.get("/rpc/setting?name=app.leak")
    assert left.json() in (None, "")
