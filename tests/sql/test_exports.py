"""An export is on record: who took what, and how much of it."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.sql.world import SALON_A, SALON_B, World, refused

FILTERS = json.dumps({"status": ["done"], "q": "маникюр"})


@pytest.mark.parametrize("person", ["owner_a", "admin_a", "operator_a"])
async def test_who_may_read_dialogues_leaves_a_trace(world: World, person: str) -> None:
    request = uuid4()
    for _ in range(2):
        await world.call(person, "note_export", request, "xlsx", FILTERS, 12)
    (entry,) = await world.connection.fetch(
        "select * from dashboard.audit_log where request_id = $1", request
    )
    assert (entry["action"], entry["tenant_id"]) == ("dialogues.exported", SALON_A)
    assert entry["actor_id"] == world.people[person]
    assert json.loads(entry["details"]) == {"format": "xlsx", "filters": json.loads(FILTERS), "rows": 12}


@pytest.mark.parametrize("person", ["owner_b", "outsider"])
async def test_others_are_refused(world: World, person: str) -> None:
    async with refused(world, "PT403"):
        await world.write(person, "note_export", "csv", FILTERS, 1, tenant=SALON_A)


@pytest.mark.parametrize("role", ["anon", "dashboard_auth", "dashboard_worker", "dashboard_live"])
async def test_no_machine_may_call_it(world: World, role: str) -> None:
    assert not await world.connection.fetchval(
        "select has_function_privilege($1, 'dashboard.note_export(uuid, text, jsonb, bigint)', 'execute')",
        role,
    )


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("format_unknown", ("pdf", FILTERS, 1)),
        ("format_unknown", (None, FILTERS, 1)),
        ("filters_invalid", ("csv", "[]", 1)),
        ("filters_invalid", ("csv", None, 1)),
        ("filters_invalid", ("csv", json.dumps({"q": "x" * 20_001}), 1)),
        ("rows_invalid", ("csv", FILTERS, -1)),
        ("rows_invalid", ("csv", FILTERS, None)),
    ],
)
async def test_nonsense_is_refused(world: World, code: str, arguments: tuple[Any, ...]) -> None:
    async with refused(world, "PT422", code):
        await world.write("owner_a", "note_export", *arguments)


async def test_the_other_salons_log_does_not_show_it(world: World) -> None:
    await world.write("owner_a", "note_export", "csv", FILTERS, 1)
    for person, salon, seen in (("owner_a", SALON_A, 1), ("owner_b", SALON_B, 0)):
        async with world.acting(person, salon) as connection:
            count = await connection.fetchval(
                "select count(*) from dashboard.audit_entries where action = 'dialogues.exported'"
            )
        assert count == seen
