"""A salon's keys: who sees, makes and revokes them, and what nobody is ever told."""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.sql.world import MARKS, SALON_A, SALON_B, Caller, World, refused

PREFIX = "agp_AbCd-_12"


@pytest.fixture(autouse=True)
async def none_yet(world: World) -> None:
    """No salon has a key."""
    await world.connection.execute("delete from dashboard.api_keys")


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def make(
    world: World, person: str = "owner_a", name: str = "bot", tenant: UUID | None = None, **changes: Any
) -> dict[str, Any]:
    """A key of a person's, of a text of its own; `changes` are other arguments."""
    sent = {"prefix": PREFIX, "key_hash": hash_of(f"{person} {name}"), "scopes": ["ingest"]} | changes
    made: dict[str, Any] = await world.write(
        person, "create_api_key", name, sent["prefix"], sent["key_hash"], sent["scopes"], tenant=tenant
    )
    return made


async def listed(world: World, person: str = "owner_a", tenant: UUID | None = None) -> list[dict[str, Any]]:
    """The keys that a person sees."""
    found: list[dict[str, Any]] = await world.call(person, "list_api_keys", tenant=tenant)
    return found


async def claims(world: World, key_hash: str) -> Any:
    """What the panel is told of a key."""
    return await world.call(Caller("dashboard_ingest"), "key_claims", key_hash)


async def test_is_listed_without_its_hash(world: World) -> None:
    made = await make(world, name=" Бот ", scopes=["read", "ingest", "read"])
    (seen,) = await listed(world)
    assert seen == made
    assert set(seen) == {
        "key_id", "name", "prefix", "scopes", "created_at", "created_by", "last_used_at", "revoked_at",
    }  # fmt: skip
    assert (seen["name"], seen["prefix"], seen["scopes"]) == ("Бот", PREFIX, ["ingest", "read"])
    assert seen["created_by"] == f"owner_a {MARKS[SALON_A]}"
    assert seen["last_used_at"] is None
    assert seen["revoked_at"] is None


async def test_opens_what_it_was_made_for(world: World) -> None:
    await make(world, key_hash=hash_of("x"), scopes=["ingest", "read", "control"])
    found = await claims(world, hash_of("x"))
    assert (found["tenant_id"], found["scopes"]) == (str(SALON_A), ["ingest", "read", "control"])


@pytest.mark.parametrize("person", ["owner_b", "operator_a", "outsider"])
async def test_is_there_for_nobody_without_the_right(world: World, person: str) -> None:
    made = await make(world)
    if person == "owner_b":
        assert await listed(world, person) == []
    async with refused(world, "PT403", "not_allowed"):
        await listed(world, person, SALON_A)
    async with refused(world, "PT403", "not_allowed"):
        await make(world, person, tenant=SALON_A)
    async with refused(world, "PT403", "not_allowed"):
        await world.write(person, "revoke_api_key", made["key_id"], tenant=SALON_A)


async def test_of_another_salon_is_none(world: World) -> None:
    made = await make(world)
    async with refused(world, "PT404", "key_not_found"):
        await world.write("owner_b", "revoke_api_key", made["key_id"])
    async with refused(world, "PT404", "key_not_found"):
        await world.write("owner_a", "revoke_api_key", uuid4())
    assert await listed(world, "platform", SALON_B) == []
    assert await claims(world, hash_of("owner_a bot"))


async def test_is_made_once_by_one_request(world: World) -> None:
    request, arguments = uuid4(), ("bot", PREFIX, hash_of("x"), ["ingest"])
    answers = [await world.call("owner_a", "create_api_key", request, *arguments) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(await listed(world)) == 1
    async with refused(world, "PT409", "request_id_reused"):
        await world.call("owner_a", "create_api_key", request, "other", *arguments[1:])


async def test_the_same_key_is_not_made_twice(world: World) -> None:
    await make(world, key_hash=hash_of("x"))
    async with refused(world, "PT409", "key_known"):
        await make(world, "owner_b", key_hash=hash_of("x"))


async def test_is_revoked_for_good_and_on_record_once(world: World) -> None:
    made = await make(world)
    request = uuid4()
    first = [await world.call("owner_a", "revoke_api_key", request, made["key_id"]) for _ in range(2)]
    again = [
        await world.call("admin_a", "revoke_api_key", request, made["key_id"]) for request in [uuid4()] * 2
    ]
    assert first[0] == first[1] == again[0] == again[1]
    assert first[0]["revoked_at"]
    assert await claims(world, hash_of("owner_a bot")) is None
    noted = await world.connection.fetch(
        "select actor_id, subject, details from dashboard.audit_log where action = 'key.revoked'"
    )
    assert [(one["actor_id"], one["subject"]) for one in noted] == [(world.people["owner_a"], made["key_id"])]


async def test_revoked_ones_stand_behind_the_living(world: World) -> None:
    dead, living = await make(world, name="dead"), await make(world, name="living")
    await world.write("owner_a", "revoke_api_key", dead["key_id"])
    assert [(key["name"], bool(key["revoked_at"])) for key in await listed(world)] == [
        ("living", False),
        ("dead", True),
    ]
    assert living["key_id"]


@pytest.mark.parametrize("name", ["", "  ", None, "x" * 101, "a\u202eb", "a\nb", "\u00ad", "\u200c"])
async def test_needs_a_visible_name(world: World, name: str | None) -> None:
    async with refused(world, "PT422", "key_name_invalid"):
        await world.write("owner_a", "create_api_key", name, PREFIX, hash_of("x"), ["ingest"])


@pytest.mark.parametrize("scopes", [None, [], ["write"], ["ingest", "write"], ["ingest", None], [""]])
async def test_needs_scopes_that_there_are(world: World, scopes: list[str | None] | None) -> None:
    async with refused(world, "PT422", "key_scopes_invalid"):
        await make(world, scopes=scopes)


@pytest.mark.parametrize(
    "prefix", [None, "", "agp_", "agp_1234567", "agp_123456789", "sk_12345678", "agp_1234567ж"]
)
async def test_needs_its_beginning(world: World, prefix: str | None) -> None:
    async with refused(world, "PT422", "key_prefix_invalid"):
        await make(world, prefix=prefix)


@pytest.mark.parametrize("key_hash", [None, "", "agp_" + "x" * 43, "AB" * 32, "ab" * 33])
async def test_takes_a_hash_and_no_key(world: World, key_hash: str | None) -> None:
    async with refused(world, "PT422", "hash_malformed"):
        await make(world, key_hash=key_hash)


async def test_hands_on_nothing_that_its_maker_may_not(world: World) -> None:
    """An administrator does not stop agents, and so makes no key that does."""
    async with refused(world, "PT403", "scope_not_allowed"):
        await make(world, "admin_a", scopes=["ingest", "control"])
    await make(world, "admin_a", scopes=["ingest", "read"])
    await world.connection.execute(
        "delete from dashboard.role_permissions where role = 'admin' and permission = 'runs.read'"
    )
    async with refused(world, "PT403", "scope_not_allowed"):
        await make(world, "admin_a", name="reader", scopes=["read"])


async def test_there_are_fifty_living_ones_at_most(world: World) -> None:
    keys = [await make(world, name=f"key {number}") for number in range(50)]
    async with refused(world, "PT409", "too_many_keys"):
        await make(world, name="one more")
    await make(world, "owner_b", name="of another salon")
    await world.write("owner_a", "revoke_api_key", keys[7]["key_id"])
    await make(world, name="one more")
    assert len(await listed(world)) == 51


async def test_what_is_on_record_opens_nothing(world: World) -> None:
    made = await make(world, name="bot", key_hash=hash_of("x"), scopes=["read"])
    (noted,) = await world.connection.fetch("select * from dashboard.audit_log where action = 'key.created'")
    assert (noted["tenant_id"], noted["actor_id"]) == (SALON_A, world.people["owner_a"])
    assert noted["subject"] == made["key_id"]
    assert json.loads(noted["details"]) == {"name": "bot", "prefix": PREFIX, "scopes": ["read"]}
    kept = await world.connection.fetch("select * from dashboard.write_requests")
    assert hash_of("x") not in str([dict(row) for row in [noted, *kept]])


class TestIssuing:
    """From the command line, where nobody is signed in."""

    async def issue(self, world: World, tenant: str, name: str = "bot") -> dict[str, Any]:
        async with world.connection.transaction():
            await world.connection.execute("set local role dashboard_owner")
            made: dict[str, Any] = json.loads(
                await world.connection.fetchval(
                    "select dashboard.issue_api_key($1, $2, $3, $4, $5)",
                    tenant,
                    name,
                    PREFIX,
                    hash_of(name),
                    ["ingest"],
                )
            )
            await world.connection.execute("reset role")
        return made

    @pytest.mark.parametrize("tenant", [str(SALON_A), str(SALON_A).upper(), f"salon-{MARKS[SALON_A]}"])
    async def test_takes_a_salon_by_id_or_slug(self, world: World, tenant: str) -> None:
        made = await self.issue(world, tenant)
        assert await listed(world) == [made]
        assert made["created_by"] is None
        (noted,) = await world.connection.fetch(
            "select tenant_id, actor_id, actor_name from dashboard.audit_log where action = 'key.created'"
        )
        assert tuple(noted) == (SALON_A, None, None)

    @pytest.mark.parametrize("tenant", ["", "no-such-salon", str(UUID(int=5)), "'; --"])
    async def test_refuses_a_salon_that_there_is_not(self, world: World, tenant: str) -> None:
        async with refused(world, "PT404", "tenant_unknown"):
            await self.issue(world, tenant)

    async def test_checks_what_it_is_given(self, world: World) -> None:
        async with refused(world, "PT422", "key_name_invalid"):
            await self.issue(world, str(SALON_A), " ")
