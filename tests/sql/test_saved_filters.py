"""Saved filters belong to one person in one salon."""

import json
from uuid import UUID, uuid4

import pytest

from tests.sql.world import SALON_A, SALON_B, World, refused

QUERY = "period=7d&status=done%2Cno_slots&q=%D0%BC%D0%B0%D0%BD%D0%B8%D0%BA%D1%8E%D1%80+-x"


@pytest.fixture(autouse=True)
async def none_yet(world: World) -> None:
    """Nobody has saved anything."""
    await world.connection.execute("delete from dashboard.saved_filters")


async def mine(world: World, person: str = "owner_a", tenant: UUID | None = None) -> dict[str, str]:
    async with world.acting(person, tenant) as connection:
        rows = await connection.fetch("select name, query from dashboard.my_saved_filters order by name")
        behind = await connection.fetch("select name, query from dashboard.saved_filters order by name")
    assert rows == behind, "the table's own policy is the second lock"
    return {row["name"]: row["query"] for row in rows}


async def test_is_there_for_who_saved_it(world: World) -> None:
    saved = await world.write("owner_a", "save_filter", " Мои записи ", QUERY)
    assert {name: saved[name] for name in ("name", "query")} == {"name": "Мои записи", "query": QUERY}
    assert set(saved) == {"filter_id", "name", "query", "updated_at"}
    assert await mine(world) == {"Мои записи": QUERY}


@pytest.mark.parametrize(
    ("person", "tenant"),
    [
        ("admin_a", None),
        ("operator_a", None),
        ("owner_b", None),
        ("platform", SALON_A),
        ("outsider", SALON_A),
    ],
)
async def test_is_there_for_nobody_else(world: World, person: str, tenant: UUID | None) -> None:
    saved = await world.write("owner_a", "save_filter", "mine", QUERY)
    assert await mine(world, person, tenant) == {}
    state, code = ("PT403", "not_allowed") if person == "outsider" else ("PT404", "filter_not_found")
    async with refused(world, state, code):
        await world.write(person, "remove_saved_filter", saved["filter_id"], tenant=tenant)
    assert await mine(world) == {"mine": QUERY}


async def test_is_there_in_that_salon_only(world: World) -> None:
    await world.join(world.people["owner_a"], "owner", SALON_B)
    saved = await world.write("owner_a", "save_filter", "mine", QUERY)
    assert await mine(world, "owner_a", SALON_B) == {}
    async with refused(world, "PT404", "filter_not_found"):
        await world.write("owner_a", "remove_saved_filter", saved["filter_id"], tenant=SALON_B)


async def test_is_gone_with_the_membership(world: World) -> None:
    await world.write("owner_a", "save_filter", "mine", QUERY)
    await world.connection.execute(
        "delete from dashboard.memberships where user_id = $1", world.people["owner_a"]
    )
    assert await mine(world) == {}


async def test_replaces_one_of_the_same_name_in_any_letters(world: World) -> None:
    first = await world.write("owner_a", "save_filter", "Записи", "a=1")
    second = await world.write("owner_a", "save_filter", "записи", "a=2")
    assert first["filter_id"] == second["filter_id"]
    assert await mine(world) == {"записи": "a=2"}


async def test_is_removed_once(world: World) -> None:
    saved = await world.write("owner_a", "save_filter", "mine", QUERY)
    request = uuid4()
    for _ in range(2):
        await world.call("owner_a", "remove_saved_filter", request, saved["filter_id"])
    assert await mine(world) == {}
    async with refused(world, "PT404", "filter_not_found"):
        await world.write("owner_a", "remove_saved_filter", saved["filter_id"])


async def test_is_saved_once_by_one_request(world: World) -> None:
    request = uuid4()
    answers = [await world.call("owner_a", "save_filter", request, "mine", QUERY) for _ in range(2)]
    assert answers[0] == answers[1]
    async with refused(world, "PT409", "request_id_reused"):
        await world.call("owner_a", "save_filter", request, "other", QUERY)


@pytest.mark.parametrize("name", ["", "  ", None, "x" * 61, "a\u202eb", "a\nb", "\u00ad", "\u200c"])
async def test_needs_a_visible_name(world: World, name: str | None) -> None:
    async with refused(world, "PT422", "filter_name_invalid"):
        await world.write("owner_a", "save_filter", name, QUERY)


@pytest.mark.parametrize("query", [None, "x" * 4001, "a=<b>", "a=1\n", "a b", "a='", "é=1"])
async def test_holds_nothing_but_an_address(world: World, query: str | None) -> None:
    async with refused(world, "PT422", "filter_query_invalid"):
        await world.write("owner_a", "save_filter", "mine", query)


async def test_are_fifty_at_most_and_those_can_still_be_replaced(world: World) -> None:
    for number in range(50):
        await world.write("owner_a", "save_filter", f"filter {number}", "a=1")
    async with refused(world, "PT409", "too_many_filters"):
        await world.write("owner_a", "save_filter", "one more", "a=1")
    await world.write("owner_a", "save_filter", "Filter 7", "a=2")
    await world.write("admin_a", "save_filter", "one more", "a=1")
    assert len(await mine(world)) == 50


@pytest.mark.parametrize("person", ["operator_a", "outsider"])
async def test_needs_the_permission(world: World, person: str) -> None:
    await world.write("operator_a", "save_filter", "mine", QUERY)
    await world.connection.execute(
        "delete from dashboard.role_permissions where role = 'operator' and permission = 'dialogues.read'"
    )
    assert await mine(world, person, SALON_A) == {}
    for function, arguments in (("save_filter", ("x", "a=1")), ("remove_saved_filter", (uuid4(),))):
        async with refused(world, "PT403", "not_allowed"):
            await world.write(person, function, *arguments, tenant=SALON_A)


async def test_nobody_writes_the_table_itself(world: World) -> None:
    for statement in (
        "insert into dashboard.saved_filters (tenant_id, user_id, name, query) select null, null, 'x', 'y'",
        "update dashboard.saved_filters set name = 'x'",
        "delete from dashboard.saved_filters",
        "delete from dashboard.my_saved_filters",
    ):
        async with refused(world, "42501"), world.acting("owner_a") as connection:
            await connection.execute(statement)


async def test_what_is_looked_for_is_on_no_record(world: World) -> None:
    await world.write("owner_a", "save_filter", "Анна", QUERY)
    entries = await world.connection.fetch("select * from dashboard.audit_log where action = 'filter.saved'")
    (entry,) = [dict(entry) for entry in entries]
    assert (entry["tenant_id"], entry["actor_id"]) == (None, world.people["owner_a"])
    assert json.loads(entry["details"]) == {}
