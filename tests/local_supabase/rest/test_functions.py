"""Calling functions."""

import httpx
import pytest

from tests.local_supabase.rest.conftest import Case, Serve, run

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CALLS = [
    Case(
        "POST /rpc/named_json",
        404,
        {
            "code": "PGRST202",
            "message": "Could not find the function api.named_json(a) in the schema cache",
            "hint": None,
        },
        send={"a": 1},
    ),
    Case("POST /rpc/named_json", 200, {"a": 1}, send={"document": {"a": 1}}),
    Case("GET /rpc/describ", 404, {"hint": "Perhaps you meant to call the function api.describe"}),
    Case("GET /rpc/desxxxxx", 404, {"hint": None}),
    Case("GET /rpc/add_them?a=1&b=2", 200, 3, header={"content-type": "application/json; charset=utf-8"}),
    Case("GET /rpc/add_them?a=1", 200, 11),
    Case("POST /rpc/add_them", 200, 3, send={"a": 1, "b": 2}),
    Case("POST /rpc/add_them", 200, 11, send={"a": 1}),
    Case("POST /rpc/add_them", 200, 3, send="a=1&b=2", headers=FORM),
    Case("POST /rpc/add_them?columns=a", 200, 11, send={"a": 1, "b": 2}),
    Case("HEAD /rpc/add_them?a=1", 200, ""),
    Case("GET /rpc/add_them?a=x", 400, {"code": "22P02"}),
    Case(
        "GET /rpc/add_them",
        404,
        {
            "code": "PGRST202",
            "message": "Could not find the function api.add_them without parameters in the schema cache",
            "details": "Searched for the function api.add_them without parameters, "
            "but no matches were found in the schema cache.",
        },
    ),
    Case(
        "GET /rpc/add_them?a=1&c=2",
        404,
        {
            "hint": "Perhaps you meant to call the function api.add_them(a, b)",
            "message": "Could not find the function api.add_them(a, c) in the schema cache",
        },
    ),
    Case(
        "POST /rpc/add_themm",
        404,
        {
            "hint": "Perhaps you meant to call the function api.add_them",
            "details": "Searched for the function api.add_themm with parameter a or with a single "
            "unnamed json/jsonb "
            "parameter, but no matches were found in the schema cache.",
        },
        send={"a": 1},
    ),
    Case(
        "GET /rpc/all_items?id=gt.2&select=id&order=id.desc&limit=1",
        200,
        [{"id": 4}],
        header={"content-range": "0-0/*"},
    ),
    Case("POST /rpc/all_items?select=id,shouted&name=eq.apple", 200, [{"id": 1, "shouted": "APPLE"}]),
    Case(
        "GET /rpc/all_items?or=(id.eq.1,id.eq.2)&select=id",
        200,
        [{"id": 1}, {"id": 2}],
        prefer="count=exact",
        header={"content-range": "0-1/2"},
    ),
    Case("GET /rpc/all_items?select=data->>kind&id=eq.1", 200, [{"kind": "fruit"}]),
    Case("GET /rpc/one_item?wanted=2&select=id,name", 200, {"id": 2, "name": "banana"}),
    Case("POST /rpc/one_item?select=id", 200, {"id": 2}, send={"wanted": 2}),
    Case(
        "GET /rpc/item_table?from_id=3", 200, [{"id": 3, "label": 'cherry, "red"'}, {"id": 4, "label": None}]
    ),
    Case("GET /rpc/item_table?from_id=3&id=eq.4", 200, [{"id": 4, "label": None}]),
    Case(
        "GET /rpc/item_table?from_id=3&select=label&limit=1",
        200,
        'label\n"cherry, ""red"""',
        headers={"Accept": "text/csv"},
    ),
    Case("GET /rpc/numbers", 200, [1, 2, 3]),
    Case("GET /rpc/numbers?limit=2", 200, [1, 2]),
    Case("GET /rpc/outs?n=4", 200, {"doubled": 8, "text_of": "4"}),
    Case("POST /rpc/nothing", 204, "", header={"content-type": None}),
    Case("GET /rpc/null_number", 200, "null"),
    Case("GET /rpc/as_json", 200, {"k": [1, None]}),
    Case("GET /rpc/spread_out?parts=a&parts=b", 200, '"a+b"'),
    Case("POST /rpc/spread_out", 200, '"a+b"', send={"parts": ["a", "b"]}),
    Case("POST /rpc/spread_out", 200, '"a+b"', send="parts=a&parts=b", headers=FORM),
    Case("POST /rpc/whole_json", 200, {"any": [1]}, send={"any": [1]}),
    Case(
        "POST /rpc/whole_text",
        200,
        '"plain Привет"',
        send="plain Привет".encode(),
        headers={"Content-Type": "text/plain"},
    ),
    Case(
        "POST /rpc/whole_bytes",
        200,
        3,
        send=b"\x00\xff\x01",
        headers={"Content-Type": "application/octet-stream"},
    ),
    Case(
        "POST /rpc/add_them",
        404,
        {
            "code": "PGRST202",
            "message": "Could not find the function api.add_them in the schema cache",
            "details": "Searched for the function api.add_them with a single unnamed text parameter, "
            "but no matches were found in the schema cache.",
            "hint": None,
        },
        send="x",
        headers={"Content-Type": "text/plain"},
    ),
    Case("GET /rpc/overloaded", 200, '"none"'),
    Case("GET /rpc/overloaded?a=1", 200, '"a"'),
    Case("POST /rpc/overloaded", 200, '"ab"', send={"a": 1, "b": 2}),
    Case(
        "GET /rpc/ambiguous?a=1",
        300,
        {
            "code": "PGRST203",
            "hint": "Try renaming the parameters or the function itself in the database "
            "so function overloading can be resolved",
        },
    ),
    Case("POST /rpc/add_code", 400, {"code": "23502"}, send={"code": "q", "label": None}),
    Case(
        "GET /rpc/add_code?code=q&label=l",
        405,
        {"code": "25006", "message": "cannot execute INSERT in a read-only transaction"},
    ),
    Case(
        "PATCH /rpc/add_them",
        405,
        {"code": "PGRST101", "message": "Cannot use the PATCH method on RPC"},
        send={},
    ),
    Case(
        "GET /rpc/greeting",
        200,
        "hello",
        headers={"Accept": "text/plain"},
        header={"content-type": "text/plain; charset=utf-8"},
    ),
    Case("GET /rpc/greeting", 200, '"hello"'),
    Case("GET /rpc/as_json", 406, {"code": "PGRST107"}, headers={"Accept": "application/octet-stream"}),
    Case("GET /rpc/timed", 200, '"7s"'),
    Case("GET /rpc/own_path", 200, '""'),
    Case("GET /rpc/path_after?select=id,shouted&id=eq.1", 200, [{"id": 1, "shouted": "APPLE"}]),
    Case("OPTIONS /rpc/add_them", 200, "", header={"allow": "OPTIONS,GET,HEAD,POST"}),
    Case("OPTIONS /rpc/add_code", 200, "", header={"allow": "OPTIONS,POST"}),
    Case("GET /rpc/add_them/more", 404, {"code": "PGRST125"}),
    Case("POST /rpc/all_items?wrong", 200),
    Case("POST /rpc/all_items?wrong=1", 400, {"code": "PGRST100"}),
]


@pytest.mark.parametrize("case", CALLS, ids=str)
async def test_calls(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


async def test_bytes_come_as_they_are(client: httpx.AsyncClient) -> None:
    response = await client.get("/rpc/picture", headers={"Accept": "application/octet-stream"})
    assert response.content == b"\x00\xff\x10"
    assert response.headers["content-type"] == "application/octet-stream"


async def test_max_affected_needs_rows(client: httpx.AsyncClient) -> None:
    strict = "handling=strict,max-affected=2"
    await run(
        client,
        Case(
            "POST /rpc/numbers",
            400,
            {"code": "PGRST124", "details": "The query affects 3 rows"},
            prefer=strict,
        ),
    )
    await run(client, Case("POST /rpc/add_them", 400, {"code": "PGRST128"}, send={"a": 1}, prefer=strict))
    await run(client, Case("POST /rpc/numbers", 200, [1, 2, 3], prefer="handling=lenient,max-affected=2"))


async def test_the_answer_may_be_set_in_sql(client: httpx.AsyncClient) -> None:
    await run(client, Case("GET /rpc/set_status?code=202", 202))
    await run(
        client,
        Case(
            "GET /rpc/set_status?code=nope",
            500,
            {"code": "PGRST112", "message": "response.status guc must be a valid status code"},
        ),
    )
    response = await client.get(
        "/rpc/set_headers", params={"headers": '[{"X-One": "1"}, {"Content-Type": "text/x"}]'}
    )
    assert (response.headers["x-one"], response.headers["content-type"]) == ("1", "text/x")
    await run(client, Case('GET /rpc/set_headers?headers={"a":"b"}', 500, {"code": "PGRST111"}))


async def test_what_functions_see_of_the_request(serve: Serve) -> None:
    client = await serve(app_settings=(("app.settings.host", "here"),))
    response = await client.get(
        "/rpc/setting",
        params={"name": "request.headers"},
        headers={b"X-Probe": "П'; drop".encode(), b"Cookie": b"a=b"},
    )
    assert '"x-probe":"П\'; drop"' in response.json()
    assert "cookie" not in response.json()
    cookies = await client.get("/rpc/setting?name=request.cookies", headers={"Cookie": "a=b; c=d"})
    assert cookies.json() == '{"a":"b","c":"d"}'
    for name, value in (
        ("request.method", "GET"),
        ("request.path", "/rpc/setting"),
        ("app.settings.host", "here"),
    ):
        await run(client, Case(f"GET /rpc/setting?name={name}", 200, f'"{value}"'))
