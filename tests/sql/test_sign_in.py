"""What the sign-in pages ask of the database, as the role dashboard_auth."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.sql.world import BCRYPT, SALON_A, SALON_B, Caller, World, refused

DOOR = Caller("dashboard_auth")
ONE, TWO, THREE = "1a" * 32, "2b" * 32, "3c" * 32
OTHER_PASSWORD = "$2b$12$" + "y" * 53


async def open_session(world: World, person: str, secret: str, **changes: Any) -> Any:
    given = {
        "idle": 600,
        "lifetime": 3600,
        "address": "203.0.113.5",
        "agent": "Browser",
        "replaces": None,
    } | changes
    return await world.call(
        DOOR, "auth_open_session", world.people[person], secret,
        given["idle"], given["lifetime"], given["address"], given["agent"], given["replaces"],
    )  # fmt: skip


async def session(world: World, secret: str) -> Any:
    return await world.call(DOOR, "auth_session", secret)


async def later(world: World, **by: float) -> None:
    """Let time pass for all sessions and links: `now()` stands still inside a transaction."""
    await world.connection.execute(
        "update dashboard.auth_sessions set idle_expires_at = idle_expires_at - $1::interval,"
        " expires_at = expires_at - $1::interval, last_seen_at = last_seen_at - $1::interval",
        timedelta(**by),
    )
    await world.connection.execute(
        "update dashboard.password_resets set expires_at = expires_at - $1::interval", timedelta(**by)
    )


class TestSessions:
    async def test_opening_one_tells_who_it_is(self, world: World) -> None:
        identity = await open_session(world, "admin_a", ONE)
        assert identity == await session(world, ONE)
        assert identity["email"] == "admin_a@marked-a.example"
        assert identity["memberships"] == [{"tenant_id": str(SALON_A), "role": "admin"}]
        times = {name: datetime.fromisoformat(value) for name, value in identity["session"].items()}
        assert times["idle_expires_at"] - times["created_at"] == timedelta(seconds=600)
        assert times["expires_at"] - times["created_at"] == timedelta(seconds=3600)
        assert "password_hash" not in json.dumps(identity)

    async def test_only_the_hash_is_stored_and_it_is_no_secret(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        stored = await world.connection.fetchval(
            "select session_hash from dashboard.auth_sessions where user_id = $1", world.people["admin_a"]
        )
        assert stored == bytes.fromhex(ONE)

    async def test_an_unknown_one_is_nobody(self, world: World) -> None:
        assert await session(world, TWO) is None

    async def test_it_ends_when_idle(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        await later(world, seconds=599)
        assert await session(world, ONE) is not None
        await later(world, seconds=2)
        assert await session(world, ONE) is None

    async def test_touching_keeps_it_alive_up_to_its_absolute_end(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        for _ in range(7):
            await later(world, seconds=500)
            await world.call(DOOR, "auth_touch_sessions", [ONE], [], 600)
        identity = await session(world, ONE)
        assert identity["session"]["idle_expires_at"] == identity["session"]["expires_at"]
        await later(world, seconds=101)
        assert await session(world, ONE) is None

    async def test_touching_does_not_wake_what_has_ended(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        await later(world, seconds=601)
        await world.call(DOOR, "auth_touch_sessions", [ONE, TWO], [ONE, TWO], 600)
        assert await session(world, ONE) is None

    async def test_watching_tells_which_are_alive(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        await open_session(world, "owner_a", TWO)
        await open_session(world, "owner_b", THREE)
        await world.call(DOOR, "auth_end_session", TWO, "signed_out")
        await world.connection.execute(
            "update dashboard.users set is_active = false where user_id = $1", world.people["owner_b"]
        )
        async with world.acting(DOOR) as connection:
            rows = await connection.fetch(
                "select * from dashboard.auth_touch_sessions('{}', $1, 600)", [ONE, TWO, THREE, "4d" * 32]
            )
        assert [row["session_hash"] for row in rows] == [ONE]

    async def test_a_new_sign_in_ends_the_one_it_replaces(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        await open_session(world, "admin_a", TWO, replaces=ONE)
        assert await session(world, ONE) is None
        assert await session(world, TWO) is not None

    async def test_ending_is_on_record_once(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        assert await world.call(DOOR, "auth_end_session", ONE, "signed_out") is True
        assert await world.call(DOOR, "auth_end_session", ONE, "signed_out") is False
        assert await audits(world, "sign_out") == 1

    async def test_ending_the_others_keeps_one(self, world: World) -> None:
        for secret in (ONE, TWO, THREE):
            await open_session(world, "admin_a", secret)
        assert await world.call(DOOR, "auth_end_other_sessions", world.people["admin_a"], TWO, "by_hand") == 2
        assert [await session(world, secret) is not None for secret in (ONE, TWO, THREE)] == [
            False,
            True,
            False,
        ]
        assert (
            await world.call(DOOR, "auth_end_other_sessions", world.people["admin_a"], None, "by_hand") == 1
        )

    async def test_none_for_an_account_that_is_off(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        await world.connection.execute(
            "update dashboard.users set is_active = false where user_id = $1", world.people["admin_a"]
        )
        assert await session(world, ONE) is None
        async with refused(world, "PT403", "account_inactive"):
            await open_session(world, "admin_a", TWO)

    async def test_a_person_in_no_salon_signs_in_to_an_empty_house(self, world: World) -> None:
        assert (await open_session(world, "outsider", ONE))["memberships"] == []

    @pytest.mark.parametrize("secret", ["", "xyz", ONE.upper(), ONE + "00", "1a" * 31, None, "\\x" + ONE])
    async def test_what_is_no_hash_is_refused(self, world: World, secret: str | None) -> None:
        async with refused(world, "PT422", "hash_malformed"):
            await open_session(world, "admin_a", secret or "")
        async with refused(world, "PT422", "hash_malformed"):
            await session(world, secret or "")

    @pytest.mark.parametrize("lifetime", [0, -1, None])
    async def test_it_has_to_last(self, world: World, lifetime: int | None) -> None:
        async with refused(world, "PT422", "lifetime_invalid"):
            await open_session(world, "admin_a", ONE, lifetime=lifetime)

    async def test_what_a_browser_says_is_cut_and_cleaned(self, world: World) -> None:
        await open_session(world, "admin_a", ONE, agent="a\x07b\n" + "x" * 100_000, address="1" * 500)
        row = await world.connection.fetchrow(
            "select * from dashboard.auth_sessions where session_hash = $1", bytes.fromhex(ONE)
        )
        assert row is not None
        assert row["user_agent"].startswith("abx")
        assert (len(row["user_agent"]), len(row["address"])) == (398, 64)


class TestFirstAdmin:
    async def test_only_while_there_is_nobody(self, world: World) -> None:
        assert await world.call(DOOR, "auth_has_users") is True
        async with refused(world, "PT409", "already_set_up"):
            await world.call(DOOR, "auth_create_first_admin", "me@x.example", "Me", BCRYPT, "1.2.3.4")
        await world.connection.execute("delete from dashboard.users")
        assert await world.call(DOOR, "auth_has_users") is False
        identity = await world.call(DOOR, "auth_create_first_admin", " Me@X.example", "Me", BCRYPT, "1.2.3.4")
        assert identity["email"] == "me@x.example"
        assert identity["memberships"] == [{"tenant_id": None, "role": "platform_admin"}]
        assert identity["session"] is None

    async def test_a_password_in_the_clear_is_refused(self, world: World) -> None:
        await world.connection.execute("delete from dashboard.users")
        async with refused(world, "PT422", "password_hash_invalid"):
            await world.call(DOOR, "auth_create_first_admin", "me@x.example", "Me", "correct horse", "")


class TestFindingWhoSignsIn:
    async def test_by_address_whatever_its_case(self, world: World) -> None:
        row = await world.connection.fetchrow(
            "select * from dashboard.auth_find_user(' Owner_A@Marked-A.example ')"
        )
        assert row is not None
        assert tuple(row) == (world.people["owner_a"], BCRYPT, True)

    @pytest.mark.parametrize(
        "email", ["nobody@x.example", "", "%", "owner_a", None, "' or true --", "x" * 1_000_000]
    )
    async def test_nobody_by_anything_else(self, world: World, email: str | None) -> None:
        assert not await world.connection.fetch("select * from dashboard.auth_find_user($1)", email)

    async def test_a_supabase_account_is_linked_by_address_once(self, world: World) -> None:
        theirs, other = uuid4(), uuid4()
        owner_a = world.people["owner_a"]
        link = "auth_link_user"
        assert await world.call(DOOR, link, theirs, "OWNER_A@marked-a.example") == owner_a
        # by id from now on, whatever the address becomes
        assert await world.call(DOOR, link, theirs, "owner_b@marked-b.example") == owner_a
        # and nobody else gets in by the address
        assert await world.call(DOOR, link, other, "owner_a@marked-a.example") is None
        assert await world.call(DOOR, link, None, "owner_b@marked-b.example") is None
        assert await world.call(DOOR, link, other, "nobody@x.example") is None

    async def test_an_account_that_is_off_is_not_linked(self, world: World) -> None:
        await world.connection.execute(
            "update dashboard.users set is_active = false where user_id = $1", world.people["owner_a"]
        )
        assert await world.call(DOOR, "auth_link_user", uuid4(), "owner_a@marked-a.example") is None

    @pytest.mark.parametrize(
        ("email", "kept"),
        [
            ("Marina@Salon.example", "m***@salon.example"), ("x", "***"), ("", "***"), (None, "***"),
            ("a@b@c", "***"),
            ("a\n@b.example", "a***@b.example"),
        ],
    )  # fmt: skip
    async def test_a_failure_is_on_record_with_the_address_masked(
        self, world: World, email: str | None, kept: str
    ) -> None:
        await world.call(DOOR, "auth_note_failure", email, "1.2.3.4", "wrong_password")
        row = await world.connection.fetchrow(
            "select * from dashboard.audit_log order by audit_id desc limit 1"
        )
        assert row is not None
        assert (row["action"], row["subject"], row["details"]) == (
            "sign_in_failed",
            kept,
            '{"reason": "wrong_password"}',
        )


class TestPasswords:
    async def test_changing_it_ends_the_other_sessions(self, world: World) -> None:
        await open_session(world, "admin_a", ONE)
        await open_session(world, "admin_a", TWO)
        await world.call(
            DOOR, "auth_change_password", world.people["admin_a"], OTHER_PASSWORD, TWO, "1.2.3.4"
        )
        assert await session(world, ONE) is None
        assert (await session(world, TWO))["password_changed_at"] is not None
        row = await world.connection.fetchrow(
            "select * from dashboard.auth_find_user('admin_a@marked-a.example')"
        )
        assert row is not None
        assert row["password_hash"] == OTHER_PASSWORD

    async def test_nobodys_password_is_not_changed(self, world: World) -> None:
        async with refused(world, "PT404", "person_not_found"):
            await world.call(DOOR, "auth_change_password", uuid4(), OTHER_PASSWORD, ONE, "1.2.3.4")


class TestResetLinks:
    async def issued(self, world: World, person: str = "admin_a", minutes: int = 60) -> UUID:
        await world.write("owner_a", "issue_password_reset", world.people[person], ONE, minutes)
        return world.people[person]

    async def redeem(self, world: World, token: str = ONE, password: str = OTHER_PASSWORD) -> Any:
        return await world.call(DOOR, "auth_redeem_reset", token, password, "1.2.3.4")

    async def test_it_sets_the_password_once_and_ends_every_session(self, world: World) -> None:
        person = await self.issued(world)
        await open_session(world, "admin_a", TWO)
        assert await self.redeem(world) == person
        assert await session(world, TWO) is None
        async with refused(world, "PT404", "reset_link_invalid"):
            await self.redeem(world)

    async def test_looking_does_not_use_it_up(self, world: World) -> None:
        await self.issued(world)
        for _ in range(2):
            rows = await world.connection.fetch("select email from dashboard.auth_peek_reset($1)", ONE)
            assert [row["email"] for row in rows] == ["admin_a@marked-a.example"]
        assert not await world.connection.fetch("select * from dashboard.auth_peek_reset($1)", TWO)

    async def test_it_expires(self, world: World) -> None:
        await self.issued(world, minutes=5)
        await later(world, minutes=5)
        assert not await world.connection.fetch("select * from dashboard.auth_peek_reset($1)", ONE)
        async with refused(world, "PT404", "reset_link_invalid"):
            await self.redeem(world)

    async def test_a_refused_password_leaves_it_usable(self, world: World) -> None:
        await self.issued(world)
        async with refused(world, "PT422", "password_hash_invalid"):
            await self.redeem(world, password="in the clear")
        await self.redeem(world)

    async def test_changing_the_password_withdraws_it(self, world: World) -> None:
        person = await self.issued(world)
        await world.call(DOOR, "auth_change_password", person, OTHER_PASSWORD, None, "1.2.3.4")
        async with refused(world, "PT404", "reset_link_invalid"):
            await self.redeem(world)

    @pytest.mark.parametrize("minutes", [4, 0, -1, 10081, None])
    async def test_it_is_valid_for_minutes_to_days(self, world: World, minutes: int | None) -> None:
        async with refused(world, "PT422", "valid_minutes_invalid"):
            await world.write("owner_a", "issue_password_reset", world.people["admin_a"], ONE, minutes)

    async def test_the_same_secret_is_not_taken_twice(self, world: World) -> None:
        await self.issued(world)
        with pytest.raises(asyncpg.UniqueViolationError):
            await world.write("owner_b", "issue_password_reset", world.people["operator_b"], ONE, 60)

    async def test_the_hash_is_in_no_log(self, world: World) -> None:
        await self.issued(world)
        rows = await world.connection.fetch("select to_jsonb(entry)::text from dashboard.audit_log as entry")
        assert ONE not in " ".join(row[0] for row in rows)

    async def test_none_for_an_account_that_is_off(self, world: World) -> None:
        await world.write("owner_a", "set_user_active", world.people["admin_a"], False)
        async with refused(world, "PT409", "account_inactive"):
            await self.issued(world)

    async def test_a_person_of_two_salons_gets_one_from_the_platform(self, world: World) -> None:
        await world.join(world.people["admin_a"], "admin", SALON_B)
        async with refused(world, "PT403", "account_shared"):
            await self.issued(world)
        await world.write(
            "platform", "issue_password_reset", world.people["admin_a"], ONE, 60, tenant=SALON_A
        )
        await self.redeem(world)


async def audits(world: World, action: str) -> int:
    count: int = await world.connection.fetchval(
        "select count(*) from dashboard.audit_log where action = $1", action
    )
    return count
