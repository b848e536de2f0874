"""Errors: wording, codes, statuses and the headers beside them."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from local_supabase.rest import RestApp, open_pool
from local_supabase.settings import Settings
from local_supabase.tokens import JwtVerifier
from tests.local_supabase.rest.conftest import Case, Serve, run


def unparsed(query: str, what: str, text: str, column: int, details: str) -> Case:
    message = f'"failed to parse {what} ({text})" (line 1, column {column})'
    return Case(
        f"GET /items?{query}", 400, {"code": "PGRST100", "message": message, "details": details, "hint": None}
    )


GRAMMAR = [
    unparsed(
        "or=()",
        "logic tree",
        "()",
        4,
        'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) '
        "or logic operator (and, or)",
    ),
    unparsed(
        "or=(id.in.1,2,id.eq.3)", "logic tree", "(id.in.1,2,id.eq.3)", 10, 'unexpected "1" expecting "("'
    ),
    unparsed("or=)(", "logic tree", ")(", 3, 'unexpected ")" expecting "("'),
    unparsed(
        "and=(ord(id.eq.1,id.eq.1),id.eq.2)",
        "logic tree",
        "(ord(id.eq.1,id.eq.1),id.eq.2)",
        7,
        'unexpected "d" expecting "("',
    ),
    unparsed(
        "or=(id.eq.1,not.xor(id.eq.2,id.eq.3))",
        "logic tree",
        "(id.eq.1,not.xor(id.eq.2,id.eq.3))",
        16,
        'unexpected "x" expecting logic operator (and, or)',
    ),
    unparsed("id=val", "filter", "val", 1, 'unexpected "v" expecting "not" or operator (eq, gt, ...)'),
    unparsed("id=eq", "filter", "eq", 3, "unexpected end of input expecting operator (eq, gt, ...)"),
    unparsed("id=eq().1", "filter", "eq().1", 4, 'unexpected ")" expecting operator (eq, gt, ...)'),
    unparsed(
        "id=is.nope",
        "filter",
        "is.nope",
        4,
        'unexpected "n" expecting isVal: (null, not_null, true, false, unknown)',
    ),
    unparsed("id=in.5", "filter", "in.5", 4, 'unexpected "5" expecting "("'),
    unparsed(
        "order=id.ac",
        "order",
        "id.ac",
        4,
        'unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"',
    ),
    unparsed(
        "order=id.descc",
        "order",
        "id.descc",
        8,
        "unexpected 'c' expecting delimiter (.), \",\" or end of input",
    ),
    unparsed(
        "order=id.asc.smth34",
        "order",
        "id.asc.smth34",
        8,
        'unexpected "s" expecting "nullsfirst" or "nullslast"',
    ),
    unparsed(
        "select=data->>-78xy",
        "select parameter",
        "data->>-78xy",
        11,
        'unexpected \'x\' expecting digit, "->", "::", ".", "," or end of input',
    ),
    unparsed(
        "select=name!hint",
        "select parameter",
        "name!hint",
        5,
        'unexpected \'!\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
    ),
]
OTHERS = [
    Case(
        "GET /itemz_view", 404, {"code": "PGRST205", "hint": "Perhaps you meant the table 'api.items_view'"}
    ),
    Case("GET /secretary", 404, {"code": "PGRST205", "hint": None}),
    Case("GET /hundred?and=(id.gt.1,id.lt.3))&select=id", 200, [{"id": 2}]),
    Case("GET /hundred?and=(id.gt.1,id.lt.3)),id.eq.4", 400, {"code": "PGRST100"}),
    Case(
        "GET /itemz",
        404,
        {
            "code": "PGRST205",
            "message": "Could not find the table 'api.itemz' in the schema cache",
            "hint": "Perhaps you meant the table 'api.items'",
            "details": None,
        },
        header={
            "content-type": "application/json; charset=utf-8",
            "proxy-status": "PostgREST; error=PGRST205",
        },
    ),
    Case("GET /zzzzzzz", 404, {"code": "PGRST205", "hint": None}),
    Case("GET /items/1", 404, {"code": "PGRST125", "message": "Invalid path specified in request URL"}),
    Case("GET /items/", 404, {"code": "PGRST125"}),
    Case("GET /files", 404, {"code": "PGRST205"}),
    Case("HEAD /itemz", 404, ""),
    Case("TRACE /items", 405, {"code": "PGRST117", "message": "Unsupported HTTP method: TRACE"}),
    Case("GET /items?nope=eq.1", 400, {"code": "42703", "message": "column items.nope does not exist"}),
    Case(
        "GET /items?id=like.1",
        404,
        {"code": "42883", "message": "operator does not exist: bigint ~~ unknown"},
    ),
    Case("GET /items?select=id::nonsense", 400, {"code": "42704"}),
    Case("GET /items?id=eq.x", 400, {"code": "22P02"}),
    Case(
        "POST /rpc/fail_with",
        404,
        {"code": "PT404", "message": "gone", "details": "the detail", "hint": "the hint"},
        send={"state": "PT404", "word": "gone"},
    ),
    Case("POST /rpc/fail_with", 402, {"code": "PT402"}, send={"state": "PT402", "word": "pay"}),
    Case("POST /rpc/fail_with", 400, {"code": "P0001"}, send={"state": "P0001", "word": "?"}),
    Case("POST /rpc/fail_with", 500, {"code": "P0002"}, send={"state": "P0002", "word": "?"}),
    Case("POST /rpc/fail_with", 503, {"code": "53300"}, send={"state": "53300", "word": "?"}),
    Case("POST /rpc/fail_with", 500, {"code": "40001"}, send={"state": "40001", "word": "?"}),
    Case(
        "POST /rpc/fail_in_json",
        332,
        {"code": "123", "message": "ABC", "details": "DEF", "hint": "XYZ"},
        send={
            "message": '{"code":"123","message":"ABC","details":"DEF","hint":"XYZ"}',
            "detail": '{"status":332,"headers":{"X-Header":"str"}}',
        },
        header={"x-header": "str"},
    ),
    Case(
        "POST /rpc/fail_in_json",
        500,
        {
            "code": "PGRST121",
            "details": "Invalid JSON value for MESSAGE: 'INVALID'",
            "hint": "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' "
            "and optional keys: 'details', 'hint'.",
        },
        send={"message": "INVALID", "detail": '{"status":332,"headers":{}}'},
    ),
    Case(
        "POST /rpc/fail_in_json",
        500,
        {"details": "Invalid JSON value for DETAIL: 'INVALID'"},
        send={"message": '{"code":"1","message":"A"}', "detail": "INVALID"},
    ),
    Case(
        "GET /items",
        400,
        {
            "code": "PGRST122",
            "message": "Invalid preferences given with handling=strict",
            "details": "Invalid preferences: anything, tz=Mars",
        },
        prefer="handling=strict, anything, tz=Mars",
    ),
    Case(
        "GET /hundred?id=eq.1",
        200,
        prefer="handling=lenient, anything",
        header={"preference-applied": "handling=lenient"},
    ),
    Case(
        "GET /items?id=eq.1&select=seen_at",
        200,
        [{"seen_at": "2023-12-31T16:00:00-08:00"}],
        prefer="timezone=America/Los_Angeles",
        header={"preference-applied": "timezone=America/Los_Angeles"},
    ),
    Case("GET /items", 400, {"code": "PGRST122"}, prefer="handling=strict, timezone=Nowhere/Else"),
    Case(
        "PATCH /codes", 400, {"code": "PGRST124"}, send={"rank": 1}, prefer="handling=strict, max-affected=1"
    ),
    Case(
        "PATCH /codes",
        204,
        send={"rank": 1},
        prefer="handling=strict, max-affected=2",
        header={"preference-applied": "handling=strict, max-affected=2"},
    ),
    Case("OPTIONS /items", 200, "", header={"allow": "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"}),
    Case("OPTIONS /items_view", 200, "", header={"allow": "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"}),
    Case("OPTIONS /items_report", 200, "", header={"allow": "OPTIONS,GET,HEAD"}),
    Case("OPTIONS /no_key", 200, "", header={"allow": "OPTIONS,GET,HEAD,POST,PATCH,DELETE"}),
    Case("OPTIONS /nope", 404),
    Case("OPTIONS /", 200, "", header={"allow": "OPTIONS,GET,HEAD"}),
    Case(
        "OPTIONS /items",
        200,
        "",
        headers={
            "Origin": "http://example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "Foo,Bar",
        },
        header={
            "access-control-allow-origin": "*",
            "access-control-max-age": "86400",
            "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
            "access-control-allow-headers": "Authorization, Foo, Bar, Accept, Accept-Language, "
            "Content-Language",
        },
    ),
    Case(
        "GET /hundred?limit=1",
        200,
        headers={"Origin": "http://example.com"},
        header={
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "Content-Encoding, Content-Location, Content-Range, "
            "Content-Type, "
            "Date, Location, Server, Transfer-Encoding, Range-Unit",
        },
    ),
]


@pytest.mark.parametrize("case", [*GRAMMAR, *OTHERS], ids=str)
async def test_refusals(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


async def test_schemas_are_chosen_by_profile(serve: Serve) -> None:
    client = await serve(schemas=("api", "other", 'odd "name"'))
    cases = [
        Case(
            "GET /things",
            200,
            [{"id": 1, "name": "elsewhere"}],
            headers={"Accept-Profile": "other"},
            header={"content-profile": "other"},
        ),
        Case("GET /hundred?limit=1", 200, header={"content-profile": "api"}),
        Case("GET /things", 404, {"code": "PGRST205"}),
        Case(
            "POST /things",
            201,
            [{"id": 2, "name": "n"}],
            send={"id": 2, "name": "n"},
            prefer="return=representation",
            headers={"Content-Profile": "other"},
            header={"content-profile": "other"},
        ),
        Case("POST /things", 404, send={"id": 2}, headers={"Accept-Profile": "other"}),
        Case(
            "GET /things",
            406,
            {
                "code": "PGRST106",
                "message": "Invalid schema: hidden",
                "hint": 'Only the following schemas are exposed: api, other, odd "name"',
            },
            headers={"Accept-Profile": "hidden"},
        ),
        Case("GET /rpc/elsewhere", 200, '"\\"other\\", \\"public\\""', headers={"Accept-Profile": "other"}),
        Case("GET /rows", 401, {"code": "42501"}, headers={"Accept-Profile": 'odd "name"'}),
    ]
    for case in cases:
        await run(client, case)


async def test_the_root_describes_what_the_role_may_use(client: httpx.AsyncClient) -> None:
    response = await run(
        client, Case("GET /", 200, header={"content-type": "application/openapi+json; charset=utf-8"})
    )
    document = response.json()
    assert document["swagger"] == "2.0"
    assert "/items" in document["paths"]
    assert "/rpc/add_them" in document["paths"]
    assert "/secret" not in document["paths"]
    assert document["definitions"]["items"]["properties"]["name"]["type"] == "string"
    await run(client, Case("GET /", 406, headers={"Accept": "text/csv"}))
    await run(client, Case("POST /", 405, {"code": "PGRST117"}, send={}))


async def test_the_application_may_be_mounted_anywhere(base_settings: Settings) -> None:
    pool = await open_pool(base_settings)
    app = RestApp(pool, JwtVerifier(base_settings), base_settings)
    await app.start()
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/rest/v1", app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://rest/rest/v1") as client:
        await run(client, Case("GET /hundred?id=eq.1", 200, [{"id": 1}]))
        await run(client, Case("GET /имена", 200, [{"id": 1, "имя": "Анна"}]))
        await run(client, Case("GET /rpc/setting?name=request.path", 200, '"/rpc/setting"'))
        await run(
            client, Case("GET /", 200, header={"content-type": "application/openapi+json; charset=utf-8"})
        )
    await app.stop()
    await pool.close()


async def test_the_root_may_be_closed_or_answered_by_a_function(serve: Serve) -> None:
    closed = await serve(openapi_mode="disabled")
    await run(closed, Case("GET /", 404, {"code": "PGRST126"}))
    own = await serve(root_spec="api.describe")
    await run(own, Case("GET /", 200, {"about": "this"}))
    await run(own, Case("OPTIONS /", 200, header={"allow": "OPTIONS,GET,HEAD"}))
    told = (await (await serve()).get("/")).json()["paths"]
    everything = (await (await serve(openapi_mode="ignore-privileges")).get("/")).json()["paths"]
    assert ("/secret" in told, "/secret" in everything) == (False, True)
