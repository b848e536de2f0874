"""Inserting, upserting, updating and deleting."""

import httpx
import pytest

from tests.local_supabase.rest.conftest import Case, Serve, run

FULL = "return=representation"
CODE = {"code": "z", "label": "zed", "rank": 3}
INSERTS = [
    Case(
        "POST /codes",
        201,
        "",
        send=CODE,
        header={"content-range": "*/*", "location": None, "content-type": None},
    ),
    Case(
        "POST /codes",
        201,
        "",
        send=CODE,
        prefer="return=minimal",
        header={"preference-applied": "return=minimal", "location": None},
    ),
    Case(
        "POST /codes",
        201,
        "",
        send=CODE,
        prefer="return=headers-only",
        header={"location": "/codes?code=eq.z"},
    ),
    Case("POST /codes", 201, [CODE], send=CODE, prefer=FULL, header={"location": None}),
    Case("POST /codes?select=label", 201, [{"label": "zed"}], send=CODE, prefer=FULL),
    Case(
        "POST /codes",
        201,
        CODE,
        send=CODE,
        prefer=FULL,
        headers={"Accept": "application/vnd.pgrst.object+json"},
    ),
    Case(
        "POST /codes",
        406,
        {"code": "PGRST116"},
        send=[CODE, {**CODE, "code": "w"}],
        prefer=FULL,
        headers={"Accept": "application/vnd.pgrst.object+json"},
    ),
    Case(
        "POST /codes",
        201,
        "",
        send=[CODE, {**CODE, "code": "w"}],
        prefer="count=exact",
        header={"content-range": "*/2"},
    ),
    Case(
        "POST /codes?order=code.desc&select=code",
        201,
        [{"code": "z"}, {"code": "w"}],
        send=[{**CODE, "code": "w"}, CODE],
        prefer=FULL,
    ),
    Case(
        "POST /codes",
        201,
        [{"code": "z", "label": "zed", "rank": 5}],
        send={"code": "z", "label": "zed"},
        prefer=FULL,
    ),
    Case("POST /codes", 201, [], send=[], prefer=FULL),
    Case(
        "POST /pairs",
        201,
        "",
        send={"a": 9, "b": 8},
        prefer="return=headers-only",
        header={"location": "/pairs?a=eq.9&b=eq.8"},
    ),
    Case("POST /no_key", 201, "", send={"a": 9}, prefer="return=headers-only", header={"location": None}),
    Case("POST /items?select=id", 201, send={}, prefer=FULL),
    Case(
        "POST /items?select=id",
        201,
        send=[{}, {}],
        prefer="return=minimal,count=exact",
        header={"content-range": "*/2"},
    ),
    Case(
        "POST /items?select=data,tags,during,mood,amount",
        201,
        [{"data": {"a": [1]}, "tags": ["x", "y"], "during": "[1,3)", "mood": "sad", "amount": 3.14}],
        send={"data": {"a": [1]}, "tags": ["x", "y"], "during": "[1,3)", "mood": "sad", "amount": 3.14},
        prefer=FULL,
    ),
    Case(
        "POST /items?select=name,shouted",
        201,
        [{"name": "x", "shouted": "X"}],
        send={"name": "x"},
        prefer=FULL,
    ),
    Case(
        "POST /typed?select=pos,m,s",
        201,
        [{"pos": {"city": "Oslo", "desks": 2}, "m": "sad", "s": "abc"}],
        send={"id": 1, "pos": {"city": "Oslo", "desks": 2}, "m": "sad", "s": "abc"},
        prefer=FULL,
    ),
    Case(
        "POST /items_view?select=id,name",
        201,
        [{"id": 70, "name": "v"}],
        send={"id": 70, "name": "v"},
        prefer=FULL,
    ),
    Case(
        "POST /items_view",
        201,
        send={"id": 70},
        prefer="return=headers-only",
        header={"location": "/items_view?id=eq.70"},
    ),
    Case(
        "POST /codes?columns=code,label",
        201,
        [{"code": "z", "label": "zed", "rank": 5}],
        send=[{"code": "z", "label": "zed", "rank": 1, "junk": True}],
        prefer=FULL,
    ),
    Case(
        "POST /codes?columns=code,label,rank",
        201,
        [{"code": "z", "label": "zed", "rank": 5}],
        send=[{"code": "z", "label": "zed"}],
        prefer=f"{FULL},missing=default",
        header={"preference-applied": "missing=default, return=representation"},
    ),
    Case(
        "POST /codes?columns=code,label,rank",
        400,
        {"code": "23502"},
        send=[{"code": "z", "label": "zed"}],
        prefer=f"{FULL},missing=null",
    ),
    Case(
        "POST /items?columns=id,name,amount&select=amount",
        201,
        [{"amount": 10.5}],
        send={"name": "x"},
        prefer=f"{FULL},missing=default",
    ),
    Case(
        "POST /codes",
        201,
        [CODE],
        send="code,label,rank\nz,zed,3\n",
        prefer=FULL,
        headers={"Content-Type": "text/csv"},
    ),
    Case(
        "POST /no_key",
        201,
        [{"a": 5, "b": None}],
        send="a,b\n5,NULL\n",
        prefer=FULL,
        headers={"Content-Type": "text/csv"},
    ),
    Case(
        "POST /codes",
        201,
        [CODE],
        send="code=z&label=zed&rank=3",
        prefer=FULL,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ),
    Case(
        "POST /codes",
        400,
        {"code": "PGRST102", "message": "All lines must have same number of fields"},
        send="code,label\nz\n",
        headers={"Content-Type": "text/csv"},
    ),
    Case(
        "POST /codes",
        400,
        {"code": "PGRST102", "message": "All object keys must match"},
        send=[{"code": "z", "label": "a"}, {"code": "w"}],
    ),
    Case("POST /codes", 400, {"code": "PGRST102", "message": "Empty or invalid json"}, send="{"),
    Case("POST /codes", 400, {"code": "PGRST102", "message": "Empty or invalid json"}, send=""),
    Case("POST /codes", 400, {"code": "PGRST102"}, send="x", headers={"Content-Type": "image/png"}),
    Case(
        "POST /codes",
        400,
        {"code": "PGRST204", "message": "Could not find the 'nope' column of 'codes' in the schema cache"},
        send={"nope": 1},
    ),
    Case("POST /codes?columns=nope", 400, {"code": "PGRST204"}, send={"code": "z"}),
    Case("POST /codes", 409, {"code": "23505"}, send={**CODE, "code": "x"}),
    Case("POST /codes", 400, {"code": "23514"}, send={**CODE, "rank": -1}),
    Case(
        "POST /codes",
        400,
        {"code": "22P02", "message": 'invalid input syntax for type integer: "many"'},
        send={**CODE, "rank": "many"},
    ),
    Case("POST /parts", 409, {"code": "23503"}, send={"id": 1, "code": "none"}),
]
EX = {"code": "x", "label": "new", "rank": 9}
UPSERTS = [
    Case(
        "POST /codes",
        200,
        [EX],
        send=EX,
        prefer=f"{FULL},resolution=merge-duplicates",
        header={"preference-applied": "resolution=merge-duplicates, return=representation"},
    ),
    Case("POST /codes", 201, [EX, CODE], send=[EX, CODE], prefer=f"{FULL},resolution=merge-duplicates"),
    Case("POST /codes", 201, [CODE], send=[EX, CODE], prefer=f"{FULL},resolution=ignore-duplicates"),
    Case("POST /codes", 201, [], send=EX, prefer=f"{FULL},resolution=ignore-duplicates"),
    Case("POST /codes?on_conflict=code", 200, [EX], send=EX, prefer=f"{FULL},resolution=merge-duplicates"),
    Case(
        "POST /codes?on_conflict=label", 400, {"code": "42P10"}, send=EX, prefer="resolution=merge-duplicates"
    ),
    Case(
        "POST /pairs",
        200,
        [{"a": 1, "b": 2, "note": "2"}],
        send={"a": 1, "b": 2, "note": "2"},
        prefer=f"{FULL},resolution=merge-duplicates",
    ),
    Case(
        "POST /no_key",
        201,
        send={"a": 1},
        prefer="resolution=merge-duplicates",
        header={"preference-applied": None},
    ),
    Case("POST /codes", 500, {"code": "21000"}, send=[EX, EX], prefer="resolution=merge-duplicates"),
    Case("PUT /codes?code=eq.x", 204, "", send=EX),
    Case("PUT /codes?code=eq.x", 200, [EX], send=EX, prefer=FULL),
    Case("PUT /codes?code=eq.z", 201, [CODE], send=CODE, prefer=FULL),
    Case(
        "PUT /pairs?a=eq.1&b=eq.1",
        200,
        [{"a": 1, "b": 1, "note": "n"}],
        send={"a": 1, "b": 1, "note": "n"},
        prefer=FULL,
    ),
    Case("PUT /codes?code=eq.other", 400, {"code": "PGRST115"}, send=CODE),
    Case("PUT /codes?label=eq.x", 405, {"code": "PGRST105"}, send=CODE),
    Case("PUT /codes?code=gt.x", 405, {"code": "PGRST105"}, send=CODE),
    Case("PUT /codes", 405, {"code": "PGRST105"}, send=CODE),
    Case("PUT /pairs?a=eq.1", 405, {"code": "PGRST105"}, send={"a": 1, "b": 1}),
    Case("PUT /codes?code=eq.x&limit=1", 400, {"code": "PGRST114"}, send=EX),
    Case("PUT /no_key?a=eq.1", 405, {"code": "PGRST105"}, send={"a": 1}),
]
UPDATES = [
    Case(
        "PATCH /codes?code=eq.x",
        204,
        "",
        send={"rank": 7},
        header={"content-range": "0-0/*", "content-type": None},
    ),
    Case(
        "PATCH /codes?code=eq.x",
        200,
        [{"code": "x", "label": "ex", "rank": 7}],
        send={"rank": 7},
        prefer=FULL,
    ),
    Case("PATCH /codes?code=eq.x&select=rank", 200, [{"rank": 7}], send={"rank": 7}, prefer=FULL),
    Case("PATCH /codes?code=eq.none", 204, "", send={"rank": 7}, header={"content-range": "*/*"}),
    Case(
        "PATCH /codes?code=eq.none",
        200,
        [],
        send={"rank": 7},
        prefer=f"{FULL},count=exact",
        header={"content-range": "*/0"},
    ),
    Case(
        "PATCH /codes?code=eq.none",
        406,
        {"code": "PGRST116"},
        send={"rank": 7},
        prefer=FULL,
        headers={"Accept": "application/vnd.pgrst.object+json"},
    ),
    Case("PATCH /codes", 204, "", send={}),
    Case("PATCH /codes?select=code", 200, [], send={}, prefer=FULL),
    Case(
        "PATCH /codes?or=(code.eq.x,code.eq.y)",
        204,
        send={"rank": 7},
        prefer="count=exact",
        header={"content-range": "0-1/2"},
    ),
    Case(
        "PATCH /codes?columns=rank&code=eq.x",
        200,
        [{"code": "x", "label": "ex", "rank": 8}],
        send={"rank": 8, "label": "unused"},
        prefer=FULL,
    ),
    Case(
        "PATCH /codes?columns=rank,label&code=eq.x",
        200,
        [{"code": "x", "label": "kept", "rank": 5}],
        send={"label": "kept"},
        prefer=f"{FULL},missing=default",
    ),
    Case(
        "PATCH /items?id=eq.1&select=data",
        200,
        [{"data": {"new": [True]}}],
        send={"data": {"new": [True]}},
        prefer=FULL,
    ),
    Case("PATCH /items_view?id=eq.1&select=name", 200, [{"name": "v"}], send={"name": "v"}, prefer=FULL),
    Case("PATCH /codes?code=eq.x", 400, {"code": "PGRST204"}, send={"nope": 7}),
    Case("PATCH /codes?code=eq.x", 409, {"code": "23505"}, send={"code": "y"}),
    Case("DELETE /codes?code=eq.x", 204, "", header={"content-range": "*/*"}),
    Case("DELETE /codes?code=eq.x", 200, [{"code": "x", "label": "ex", "rank": 1}], prefer=FULL),
    Case(
        "DELETE /codes?select=code&order=code",
        200,
        [{"code": "x"}, {"code": "y"}],
        prefer=f"{FULL},count=exact",
        header={"content-range": "*/2"},
    ),
    Case(
        "DELETE /codes?code=eq.none",
        406,
        {"code": "PGRST116"},
        prefer=FULL,
        headers={"Accept": "application/vnd.pgrst.object+json"},
    ),
    Case("DELETE /codes?code=eq.x", 204, "", send={}),
    Case("DELETE /items_report?name=eq.x", 500, {"code": "55000"}),
]


@pytest.mark.parametrize("case", [*INSERTS, *UPSERTS, *UPDATES], ids=str)
async def test_changes(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


async def test_changes_stay_only_where_they_are_committed(client: httpx.AsyncClient, serve: Serve) -> None:
    await run(client, Case("POST /no_key", 201, send={"a": 77}))
    await run(client, Case("GET /no_key?a=eq.77", 200, []))
    await run(
        client,
        Case(
            "POST /no_key",
            201,
            send={"a": 77},
            prefer="tx=commit",
            header={"preference-applied": "tx=commit"},
        ),
    )
    await run(client, Case("GET /no_key?a=eq.77&select=a", 200, [{"a": 77}]))
    committing = await serve(tx_end="commit")
    await run(
        committing,
        Case("DELETE /no_key?a=eq.77", 204, prefer="tx=rollback", header={"preference-applied": None}),
    )
    await run(client, Case("GET /no_key?a=eq.77", 200, []))


async def test_a_refused_answer_takes_the_change_back(serve: Serve) -> None:
    client = await serve(tx_end="commit")
    await run(
        client,
        Case(
            "POST /no_key",
            406,
            send=[{"a": 5}, {"a": 6}],
            prefer="return=representation",
            headers={"Accept": "application/vnd.pgrst.object+json"},
        ),
    )
    await run(
        client, Case("DELETE /no_key", 400, {"code": "PGRST124"}, prefer="handling=strict,max-affected=1")
    )
    await run(client, Case("GET /no_key?select=a&order=a", 200, [{"a": 1}, {"a": 2}]))


async def test_deferred_constraints_fail_before_the_answer(serve: Serve) -> None:
    client = await serve(tx_end="commit")
    await run(client, Case("POST /parts", 409, {"code": "23503"}, send={"id": 1, "code": "none"}))
