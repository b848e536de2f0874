"""What the database says of its own types: how a domain looks to clients, and which documents it makes."""

import httpx
import pytest

from tests.local_supabase.rest.conftest import Case, run

REPRESENTATION = "return=representation"

REPRESENTATIONS = [
    Case(
        "GET /visits?id=lt.3&select=id,lasts",
        200,
        [{"id": 1, "lasts": "20 min"}, {"id": 2, "lasts": "90 min"}],
    ),
    Case("GET /visits?id=eq.1", 200, [{"id": 1, "lasts": "20 min", "note": "short"}]),
    Case("GET /visits?id=eq.1&select=", 200, [{"id": 1, "lasts": "20 min", "note": "short"}]),
    Case(
        "GET /visits?id=eq.1&select=time:lasts,*",
        200,
        [{"time": "20 min", "id": 1, "lasts": "20 min", "note": "short"}],
    ),
    Case("GET /visits?id=eq.1&select=time:lasts::text", 200, [{"time": '"20 min"'}]),
    Case("GET /visits_view?visit=eq.3", 200, [{"visit": 3, "lasts": None}]),
    Case("GET /visits?lasts=eq.90 min&select=id", 200, [{"id": 2}]),
    Case("GET /visits?lasts=not.eq.90 min&select=id", 200, [{"id": 1}]),
    Case("GET /visits?lasts=in.(20 min,90 min)&select=id", 200, [{"id": 1}, {"id": 2}]),
    Case("GET /visits?lasts=in.()&select=id", 200, []),
    Case("GET /visits?or=(lasts.isdistinct.20 min)&select=id", 200, [{"id": 2}, {"id": 3}]),
    Case("GET /visits?lasts=eq.soon", 400, {"code": "22P02"}),
    Case("GET /visits?lasts=is.null&select=id", 200, [{"id": 3}]),
    Case("GET /visits?order=lasts.desc.nullslast&select=id", 200, [{"id": 2}, {"id": 1}, {"id": 3}]),
    Case(
        "POST /visits",
        201,
        [{"id": 4, "lasts": "45 min", "note": None}],
        {"id": 4, "lasts": "45 min"},
        REPRESENTATION,
    ),
    Case(
        "POST /visits?columns=id,lasts&select=id,lasts",
        201,
        [{"id": 5, "lasts": "30 min"}],
        [{"id": 5}],
        f"{REPRESENTATION}, missing=default",
    ),
    Case(
        "PATCH /visits_view?lasts=eq.20 min",
        200,
        [{"visit": 1, "lasts": "25 min"}],
        {"lasts": "25 min"},
        REPRESENTATION,
    ),
    Case("PUT /visits?id=eq.1", 204, send={"id": 1, "lasts": "1 min"}),
    Case("POST /visits", 400, {"code": "22P02"}, {"id": 6, "lasts": "soon"}),
    Case("GET /texts?words=fts(simple).dogs&select=id", 200, [{"id": 1}]),
]

KEYS_OF_VIEWS = [
    Case(
        "POST /plan",
        201,
        send={"left_key": 3, "right_key": 4, "stage": 5},
        prefer="return=headers-only",
        header={"location": "/plan?left_key=eq.3&right_key=eq.4&stage=eq.5"},
    ),
    Case("OPTIONS /visits_view", 200, header={"allow": "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"}),
    Case("PUT /visits_view?visit=eq.8", 201, [{"visit": 8, "lasts": "30 min"}], {"visit": 8}, REPRESENTATION),
    Case("PUT /plan_of_plan?l=eq.1", 405, {"code": "PGRST105"}, {"l": 1}),
]

MARKDOWN = {"Accept": "text/markdown"}
DOCUMENTS = [
    Case(
        "GET /codes?order=code",
        200,
        "# codes\n* x\n* y\n",
        headers=MARKDOWN,
        header={"content-type": "text/markdown"},
    ),
    Case("GET /codes?code=eq.none", 200, "# codes\n", headers=MARKDOWN),
    Case("GET /rpc/all_codes?order=code", 200, "# codes\n* x\n* y\n", headers=MARKDOWN),
    Case("GET /codes?select=code,label", 406, {"code": "PGRST107"}, headers=MARKDOWN),
    Case("GET /hundred", 406, {"code": "PGRST107"}, headers=MARKDOWN),
    Case("HEAD /codes", 200, "", headers=MARKDOWN, header={"content-type": "text/markdown"}),
    Case("GET /codes?select=code&order=code", 200, "(x);(y);", headers={"Accept": "text/rows"}),
    Case(
        "DELETE /codes?code=eq.x&select=code",
        200,
        "(x);",
        prefer=REPRESENTATION,
        headers={"Accept": "text/rows"},
    ),
    Case("GET /rpc/add_them?a=1", 200, "11;", headers={"Accept": "text/rows"}),
    Case("GET /codes?code=eq.x&select=code", 200, [{"code": "x"}], headers={"Accept": "image/png, */*"}),
    Case(
        "GET /stages?stage=eq.7", 200, {"stage": 7}, headers={"Accept": "application/vnd.pgrst.object+json"}
    ),
]


@pytest.mark.parametrize("case", [*REPRESENTATIONS, *KEYS_OF_VIEWS, *DOCUMENTS], ids=str)
async def test_domains_and_views(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


@pytest.mark.parametrize("accept", ["*/*", "image/png", "application/json"])
async def test_a_table_may_make_anything_of_itself(client: httpx.AsyncClient, accept: str) -> None:
    response = await run(client, Case("GET /stages?order=stage", 200, headers={"Accept": accept}))
    assert response.content == b"\x07\xff"
    assert response.headers["content-type"] == "application/octet-stream"
