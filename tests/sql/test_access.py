"""Every view, table and function × every caller × two salons: nothing foreign, nothing for strangers."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.sql.steering import asks, tell
from tests.sql.test_catalogue import EXECUTABLE, READABLE
from tests.sql.told import NOTE, SESSION, tell_of_one
from tests.sql.world import BCRYPT, MARKS, PEOPLE, SALON_A, SALON_B, Caller, World, person_token, refused

A, B = {SALON_A}, {SALON_B}
PERSONS = tuple(PEOPLE)

# Tokens that somebody might try. Each is made from the world, each has to see nothing at all.
FORGED: dict[str, Callable[[World], Caller]] = {
    "no claims": lambda world: Caller("authenticated"),
    "another salon": lambda world: Caller("authenticated", person_token(world.people["owner_b"], SALON_A)),
    "another salon and a role": lambda world: Caller(
        "authenticated",
        person_token(world.people["operator_b"], SALON_A)
        | {
            "app_metadata": {
                "user_id": str(world.people["operator_b"]),
                "tenant_id": str(SALON_A),
                "app_role": "platform_admin",
            }
        },
    ),
    "a person that is not its subject": lambda world: Caller(
        "authenticated", person_token(world.people["owner_a"], SALON_A, sub=str(world.people["owner_b"]))
    ),
    "a sign-up of the project's own": lambda world: Caller(
        "authenticated",
        person_token(uuid4(), None)
        | {"app_metadata": {"provider": "email"}, "user_metadata": {"tenant_id": str(SALON_A)}},
    ),
    "what its bearer may edit": lambda world: Caller(
        "authenticated",
        {
            "sub": str(world.people["owner_a"]),
            "user_metadata": {"user_id": str(world.people["owner_a"]), "tenant_id": str(SALON_A)},
        },
    ),
    "another database role": lambda world: Caller(
        "authenticated", person_token(world.people["owner_a"], SALON_A, role="dashboard_live")
    ),
    "no UUIDs": lambda world: Caller(
        "authenticated", {"sub": "'; drop", "app_metadata": {"user_id": "'; drop", "tenant_id": [1]}}
    ),
    "metadata of another shape": lambda world: Caller("authenticated", {"sub": "x", "app_metadata": "owner"}),
    "a salon that is none": lambda world: Caller(
        "authenticated", person_token(world.people["owner_a"], uuid4())
    ),
}  # fmt: skip

# Whose rows each person sees in their own salon; not listed: none.
VISIBLE: dict[str, dict[str, set[UUID]]] = {
    "my_tenants": {
        "platform": A | B, "owner_a": A, "admin_a": A, "operator_a": A, "owner_b": B, "operator_b": B,
    },
    "tenant_users": {"owner_a": A, "admin_a": A, "owner_b": B},
    "users": {"owner_a": A, "admin_a": A, "owner_b": B},
    "memberships": {"owner_a": A, "admin_a": A, "owner_b": B},
    "audit_entries": {"owner_a": A, "admin_a": A, "owner_b": B},
    "audit_log": {"owner_a": A, "admin_a": A, "owner_b": B},
    "dialogues": {"owner_a": A, "admin_a": A, "operator_a": A, "owner_b": B, "operator_b": B},
    # a person's own
    "my_saved_filters": {"owner_a": A, "owner_b": B},
    "saved_filters": {"owner_a": A, "owner_b": B},
}  # fmt: skip


async def salons_in(connection: "asyncpg.Connection[asyncpg.Record]", relation: str) -> set[UUID]:
    """The salons whose rows the caller sees, by what only those rows hold. A secret fails at once."""
    columns = READABLE[relation].replace(" ", ", ")
    rows = await connection.fetch(
        f"select to_jsonb(seen)::text from (select {columns} from dashboard.{relation}) as seen"
    )
    text = " ".join(row[0] for row in rows)
    assert "SECRET" not in text
    assert BCRYPT not in text
    return {salon for salon, mark in MARKS.items() if mark in text or str(salon) in text}


@pytest.mark.parametrize("relation", READABLE)
@pytest.mark.parametrize("person", PERSONS)
async def test_a_person_sees_their_own_salon_and_what_their_role_may(
    world: World, person: str, relation: str
) -> None:
    async with world.acting(person) as connection:
        assert await salons_in(connection, relation) == VISIBLE[relation].get(person, set())


@pytest.mark.parametrize("relation", READABLE)
@pytest.mark.parametrize("salon", [SALON_A, SALON_B])
async def test_a_platform_admin_sees_the_salon_that_was_chosen(
    world: World, relation: str, salon: UUID
) -> None:
    async with world.acting("platform", salon) as connection:
        assert await salons_in(connection, relation) == ({salon} if relation != "my_tenants" else A | B)


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("relation", READABLE)
async def test_a_forged_token_sees_nothing_but_its_bearers_own(
    world: World, relation: str, forged: str
) -> None:
    async with world.acting(FORGED[forged](world)) as connection:
        seen = await salons_in(connection, relation)
    own = {"another salon": B, "another salon and a role": B, "a salon that is none": A}
    assert seen == (own.get(forged, set()) if relation == "my_tenants" else set())


@pytest.mark.parametrize("relation", READABLE)
@pytest.mark.parametrize("change", ["switched off", "removed"])
async def test_a_token_is_worth_nothing_once_its_person_is_out(
    world: World, relation: str, change: str
) -> None:
    await world.connection.execute(
        "update dashboard.users set is_active = false where user_id = $1"
        if change == "switched off"
        else "delete from dashboard.memberships where user_id = $1",
        world.people["owner_a"],
    )
    async with world.acting("owner_a") as connection:
        assert await salons_in(connection, relation) == set()


@pytest.mark.parametrize(
    "role", ["anon", "dashboard_auth", "dashboard_worker", "dashboard_live", "service_role"]
)
@pytest.mark.parametrize("relation", READABLE)
async def test_no_other_role_reads_anything(world: World, role: str, relation: str) -> None:
    caller = Caller(role, person_token(world.people["owner_a"], SALON_A, role=role))
    async with refused(world, "42501"), world.acting(caller) as connection:
        await connection.fetch(f"select {READABLE[relation].replace(' ', ', ')} from dashboard.{relation}")


# --- Functions ------------------------------------------------------------------------------------------

DAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = UUID("aaaaaaaa-0000-4000-8000-0000000000ce")
COMMAND = UUID("aaaaaaaa-0000-4000-8000-0000000000cf")
WAITING = UUID(hashlib.md5(f"{SALON_A}:waiting".encode(), usedforsecurity=False).hexdigest())
"""The run of the trace of that name, as `put_traces` has it."""

# A call that would succeed for a platform admin in salon A, and the permission that it needs (None: being
# somebody).
CALLS: dict[str, tuple[str | None, Callable[[World], tuple[Any, ...]]]] = {
    "save_tenant_settings": ("tenant.configure", lambda world: (uuid4(), "Europe/Moscow", "EUR")),
    "add_member": ("users.manage", lambda world: (uuid4(), "new@salon.example", "New", "operator")),
    "change_role": ("users.manage", lambda world: (uuid4(), world.people["operator_a2"], "admin")),
    "remove_member": ("users.manage", lambda world: (uuid4(), world.people["operator_a2"])),
    "set_user_active": ("users.manage", lambda world: (uuid4(), world.people["operator_a2"], False)),
    "issue_password_reset": (
        "users.manage", lambda world: (uuid4(), world.people["operator_a2"], "ab" * 32, 60),
    ),
    "overview": ("overview.read", lambda world: (DAY, DAY)),
    "salons_overview": (None, lambda world: (DAY, DAY)),
    "dialogue": ("dialogues.read", lambda _: (SESSION,)),
    "dialogue_messages": ("dialogues.read", lambda _: (SESSION,)),
    "add_note": ("dialogues.annotate", lambda _: (uuid4(), SESSION, "tea")),
    "edit_note": ("dialogues.annotate", lambda _: (uuid4(), NOTE, "coffee")),
    "remove_note": ("dialogues.annotate", lambda _: (uuid4(), NOTE)),
    "add_tag": ("dialogues.annotate", lambda _: (uuid4(), SESSION, "vip")),
    "remove_tag": ("dialogues.annotate", lambda _: (uuid4(), SESSION, "vip")),
    "list_dialogues": ("dialogues.read", lambda _: ("{}",)),
    "count_dialogues": ("dialogues.read", lambda _: ("{}",)),
    "dialogue_facets": ("dialogues.read", lambda _: ()),
    "live_feed": ("dialogues.read", lambda _: ()),
    "note_export": ("dialogues.read", lambda _: (uuid4(), "csv", "{}", 3)),
    "save_filter": ("dialogues.read", lambda _: (uuid4(), "mine", "booked=yes")),
    "ask_job_run": ("jobs.run", lambda _: (uuid4(), "metrics-collector")),
    "list_api_keys": ("tenant.configure", lambda _: ()),
    "create_api_key": ("tenant.configure", lambda _: (uuid4(), "bot", "agp_12345678", "ab" * 32, ["read"])),
    "revoke_api_key": ("tenant.configure", lambda _: (uuid4(), KEY)),
    "telemetry_rules": ("tenant.configure", lambda _: ()),
    "save_telemetry_rules": ("tenant.configure", lambda _: (uuid4(), False, 7, 30)),
    "list_runs": ("runs.read", lambda _: ()),
    "run": ("runs.read", lambda _: (uuid4(),)),
    "run_of_trace": ("runs.read", lambda _: ("trace",)),
    "run_events": ("runs.read", lambda _: (uuid4(),)),
    "trace_events": ("runs.read", lambda _: ("trace",)),
    "run_export": ("runs.read", lambda _: (uuid4(),)),
    "event_detail": ("runs.read", lambda _: (uuid4(), 1)),
    "step_events": ("runs.read", lambda _: ("step",)),
    "events_after": ("runs.read", lambda _: ("0",)),
    "agent_metrics": ("runs.read", lambda _: (MIDNIGHT, MIDNIGHT + timedelta(days=1))),
    "list_bot_runs": ("runs.read", lambda _: ()),
    "bot_run_events": ("runs.read", lambda _: ("1",)),
    "search_events": ("runs.read", lambda _: ("needle",)),
    "pending_approvals": ("runs.read", lambda _: ()),
    "approval_decision": ("runs.read", lambda _: (WAITING, 1)),
    "list_commands": ("runs.read", lambda _: ()),
    "decide_approval": ("runs.control", lambda _: (uuid4(), WAITING, 1, "approve")),
    "stop_run": ("runs.control", lambda _: (uuid4(), WAITING)),
    "stop_all_runs": ("runs.control", lambda _: (uuid4(),)),
    "add_plan_task": ("runs.control", lambda _: (uuid4(), WAITING, "call Anna back")),
    "resend_command": ("runs.control", lambda _: (uuid4(), COMMAND)),
    "set_preferences": (None, lambda world: (uuid4(), "ru", "dark", None)),
}  # fmt: skip
# Only one's own can be removed: tried in test_saved_filters.
OF_ONE_PERSON = {"remove_saved_filter"}
# They answer anybody, with null or with what the token says: no secrets, nothing to refuse.
ABOUT_THE_TOKEN = {
    "current_user_id", "current_tenant", "current_role_name", "allowed", "topic_tenant", "member_last_seen",
}  # fmt: skip
READS_AND_NOTES = {"overview.read", "dialogues.read", "dialogues.annotate", "runs.read"}
HAVE = {
    "owner_a": READS_AND_NOTES | {"runs.control", "tenant.configure", "users.manage", "jobs.run"},
    "admin_a": READS_AND_NOTES | {"tenant.configure", "users.manage", "jobs.run"},
    "operator_a": READS_AND_NOTES | {"runs.control"},
}


def test_every_function_for_people_is_tried() -> None:
    assert set(CALLS) | ABOUT_THE_TOKEN | OF_ONE_PERSON == set(EXECUTABLE["authenticated"].split())


@pytest.fixture
async def staffed(world: World) -> World:
    """With one more operator, a dialogue, a key, a run that waits and a command in salon A, to act upon."""
    await world.add_person("operator_a2", "operator", SALON_A, MARKS[SALON_A])
    await tell_of_one(world)
    await world.connection.execute(
        "insert into dashboard.api_keys (key_id, tenant_id, name, prefix, key_hash, scopes)"
        " values ($1, $2, 'bot', 'agp_87654321', sha256('x'), '{ingest}')",
        KEY,
        SALON_A,
    )
    assert await tell(world, asks(trace_id="waiting")) == WAITING
    await world.connection.execute(
        "insert into dashboard.bot_commands (command_id, tenant_id, run_id, kind, status)"
        " values ($1, $2, $3, 'add_task', 'dead')",
        COMMAND,
        SALON_A,
        WAITING,
    )
    return world


@pytest.mark.parametrize("function", CALLS)
@pytest.mark.parametrize("person", ["owner_a", "admin_a", "operator_a"])
async def test_a_person_may_call_what_their_role_may(staffed: World, person: str, function: str) -> None:
    permission, arguments = CALLS[function]
    if permission is None or permission in HAVE[person]:
        await staffed.call(person, function, *arguments(staffed))
    else:
        async with refused(staffed, "PT403", "not_allowed"):
            await staffed.call(person, function, *arguments(staffed))


@pytest.mark.parametrize("function", CALLS)
async def test_a_platform_admin_may_call_everything_in_any_salon(staffed: World, function: str) -> None:
    await staffed.call("platform", function, *CALLS[function][1](staffed), tenant=SALON_A)


@pytest.mark.parametrize("function", CALLS)
@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_token_calls_nothing(staffed: World, function: str, forged: str) -> None:
    permission, arguments = CALLS[function]
    caller = FORGED[forged](staffed)
    if permission is None and forged in {"another salon", "another salon and a role", "a salon that is none"}:
        return  # their own preferences, whatever salon they claim
    async with staffed.acting(caller) as connection:
        assert await connection.fetchval("select dashboard.current_tenant()") is None
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with staffed.connection.transaction():
            await staffed.call(caller, function, *arguments(staffed))
    assert caught.value.sqlstate in {"PT403", "PT422"}


@pytest.mark.parametrize(
    "function", sorted({name for names in EXECUTABLE.values() for name in names.split()})
)
@pytest.mark.parametrize(
    "role",
    [
        "anon", "authenticated", "dashboard_auth", "dashboard_worker", "dashboard_live", "dashboard_ingest",
        "service_role",
    ],
)  # fmt: skip
async def test_a_function_runs_for_its_role_only(world: World, role: str, function: str) -> None:
    """Called for real: with nulls, which the function itself may refuse, but not for want of a privilege."""
    if function in EXECUTABLE.get(role, "").split():
        return
    row = await world.connection.fetchrow(
        "select pronargs, array(select format_type(t, null) from unnest(proargtypes) as t) as"
        " types from pg_proc"
        " where pronamespace = 'dashboard'::regnamespace and proname = $1",
        function,
    )
    assert row is not None
    arguments = ", ".join(f"null::{name}" for name in row["types"])
    async with refused(world, "42501"), world.acting(Caller(role)) as connection:
        await connection.execute(f"select dashboard.{function}({arguments})")


async def test_the_last_look_of_a_member_of_another_salon_is_not_told(world: World) -> None:
    assert await world.call("owner_a", "member_last_seen", world.people["owner_a"]) is not None
    assert await world.call("owner_a", "member_last_seen", world.people["owner_b"]) is None
    assert await world.call("operator_a", "member_last_seen", world.people["owner_a"]) is None
