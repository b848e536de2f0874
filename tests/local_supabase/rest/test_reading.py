"""Reading tables: what is selected, how it is filtered and ordered, and in which form it comes."""

import httpx
import pytest

from tests.local_supabase.rest.conftest import Case, Serve, run


def ids(*numbers: int) -> list[dict[str, int]]:
    return [{"id": number} for number in numbers]


SELECT = [
    Case("GET /items?id=eq.1&select=id,name", 200, [{"id": 1, "name": "apple"}]),
    Case("GET /items?id=eq.1&select=key:id,label:name", 200, [{"key": 1, "label": "apple"}]),
    Case("GET /items?id=eq.1&select=id::text,n:amount::int", 200, [{"id": "1", "n": 1}]),
    Case("GET /items?id=eq.1&select=data->kind,data->>n", 200, [{"kind": "fruit", "n": "1"}]),
    Case("GET /items?id=eq.1&select=data->a->b->2->>c", 200, [{"c": "deep"}]),
    Case("GET /items?id=eq.1&select=data->a->b->-1", 200, [{"b": {"c": "deep"}}]),
    Case('GET /items?id=eq.1&select=data->"x y"', 200, [{"x y": 5}]),
    Case("GET /items?id=eq.1&select=deep:data->a->b->>0", 200, [{"deep": "10"}]),
    Case("GET /items?id=eq.1&select=n:data->>n::int", 200, [{"n": 1}]),
    Case("GET /items?id=eq.1&select=plain_json->p", 200, [{"p": 1}]),
    Case("GET /items?id=eq.1&select=tags->0", 200, [{"tags": "red"}]),
    Case("GET /items?id=eq.1&select=id,shouted", 200, [{"id": 1, "shouted": "APPLE"}]),
    Case('GET /items?id=eq.1&select=id,"strange, \\"name\\""', 200, [{"id": 1, 'strange, "name"': None}]),
    Case(
        "GET /items?id=eq.1&select=during,mood,seen_at",
        200,
        [{"during": "[1,5)", "mood": "happy", "seen_at": "2024-01-01T00:00:00+00:00"}],
    ),
    Case("GET /имена?имя=eq.Анна", 200, [{"id": 1, "имя": "Анна"}]),
    Case("GET /items_view?id=eq.1", 200, [{"id": 1, "name": "apple", "amount": 1.0}]),
    Case("GET /hundred?select=&id=eq.1", 200, ids(1)),
    Case("GET /items?select=nope", 400, {"code": "42703"}),
    Case("GET /items?select=id,other_things(*)", 400, {"code": "PGRST200"}),
    Case("GET /items?select=id,...other_things(name)", 400, {"code": "PGRST200"}),
    Case("GET /items?select=a:other!inner(name)", 400, {"code": "PGRST200"}),
    Case("GET /items?other.name=eq.x", 400, {"code": "PGRST108"}),
    Case("GET /items?other.order=name", 400, {"code": "PGRST108"}),
    Case("GET /items?other.limit=1", 400, {"code": "PGRST108"}),
    Case("GET /items?order=other(name)", 400, {"code": "PGRST108"}),
    Case("GET /items?select=amount.sum()", 400, {"code": "PGRST123"}),
]
FILTERS = [
    ("id=eq.2", [2]),
    ("id=neq.2", [1, 3, 4]),
    ("id=gt.2", [3, 4]),
    ("id=gte.2", [2, 3, 4]),
    ("id=lt.2", [1]),
    ("id=lte.2", [1, 2]),
    ("id=not.eq.2", [1, 3, 4]),
    ("id=in.(1,3)", [1, 3]),
    ("id=not.in.(1,3)", [2, 4]),
    ("id=in.()", []),
    ('name=in.("cherry, \\"red\\"",apple)', [1, 3]),
    ("name=like.b*", [2]),
    ("name=like.B*", []),
    ("name=ilike.B*a", [2]),
    ("name=like(any).{a*,b*}", [1, 2]),
    ("name=like(all).{a*,*e}", [1]),
    ("name=match.^a", [1]),
    ("name=imatch.^A", [1]),
    ("id=eq(any).{1,4}", [1, 4]),
    ("id=gt(all).{1,2}", [3, 4]),
    ("name=is.null", [4]),
    ("name=not.is.null", [1, 2, 3]),
    ("name=is.not_null", [1, 2, 3]),
    ("is_new=is.true", [1, 4]),
    ("is_new=is.FALSE", [2]),
    ("is_new=is.unknown", [3]),
    ("amount=isdistinct.4", [1, 2, 3]),
    ("amount=not.isdistinct.4", [4]),
    ("tags=cs.{red}", [1]),
    ("tags=cd.{red,round,blue}", [1, 3]),
    ("tags=ov.{yellow,red}", [1, 2]),
    ('data=cs.{"n":2}', [2]),
    ("during=sl.[6,8)", [1]),
    ("during=sr.[1,3)", [2, 3]),
    ("during=nxr.[4,7)", [1]),
    ("during=nxl.[4,7)", [2, 3]),
    ("during=adj.[10,12)", [2]),
    ("during=ov.[4,6)", [1, 2]),
    ("search=fts.cat", [1, 2]),
    ("search=fts(english).cat%26fat", [1]),
    ("search=plfts.fat cat", [1]),
    ("search=phfts(english).fat cat", [1]),
    ("search=wfts.cat -rat", [1]),
    ("search=not.fts.cat", [3]),
    ("name=fts(english).apples", [1]),
    ("data->>kind=eq.fruit&data->>n=eq.2", [2]),
    ("data->n=gt.1", [2, 3]),
    ("data->a->b->>0=eq.10", [1]),
    ("data->a->b->2->>c=like.de*", [1]),
    ("shouted=eq.APPLE", [1]),
    ("mood=eq.sad", [2]),
    ("seen_at=gte.2024-06-01", [2, 4]),
    ("or=(id.eq.1,id.eq.4)", [1, 4]),
    ("and=(id.gt.1,id.lt.4)", [2, 3]),
    ("not.or=(id.eq.1,id.eq.4)", [2, 3]),
    ("not.and=(id.gt.1,id.lt.4)", [1, 4]),
    ("or=(id.eq.1,and(id.gt.2,id.lt.4))", [1, 3]),
    ("or=(id.eq.1,not.and(id.gte.1,id.lte.3))", [1, 4]),
    ('or=(name.eq."cherry, \\"red\\"",tags.cs.{yellow})', [2, 3]),
    ("or=(name.in.(apple,banana),name.is.null)", [1, 2, 4]),
    ("or=( id.eq.1 , id.eq.2 )&id=lt.2", [1]),
    ("or=(data->>kind.eq.none,data->n.eq.10)", [3]),
    ("or=(search.fts(english).dog,id.eq(any).{4})", [3, 4]),
    ("and=(or(id.eq.1,id.eq.2),or(name.eq.apple,name.is.null))", [1]),
    ("id=eq.1&id=eq.2", []),
]
ORDERS = [
    ("order=id.desc", [4, 3, 2, 1]),
    ("order=name", [1, 2, 3, 4]),
    ("order=name.nullsfirst", [4, 1, 2, 3]),
    ("order=name.desc", [4, 3, 2, 1]),
    ("order=name.desc.nullslast", [3, 2, 1, 4]),
    ("order=mood.asc.nullslast,id.desc", [4, 1, 2, 3]),
    ("order=data->n.desc.nullslast", [3, 2, 1, 4]),
    ("order=data->>n.asc", [1, 3, 2, 4]),
    ("order=shouted.desc.nullslast", [3, 2, 1, 4]),
]
FORMS = [
    Case(
        "GET /hundred?id=eq.1",
        200,
        [{"id": 1}],
        header={"content-type": "application/json; charset=utf-8", "content-location": "/hundred?id=eq.1"},
    ),
    Case(
        "GET /no_key?order=a",
        200,
        "a,b\n1,p\n2,q",
        headers={"Accept": "text/csv"},
        header={"content-type": "text/csv; charset=utf-8"},
    ),
    Case(
        "GET /hundred?id=eq.1",
        200,
        {"id": 1},
        headers={"Accept": "application/vnd.pgrst.object+json"},
        header={"content-type": "application/vnd.pgrst.object+json; charset=utf-8"},
    ),
    Case(
        "GET /hundred?id=eq.99",
        406,
        {
            "code": "PGRST116",
            "details": "The result contains 0 rows",
            "message": "Cannot coerce the result to a single JSON object",
            "hint": None,
        },
        headers={"Accept": "application/vnd.pgrst.object+json"},
    ),
    Case(
        "GET /hundred",
        406,
        {"details": "The result contains 15 rows"},
        headers={"Accept": "application/vnd.pgrst.object+json"},
    ),
    Case(
        "GET /items?id=eq.4&select=id,name",
        200,
        [{"id": 4}],
        headers={"Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
        header={"content-type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"},
    ),
    Case(
        "GET /items?id=eq.4&select=id,name",
        200,
        '{"id":4}',
        headers={"Accept": "application/vnd.pgrst.object+json;nulls=stripped"},
    ),
    Case(
        "GET /hundred?id=eq.1",
        200,
        [{"id": 1}],
        headers={"Accept": "text/html, application/json;q=0.5, */*;q=0.1"},
    ),
    Case("GET /hundred", 406, {"code": "PGRST107"}, headers={"Accept": "image/png"}),
    Case("GET /hundred", 406, {"code": "PGRST107"}, headers={"Accept": "application/vnd.pgrst.plan+json"}),
    Case("HEAD /hundred?id=eq.1", 200, "", header={"content-range": "0-0/*"}),
]


@pytest.mark.parametrize("case", [*SELECT, *FORMS], ids=str)
async def test_reads(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


@pytest.mark.parametrize(("query", "found"), [*FILTERS, *ORDERS])
async def test_filters_and_orders(client: httpx.AsyncClient, query: str, found: list[int]) -> None:
    ordered = query if query.startswith("order") else f"{query}&order=id"
    await run(client, Case(f"GET /items?{ordered}&select=id", 200, ids(*found)))


async def test_aggregates_where_they_are_enabled(serve: Serve) -> None:
    client = await serve(aggregates_enabled=True)
    cases = [
        Case("GET /items?select=count()", 200, [{"count": 4}]),
        Case("GET /items?select=amount.sum(),top:amount.max()", 200, [{"sum": 7.5, "top": 4.0}]),
        Case(
            "GET /items?select=mood,amount.sum()::text&order=mood",
            200,
            [{"mood": "happy", "sum": "5.00"}, {"mood": "sad", "sum": "2.50"}, {"mood": None, "sum": None}],
        ),
        Case("GET /items?select=kind:data->>kind,n:id.count()&id=lt.4", 200, [{"kind": "fruit", "n": 3}]),
    ]
    for case in cases:
        await run(client, case)


async def test_a_point_read_is_one_row_with_its_headers(client: httpx.AsyncClient) -> None:
    response = await run(client, Case("GET /items?select=id&id=eq.2", 200, ids(2)))
    assert response.headers["content-length"] == str(len(response.content))
    assert response.headers["content-location"] == "/items?id=eq.2&select=id"
