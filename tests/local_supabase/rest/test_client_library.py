"""The whole surface of supabase-py's PostgREST client, in process."""

from typing import Any

import httpx
import pytest
from postgrest import AsyncPostgrestClient, CountMethod
from postgrest.exceptions import APIError

from tests.local_supabase.rest.conftest import Serve

BULK: Any = [{"code": "z", "label": "zed", "rank": 3}, {"code": "w", "label": "w"}]
ONE: Any = {"a": 1}
ONE_AND_TWO: Any = {"a": 1, "b": 2}


@pytest.fixture
async def db(serve: Serve) -> AsyncPostgrestClient:
    """The library's client over the server."""
    client = await serve()
    return AsyncPostgrestClient("http://rest", schema="api", http_client=client)


async def rows(query: Any) -> Any:
    return (await query.execute()).data


async def test_filters_of_the_library(db: AsyncPostgrestClient) -> None:
    def items() -> Any:
        return db.from_("items").select("id").order("id")

    expectations = [
        (items().eq("id", 1), [1]),
        (items().neq("id", 1), [2, 3, 4]),
        (items().gt("id", 2).lt("id", 4), [3]),
        (items().in_("name", ['cherry, "red"', "apple"]), [1, 3]),
        (items().is_("name", "null"), [4]),
        (items().not_.is_("name", "null"), [1, 2, 3]),
        (items().like("name", "b%"), [2]),
        (items().ilike("name", "B%"), [2]),
        (items().like_any_of("name", "a%,b%"), [1, 2]),
        (items().contains("tags", ["red"]), [1]),
        (items().contains("data", {"n": 2}), [2]),
        (items().contained_by("tags", ["red", "round"]), [1, 3]),
        (items().overlaps("tags", ["red", "yellow"]), [1, 2]),
        (items().or_("id.eq.1,name.is.null"), [1, 4]),
        (items().text_search("search", "cat"), [1, 2]),
        (items().range_gt("during", [1, 3]), [2, 3]),
        (items().match({"id": 1, "name": "apple"}), [1]),
        (items().limit(2).offset(1), [2, 3]),
        (items().range(1, 2), [2, 3]),
        (db.from_("items").select("id").order("name", desc=True, nullsfirst=False).limit(1), [3]),
    ]
    for query, found in expectations:
        assert [row["id"] for row in await rows(query)] == found


async def test_reading_one_row_or_counting_all(db: AsyncPostgrestClient) -> None:
    assert await rows(db.from_("items").select("name").eq("id", 1).single()) == {"name": "apple"}
    assert (await db.from_("items").select("id").eq("id", 99).maybe_single().execute()) is None
    counted = await db.from_("hundred").select("*", count=CountMethod.exact).limit(1).execute()
    assert counted.count == 15
    headed = await db.from_("hundred").select("*", count=CountMethod.exact, head=True).execute()
    assert (headed.count, headed.data) == (15, [])
    with pytest.raises(APIError) as raised:
        await db.from_("items").select("name").single().execute()
    assert raised.value.code == "PGRST116"
    with pytest.raises(APIError) as raised:
        await db.from_("secret").select("*").execute()
    assert raised.value.code == "42501"
    assert "a,b" in await rows(db.from_("no_key").select("*").csv())


async def test_changes_of_the_library(db: AsyncPostgrestClient) -> None:
    code: dict[str, Any] = {"code": "z", "label": "zed", "rank": 3}
    assert await rows(db.from_("codes").insert(code)) == [code]
    bulk = await rows(db.from_("codes").insert(BULK, default_to_null=False))
    assert [row["rank"] for row in bulk] == [3, 5]
    assert await rows(db.from_("codes").upsert({"code": "x", "label": "new", "rank": 2})) == [
        {"code": "x", "label": "new", "rank": 2}
    ]
    ignored = db.from_("codes").upsert(
        {"code": "x", "label": "n"}, ignore_duplicates=True, on_conflict="code"
    )
    assert await rows(ignored) == []
    assert await rows(db.from_("codes").update({"rank": 9}).eq("code", "x")) == [
        {"code": "x", "label": "ex", "rank": 9}
    ]
    assert await rows(db.from_("codes").delete().eq("code", "y")) == [
        {"code": "y", "label": "why", "rank": 2}
    ]


async def test_functions_of_the_library(db: AsyncPostgrestClient) -> None:
    assert await rows(db.rpc("add_them", ONE_AND_TWO)) == 3
    assert await rows(db.rpc("add_them", ONE, get=True)) == 11
    assert await rows(db.rpc("all_items", {}).select("id").gt("id", 2).order("id", desc=True)) == [
        {"id": 4},
        {"id": 3},
    ]
    counted = await db.rpc("all_items", {}, count=CountMethod.exact).execute()
    assert counted.count == 4
    assert await rows(db.rpc("as_json", {})) == {"k": [1, None]}


async def test_schemas_and_tokens_of_the_library(serve: Serve) -> None:
    client = await serve(schemas=("api", "other"))
    db = AsyncPostgrestClient("http://rest", schema="other", http_client=client)
    assert await rows(db.from_("things").select("*")) == [{"id": 1, "name": "elsewhere"}]
    assert isinstance(client, httpx.AsyncClient)
