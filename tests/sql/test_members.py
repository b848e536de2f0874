"""Adding, changing and removing the people of a salon: what is done, and what is refused."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from tests.sql.world import MARKS, SALON_A, SALON_B, World, refused

HOSTILE = [
    "",
    "   ",
    "x" * 201,
    "tab\there",
    "line\nbreak",
    "bell\x07",
    "right-to-left \u202eoverride",
    "zero\u200bwidth",
]
NO_ADDRESSES = [
    "", "x", "no-at.example", "two@at@signs.example", "a@nodot", "a@dot.", "a@.dot", "a@b..c",
    "spa ce@x.example",
    "tab\t@x.example", "<b>@x.example", '"quoted"@x.example', "a,b@x.example", f"{'x' * 250}@x.example",
    "a\u202eb@x.example",
    "a@x.example\n", "x" * 1_000_000,
]  # fmt: skip


@pytest.fixture
async def staffed(world: World) -> World:
    """Two more people in salon A."""
    await world.add_person("operator_a2", "operator", SALON_A, MARKS[SALON_A])
    await world.add_person("owner_a2", "owner", SALON_A, MARKS[SALON_A])
    return world


async def role_of(world: World, person: str, salon: UUID = SALON_A) -> str | None:
    role: str | None = await world.connection.fetchval(
        "select role from dashboard.memberships where user_id = $1 and tenant_id = $2",
        world.people[person],
        salon,
    )
    return role


async def last_audit(world: World) -> tuple[UUID | None, UUID | None, str, str | None]:
    row = await world.connection.fetchrow(
        "select tenant_id, actor_id, action, subject from dashboard.audit_log order by audit_id desc limit 1"
    )
    assert row is not None
    return tuple(row)


class TestAddMember:
    async def test_a_new_person_gets_an_account_without_a_password(self, world: World) -> None:
        row = await world.write("owner_a", "add_member", " New.Person@Example.COM ", " New Person ", "admin")
        assert row == row | {"email": "new.person@example.com", "full_name": "New Person", "role": "admin"}
        assert row["is_active"] is True
        assert row["is_new_account"] is True
        found = await world.call("owner_a", "current_tenant")
        assert found == SALON_A
        stored = await world.connection.fetchrow(
            "select * from dashboard.users where user_id = $1", UUID(row["user_id"])
        )
        assert stored is not None
        assert stored["password_hash"] is None
        assert await last_audit(world) == (SALON_A, world.people["owner_a"], "member.added", row["user_id"])

    async def test_a_known_address_only_gets_the_membership(self, world: World) -> None:
        before = await world.connection.fetchrow(
            "select * from dashboard.users where user_id = $1", world.people["owner_b"]
        )
        row = await world.write(
            "platform", "add_member", "OWNER_B@marked-b.example", "Our Friend", "operator", tenant=SALON_A
        )
        after = await world.connection.fetchrow(
            "select * from dashboard.users where user_id = $1", world.people["owner_b"]
        )
        assert before == after
        assert row["user_id"] == str(world.people["owner_b"])
        assert row["is_new_account"] is False
        assert await role_of(world, "owner_b", SALON_B) == "owner"

    async def test_a_known_address_tells_nothing_of_the_other_salon(self, world: World) -> None:
        """Not the name given there, not since when, not when last seen."""
        row = await world.write(
            "platform", "add_member", "owner_b@marked-b.example", "Our Friend", "operator", tenant=SALON_A
        )
        async with world.acting("owner_a") as connection:
            seen = await connection.fetchrow(
                "select * from dashboard.tenant_users where user_id = $1", UUID(row["user_id"])
            )
        assert seen is not None
        assert (seen["full_name"], seen["last_seen_at"], row["last_seen_at"]) == ("Our Friend", None, None)
        assert seen["created_at"] > datetime(2020, 1, 1, tzinfo=UTC)
        joined = await world.connection.fetchval(
            "select created_at from dashboard.memberships where user_id = $1 and tenant_id = $2",
            world.people["owner_b"], SALON_A,
        )  # fmt: skip
        assert seen["created_at"] == joined

    async def test_an_owner_of_two_salons_moves_people_between_them(self, world: World) -> None:
        await world.join(world.people["owner_a"], "owner", SALON_B)
        row = await world.write(
            "owner_a", "add_member", "admin_a@marked-a.example", "Anna", "operator", tenant=SALON_B
        )
        assert (row["user_id"], row["is_new_account"]) == (str(world.people["admin_a"]), False)

    async def test_a_member_is_not_added_twice(self, world: World) -> None:
        async with refused(world, "PT409", "already_member"):
            await world.write("owner_a", "add_member", "admin_a@marked-a.example", "Again", "owner")
        assert await role_of(world, "admin_a") == "admin"

    @pytest.mark.parametrize("email", NO_ADDRESSES)
    async def test_what_is_no_address_is_refused(self, world: World, email: str) -> None:
        async with refused(world, "PT422", "email_invalid"):
            await world.write("owner_a", "add_member", email, "Somebody", "operator")

    @pytest.mark.parametrize("name", HOSTILE)
    async def test_a_name_that_cannot_be_read_is_refused(self, world: World, name: str) -> None:
        async with refused(world, "PT422", "full_name_invalid"):
            await world.write("owner_a", "add_member", "new@x.example", name, "operator")

    @pytest.mark.parametrize(
        "name", ["<script>alert(1)</script>", "'; drop table x; --", "=1+1", "Ёлка 🎄", "O’Neil ", "علي"]
    )
    async def test_hostile_and_foreign_names_are_just_names(self, world: World, name: str) -> None:
        row = await world.write("owner_a", "add_member", "new@x.example", name, "operator")
        assert row["full_name"] == name.strip()

    @pytest.mark.parametrize("role", ["", "OWNER", "root", "owner ", None])
    async def test_an_unknown_role_is_refused(self, world: World, role: str | None) -> None:
        async with refused(world, "PT422", "role_unknown"):
            await world.write("owner_a", "add_member", "new@x.example", "New", role)

    @pytest.mark.parametrize(
        ("person", "role"),
        [("admin_a", "owner"), ("admin_a", "platform_admin"), ("owner_a", "platform_admin")],
    )
    async def test_nobody_gives_a_role_above_their_own(self, world: World, person: str, role: str) -> None:
        async with refused(world, "PT403", "role_above_own"):
            await world.write(person, "add_member", "new@x.example", "New", role)

    async def test_a_platform_admin_makes_another_one(self, world: World) -> None:
        row = await world.write(
            "platform", "add_member", "root@x.example", "Root", "platform_admin", tenant=SALON_A
        )
        assert row["role"] == "platform_admin"
        # no business of the salon that happened to be chosen
        assert (await last_audit(world))[0] is None

    async def test_without_a_salon_there_is_nowhere_to_add_to(self, world: World) -> None:
        async with refused(world, "PT422", "tenant_missing"):
            await world.write("platform", "add_member", "new@x.example", "New", "operator")


class TestChangeRole:
    async def test_a_role_is_changed_and_on_record(self, staffed: World) -> None:
        row = await staffed.write("owner_a", "change_role", staffed.people["operator_a2"], "admin")
        assert row["role"] == "admin"
        assert (await last_audit(staffed))[2] == "member.role_changed"

    async def test_nobody_changes_their_own_role(self, staffed: World) -> None:
        for role in ("owner", "operator"):
            async with refused(staffed, "PT409", "own_account"):
                await staffed.write("owner_a", "change_role", staffed.people["owner_a"], role)

    @pytest.mark.parametrize("target", ["owner_a", "owner_a2"])
    async def test_an_admin_does_not_touch_owners(self, staffed: World, target: str) -> None:
        async with refused(staffed, "PT403", "role_above_own"):
            await staffed.write("admin_a", "change_role", staffed.people[target], "operator")

    async def test_an_admin_makes_no_owner(self, staffed: World) -> None:
        async with refused(staffed, "PT403", "role_above_own"):
            await staffed.write("admin_a", "change_role", staffed.people["operator_a2"], "owner")

    async def test_nobody_becomes_platform_admin_by_it(self, staffed: World) -> None:
        async with refused(staffed, "PT422", "role_of_the_platform"):
            await staffed.write(
                "platform", "change_role", staffed.people["operator_a2"], "platform_admin", tenant=SALON_A
            )

    async def test_the_last_active_owner_stays(self, staffed: World) -> None:
        await staffed.write("owner_a", "change_role", staffed.people["owner_a2"], "admin")
        async with refused(staffed, "PT409", "last_owner"):
            await staffed.write("platform", "change_role", staffed.people["owner_a"], "admin", tenant=SALON_A)

    async def test_an_owner_who_is_switched_off_does_not_count(self, staffed: World) -> None:
        await staffed.write("owner_a", "set_user_active", staffed.people["owner_a2"], False)
        async with refused(staffed, "PT409", "last_owner"):
            await staffed.write("platform", "change_role", staffed.people["owner_a"], "admin", tenant=SALON_A)
        await staffed.write("platform", "change_role", staffed.people["owner_a2"], "admin", tenant=SALON_A)


class TestRemoveMember:
    async def test_the_person_is_out_and_the_account_stays(self, staffed: World) -> None:
        person = staffed.people["operator_a2"]
        assert await staffed.write("owner_a", "remove_member", person) == {"user_id": str(person)}
        assert await role_of(staffed, "operator_a2") is None
        assert await staffed.connection.fetchval(
            "select is_active from dashboard.users where user_id = $1", person
        )

    async def test_sessions_end_with_the_last_membership(self, staffed: World) -> None:
        await staffed.join(staffed.people["operator_a2"], "operator", SALON_B)
        await open_session(staffed, "operator_a2")
        await staffed.write("owner_a", "remove_member", staffed.people["operator_a2"])
        assert await open_sessions(staffed, "operator_a2") == 1
        await staffed.write("owner_b", "remove_member", staffed.people["operator_a2"])
        assert await open_sessions(staffed, "operator_a2") == 0

    async def test_nobody_removes_themselves(self, staffed: World) -> None:
        async with refused(staffed, "PT409", "own_account"):
            await staffed.write("owner_a", "remove_member", staffed.people["owner_a"])

    async def test_the_last_owner_stays(self, world: World) -> None:
        async with refused(world, "PT409", "last_owner"):
            await world.write("platform", "remove_member", world.people["owner_a"], tenant=SALON_A)

    async def test_the_last_platform_admin_stays_though_others_are_switched_off(self, world: World) -> None:
        other = await world.add_person("platform2", "platform_admin", None)
        await world.write("platform", "set_user_active", other, False)
        async with refused(world, "PT409", "own_account"):
            await world.write("platform", "remove_member", world.people["platform"])

    async def test_a_platform_admin_is_taken_off_the_platform(self, world: World) -> None:
        other = await world.add_person("platform2", "platform_admin", None)
        await world.write("platform", "remove_member", other)
        assert not await world.connection.fetchval(
            "select count(*) from dashboard.memberships where user_id = $1", other
        )


class TestSetUserActive:
    async def test_off_ends_sessions_and_on_lets_in_again(self, staffed: World) -> None:
        await open_session(staffed, "operator_a2")
        row = await staffed.write("admin_a", "set_user_active", staffed.people["operator_a2"], False)
        assert row["is_active"] is False
        assert await open_sessions(staffed, "operator_a2") == 0
        row = await staffed.write("admin_a", "set_user_active", staffed.people["operator_a2"], True)
        assert row["is_active"] is True
        assert await open_sessions(staffed, "operator_a2") == 0

    async def test_nobody_switches_themselves_off(self, staffed: World) -> None:
        async with refused(staffed, "PT409", "own_account"):
            await staffed.write("owner_a", "set_user_active", staffed.people["owner_a"], False)

    async def test_an_admin_does_not_touch_owners(self, staffed: World) -> None:
        async with refused(staffed, "PT403", "role_above_own"):
            await staffed.write("admin_a", "set_user_active", staffed.people["owner_a2"], False)

    async def test_the_last_owner_of_any_salon_stays_on(self, staffed: World) -> None:
        async with refused(staffed, "PT409", "last_owner"):
            await staffed.write(
                "platform", "set_user_active", staffed.people["owner_b"], False, tenant=SALON_A
            )

    async def test_null_is_neither_on_nor_off(self, staffed: World) -> None:
        async with refused(staffed, "PT422", "is_active_missing"):
            await staffed.write("owner_a", "set_user_active", staffed.people["operator_a2"], None)


async def test_people_of_another_salon_look_like_nobody(world: World) -> None:
    """The same answer for them as for an id that does not exist."""
    for person in (
        world.people["operator_b"],
        world.people["outsider"],
        world.people["platform"],
        uuid4(),
        None,
    ):
        for function, arguments in (
            ("change_role", ("operator",)),
            ("remove_member", ()),
            ("set_user_active", (False,)),
            ("issue_password_reset", ("ab" * 32, 60)),
        ):
            async with refused(world, "PT404", "person_not_found"):
                await world.write("owner_a", function, person, *arguments)


async def open_session(world: World, person: str) -> None:
    await world.connection.execute(
        "insert into dashboard.auth_sessions (session_hash, user_id, idle_expires_at, expires_at)"
        " values (sha256(gen_random_uuid()::text::bytea), $1, now() + interval '1 h', now() +"
        " interval '1 h')",
        world.people[person],
    )


async def open_sessions(world: World, person: str) -> int:
    count: int = await world.connection.fetchval(
        "select count(*) from dashboard.auth_sessions where user_id = $1 and ended_at is null",
        world.people[person],
    )
    return count
