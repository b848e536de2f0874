"""A curious owner of another salon, and an admin who wants more: what they might try on accounts."""

from uuid import UUID, uuid4

import pytest

from tests.sql.world import BCRYPT, MARKS, SALON_A, SALON_B, Caller, World, refused

DOOR = Caller("dashboard_auth")
TOKEN = "ab" * 32


async def issue(world: World, person: str, target: UUID, token: str = TOKEN) -> None:
    await world.write(person, "issue_password_reset", target, token, 60)


async def redeem(world: World, token: str = TOKEN) -> None:
    async with world.acting(DOOR) as connection:
        await connection.fetchval("select dashboard.auth_redeem_reset($1, $2, '1.2.3.4')", token, BCRYPT)


class TestTakingOverAnAccount:
    @pytest.mark.parametrize("name", ["owner_a@marked-a.example", "platform@nowhere.example"])
    async def test_adding_a_stranger(self, world: World, name: str) -> None:
        """Were it allowed, their password could be set, or their own salon's owner kept from setting it."""
        async with refused(world, "PT409", "account_elsewhere"):
            await world.write("owner_b", "add_member", name, "Friend", "operator")

    async def test_making_an_account_for_a_person_of_another_salon_and_waiting(self, world: World) -> None:
        """Who made an account chose its password: that must not open the salon that adds the address next."""
        made = await world.write("owner_b", "add_member", "victim@x.example", "Victim", "operator")
        await issue(world, "owner_b", UUID(made["user_id"]))
        await redeem(world)
        async with refused(world, "PT409", "account_elsewhere"):
            await world.write("owner_a", "add_member", "victim@x.example", "Our admin", "admin")

    async def test_making_an_account_and_letting_go_of_it(self, world: World) -> None:
        """An account that is in no salon is taken over without its password, sessions and links."""
        made = await world.write("owner_b", "add_member", "victim@x.example", "Victim", "operator")
        victim = UUID(made["user_id"])
        await issue(world, "owner_b", victim)
        await redeem(world)
        world.people["victim"] = victim
        await sign_in(world, "victim", "33")
        await world.write("owner_b", "remove_member", victim)
        row = await world.write("owner_a", "add_member", "victim@x.example", "Our admin", "admin")
        assert (row["user_id"], row["is_new_account"]) == (str(victim), True)
        stored = await world.connection.fetchrow(
            "select password_hash, (select count(*) from dashboard.auth_sessions as session"
            " where session.user_id = $1 and session.ended_at is null) as sessions"
            " from dashboard.users where user_id = $1",
            victim,
        )
        assert stored is not None
        assert (stored["password_hash"], stored["sessions"]) == (None, 0)

    async def test_setting_the_password_of_a_person_whom_the_platform_gave_two_salons(
        self, world: World
    ) -> None:
        await world.join(world.people["owner_a"], "operator", SALON_B)
        async with refused(world, "PT403", "account_shared"):
            await issue(world, "owner_b", world.people["owner_a"])

    async def test_setting_the_password_of_a_platform_admin_who_helps_out(self, world: World) -> None:
        await world.join(world.people["platform"], "operator", SALON_B)
        async with refused(world, "PT403", "role_above_own"):
            await issue(world, "owner_b", world.people["platform"])

    async def test_an_admin_setting_the_password_of_the_owner(self, world: World) -> None:
        async with refused(world, "PT403", "role_above_own"):
            await issue(world, "admin_a", world.people["owner_a"])

    async def test_a_person_who_is_more_in_another_salon(self, world: World) -> None:
        """Admin of both salons, but the other is its owner over there."""
        await world.join(world.people["admin_a"], "admin", SALON_B)
        person = await world.add_person("both", "operator", SALON_A, MARKS[SALON_A])
        await world.join(person, "owner", SALON_B)
        async with refused(world, "PT403", "account_shared"):
            await issue(world, "admin_a", person)

    async def test_who_manages_all_of_it_may(self, world: World) -> None:
        await world.join(world.people["owner_a"], "admin", SALON_B)
        person = await world.add_person("both", "operator", SALON_A, MARKS[SALON_A])
        await world.join(person, "operator", SALON_B)
        await issue(world, "owner_a", person)
        await redeem(world)

    async def test_an_operator_elsewhere_is_not_enough(self, world: World) -> None:
        """A membership of the issuer's that does not manage people gives no say."""
        await world.join(world.people["owner_a"], "operator", SALON_B)
        person = await world.add_person("both", "operator", SALON_A, MARKS[SALON_A])
        await world.join(person, "operator", SALON_B)
        async with refused(world, "PT403", "account_shared"):
            await issue(world, "owner_a", person)

    async def test_ones_own_by_a_link_instead_of_the_old_password(self, world: World) -> None:
        async with refused(world, "PT409", "own_account"):
            await issue(world, "owner_a", world.people["owner_a"])

    @pytest.mark.parametrize("later", ["added elsewhere", "promoted", "switched off", "another link"])
    async def test_keeping_a_link_until_the_account_is_worth_more(self, world: World, later: str) -> None:
        """A link that was issued for a nobody must not open what the account becomes."""
        await world.write("owner_b", "add_member", "victim@x.example", "Victim", "operator")
        victim = await world.connection.fetchval(
            "select user_id from dashboard.users where email = 'victim@x.example'"
        )
        await issue(world, "owner_b", victim)
        if later == "added elsewhere":
            await world.write(
                "platform", "add_member", "victim@x.example", "Our admin", "admin", tenant=SALON_A
            )
        elif later == "promoted":
            await world.write("owner_b", "change_role", victim, "admin")
        elif later == "switched off":
            await world.write("owner_b", "set_user_active", victim, False)
            await world.write("owner_b", "set_user_active", victim, True)
        else:
            await issue(world, "owner_b", victim, "cd" * 32)
        async with refused(world, "PT404", "reset_link_invalid"):
            await redeem(world)

    async def test_a_platform_admin_may_help_anybody_but_themselves(self, world: World) -> None:
        owner_b = world.people["owner_b"]
        await world.call("platform", "issue_password_reset", uuid4(), owner_b, TOKEN, 60, tenant=SALON_A)
        async with refused(world, "PT409", "own_account"):
            await issue(world, "platform", world.people["platform"])


class TestLockingSomebodyOut:
    async def test_switching_off_a_stranger_one_has_added(self, world: World) -> None:
        await world.write(
            "platform", "add_member", "admin_a@marked-a.example", "Friend", "operator", tenant=SALON_B
        )
        async with refused(world, "PT409", "account_shared"):
            await world.write("owner_b", "set_user_active", world.people["admin_a"], False)

    async def test_removing_them_does_no_harm_elsewhere(self, world: World) -> None:
        await world.write(
            "platform", "add_member", "owner_a@marked-a.example", "Friend", "operator", tenant=SALON_B
        )
        await world.write("owner_b", "remove_member", world.people["owner_a"])
        assert await world.call("owner_a", "current_tenant") == SALON_A
        assert await world.connection.fetchval(
            "select count(*) from dashboard.auth_sessions where user_id = $1 and ended_at is null",
            world.people["owner_a"],
        )

    async def test_switching_on_what_the_platform_switched_off(self, world: World) -> None:
        await world.join(world.people["admin_a"], "operator", SALON_B)
        await world.write("platform", "set_user_active", world.people["admin_a"], False, tenant=SALON_A)
        async with refused(world, "PT409", "account_shared"):
            await world.write("owner_a", "set_user_active", world.people["admin_a"], True)

    async def test_a_platform_admin_may_switch_a_shared_account(self, world: World) -> None:
        await world.join(world.people["admin_a"], "operator", SALON_B)
        row = await world.write("platform", "set_user_active", world.people["admin_a"], False, tenant=SALON_A)
        assert row["is_active"] is False


class TestLearningOfAnotherSalon:
    async def test_a_person_of_two_salons_looks_the_same_in_each(self, world: World) -> None:
        """Neither salon's owner sees the other membership, role or name."""
        await world.write(
            "platform", "add_member", "admin_a@marked-a.example", "Marina B", "operator", tenant=SALON_B
        )
        async with world.acting("owner_a") as connection:
            rows = await connection.fetch(
                "select full_name, role from dashboard.tenant_users where email like 'admin_a@%'"
            )
        assert [tuple(row) for row in rows] == [("admin_a marked-a", "admin")]
        async with world.acting("owner_b") as connection:
            rows = await connection.fetch(
                "select full_name, role from dashboard.tenant_users where email like 'admin_a@%'"
            )
            assert [tuple(row) for row in rows] == [("Marina B", "operator")]
            tenants = await connection.fetch("select distinct tenant_id from dashboard.memberships")
            assert [row["tenant_id"] for row in tenants] == [SALON_B]

    async def test_sign_ins_of_a_shared_person_are_told_to_no_salon(self, world: World) -> None:
        await sign_in(world, "admin_a", "11")
        await world.join(world.people["admin_a"], "operator", SALON_B)
        await sign_in(world, "admin_a", "22")
        rows = await world.connection.fetch(
            "select tenant_id from dashboard.audit_log where action = 'sign_in' order by audit_id"
            " desc limit 2"
        )
        assert [row["tenant_id"] for row in rows] == [None, SALON_A]

    async def test_a_salon_one_may_not_enter_is_no_choice(self, world: World) -> None:
        async with refused(world, "PT404", "tenant_not_found"):
            await world.write("owner_a", "set_preferences", None, None, SALON_B)

    async def test_the_preferences_of_a_member_are_on_record_for_the_platform_only(
        self, world: World
    ) -> None:
        await world.write("owner_a", "set_preferences", "en", None, SALON_A)
        async with world.acting("admin_a") as connection:
            assert not await connection.fetch(
                "select * from dashboard.audit_entries where action like 'preferences%'"
            )
        async with world.acting("platform") as connection:
            assert await connection.fetch(
                "select * from dashboard.audit_entries where action like 'preferences%'"
            )


async def sign_in(world: World, person: str, digit: str) -> None:
    async with world.acting(DOOR) as connection:
        await connection.fetchval(
            "select dashboard.auth_open_session($1, $2, 60, 600, '1.2.3.4', 'test')",
            world.people[person],
            digit * 32,
        )
