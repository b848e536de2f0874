"""Limits, offsets, the Range header, counts and the cap on rows."""

import httpx
import pytest

from tests.local_supabase.rest.conftest import Case, Serve, run


def ids(first: int, last: int) -> list[dict[str, int]]:
    return [{"id": number} for number in range(first, last + 1)]


CASES = [
    Case("GET /hundred?order=id&limit=3", 200, ids(1, 3), header={"content-range": "0-2/*"}),
    Case("GET /hundred?order=id&limit=3&offset=4", 200, ids(5, 7), header={"content-range": "4-6/*"}),
    Case("GET /hundred?order=id&offset=12", 200, ids(13, 15), header={"content-range": "12-14/*"}),
    Case("GET /hundred?limit=0", 200, [], header={"content-range": "*/*"}),
    Case(
        "GET /hundred?limit=-1",
        416,
        {"code": "PGRST103", "details": "Limit should be greater than or equal to zero."},
    ),
    Case(
        "GET /hundred?order=id&limit=3",
        206,
        ids(1, 3),
        prefer="count=exact",
        header={"content-range": "0-2/15", "preference-applied": "count=exact"},
    ),
    Case("GET /hundred", 200, prefer="count=exact", header={"content-range": "0-14/15"}),
    Case("GET /hundred?id=gt.99", 200, [], prefer="count=exact", header={"content-range": "*/0"}),
    Case(
        "GET /hundred?offset=99",
        416,
        {
            "code": "PGRST103",
            "message": "Requested range not satisfiable",
            "details": "An offset of 99 was requested, but there are only 15 rows.",
        },
        prefer="count=exact",
        header={"content-range": "*/15"},
    ),
    Case("GET /hundred?order=id&limit=1&offset=-4", 200, ids(1, 1)),
    Case("GET /hundred?offset=99", 200, [], header={"content-range": "*/*"}),
    Case(
        "GET /hundred?order=id",
        200,
        ids(1, 2),
        headers={"Range": "0-1", "Range-Unit": "items"},
        header={"content-range": "0-1/*"},
    ),
    Case(
        "GET /hundred?order=id",
        206,
        ids(6, 10),
        headers={"Range": "5-9"},
        prefer="count=exact",
        header={"content-range": "5-9/15"},
    ),
    Case(
        "GET /hundred?order=id",
        200,
        ids(14, 15),
        headers={"Range": "13-"},
        header={"content-range": "13-14/*"},
    ),
    Case("GET /hundred?order=id&limit=7", 200, ids(6, 7), headers={"Range": "5-9"}),
    Case("GET /hundred", 416, {"code": "PGRST103"}, headers={"Range": "5-2"}),
    Case("GET /hundred?order=id&limit=1", 200, ids(1, 1), headers={"Range": "nonsense"}),
    Case("HEAD /hundred", 200, "", prefer="count=exact", header={"content-range": "0-14/15"}),
    Case(
        "GET /rpc/all_items?limit=1&select=id&order=id",
        206,
        ids(1, 1),
        prefer="count=exact",
        header={"content-range": "0-0/4"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_ranges(client: httpx.AsyncClient, case: Case) -> None:
    await run(client, case)


async def test_rows_are_cut_at_the_cap_without_a_word(serve: Serve) -> None:
    client = await serve(max_rows=2)
    await run(client, Case("GET /hundred?order=id", 200, ids(1, 2), header={"content-range": "0-1/*"}))
    await run(client, Case("GET /hundred?order=id&limit=9", 200, ids(1, 2)))
    await run(
        client,
        Case(
            "GET /hundred?order=id", 206, ids(1, 2), prefer="count=exact", header={"content-range": "0-1/15"}
        ),
    )
    await run(client, Case("GET /rpc/all_items?select=id&order=id", 200, ids(1, 2)))
    await run(
        client,
        Case(
            "POST /hundred",
            201,
            [{"id": 50}, {"id": 51}, {"id": 52}],
            send=[{"id": 50}, {"id": 51}, {"id": 52}],
            prefer="return=representation",
        ),
    )


async def test_planned_and_estimated_counts(serve: Serve) -> None:
    client = await serve(max_rows=2)
    planned = await run(client, Case("GET /hundred?limit=1", 206, prefer="count=planned"))
    assert int(planned.headers["content-range"].partition("/")[2]) > 1
    estimated = await run(client, Case("GET /hundred?limit=1", 206, prefer="count=estimated"))
    assert int(estimated.headers["content-range"].partition("/")[2]) >= 3
    exact = await run(client, Case("GET /hundred?id=eq.1", 200, prefer="count=estimated"))
    assert exact.headers["content-range"] == "0-0/1"
