"""Salons as their people see them: time zone, currency, and nothing of what the bot keeps to itself."""

import json
from datetime import time
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.sql.world import SALON_A, SALON_B, World, refused


async def salon(world: World, **metadata: Any) -> asyncpg.Record:
    """Salon A without settings of its own and with this metadata, as its owner sees it."""
    await world.connection.execute("delete from dashboard.tenant_settings")
    await world.connection.execute(
        "update public.tenants_v2 set metadata = $1 where id = $2", json.dumps(metadata), SALON_A
    )
    return await mine(world)


async def hours(world: World) -> tuple[time, time]:
    """The salon's working hours, as its owner sees them."""
    row = await mine(world)
    return row["opens_at"], row["closes_at"]


async def mine(world: World) -> asyncpg.Record:
    async with world.acting("owner_a") as connection:
        (row,) = await connection.fetch("select * from dashboard.my_tenants")
    assert isinstance(row, asyncpg.Record)
    return row


class TestProfile:
    async def test_without_anything_it_is_utc_and_roubles(self, world: World) -> None:
        row = await salon(world)
        assert (row["time_zone"], row["currency"], row["role"], row["is_active"]) == (
            "UTC",
            "RUB",
            "owner",
            True,
        )

    async def test_what_the_bot_knows_counts(self, world: World) -> None:
        row = await salon(world, timezone="Asia/Kolkata", currency="INR")
        assert (row["time_zone"], row["currency"]) == ("Asia/Kolkata", "INR")

    async def test_what_was_set_here_counts_more(self, world: World) -> None:
        await salon(world, timezone="Asia/Kolkata", currency="INR")
        await world.write("owner_a", "save_tenant_settings", "Europe/Berlin", "EUR")
        row = await mine(world)
        assert (row["time_zone"], row["currency"]) == ("Europe/Berlin", "EUR")

    @pytest.mark.parametrize(
        "nonsense", ["", "Mars/Olympus", "europe/moscow", "Foo+3", "+03", "Msk", "'; --", 3, None, [],
        {"a": "UTC"}, True, "x" * 10_000]
    )  # fmt: skip
    async def test_nonsense_counts_as_nothing(self, world: World, nonsense: Any) -> None:
        row = await salon(world, timezone=nonsense, currency=nonsense)
        assert (row["time_zone"], row["currency"]) == ("UTC", "RUB")

    @pytest.mark.parametrize("metadata", ["[]", '"text"', "1", "null", "true", '[{"timezone": "UTC"}]'])
    async def test_metadata_of_another_shape_is_survived(self, world: World, metadata: str) -> None:
        """The constraint that forbids it may be missing on a live table."""
        await world.connection.execute(
            "alter table public.tenants_v2 drop constraint tenants_v2_metadata_check"
        )
        await world.connection.execute("delete from dashboard.tenant_settings")
        await world.connection.execute(
            "update public.tenants_v2 set metadata = $1 where id = $2", metadata, SALON_A
        )
        assert (await mine(world))["time_zone"] == "UTC"

    async def test_only_named_columns_leave(self, world: World) -> None:
        assert set((await mine(world)).keys()) == {
            "tenant_id",
            "name",
            "slug",
            "role",
            "time_zone",
            "currency",
            "is_active",
            "opens_at",
            "closes_at",
        }

    async def test_a_name_of_a_megabyte_is_cut(self, world: World) -> None:
        await world.connection.execute(
            "update public.tenants_v2 set name = repeat('x', 1000000) where id = $1", SALON_A
        )
        assert len((await mine(world))["name"]) == 200

    async def test_all_salons_of_a_person_whichever_is_chosen(self, world: World) -> None:
        await world.join(world.people["owner_a"], "operator", SALON_B)
        async with world.acting("owner_a") as connection:
            rows = await connection.fetch("select tenant_id, role from dashboard.my_tenants")
        assert {tuple(row) for row in rows} == {(SALON_A, "owner"), (SALON_B, "operator")}

    async def test_a_platform_admin_is_one_in_every_salon(self, world: World) -> None:
        await world.join(world.people["platform"], "operator", SALON_B)
        async with world.acting("platform", SALON_B) as connection:
            rows = await connection.fetch("select tenant_id, role from dashboard.my_tenants")
            assert await connection.fetchval("select dashboard.current_role_name()") == "platform_admin"
        assert {tuple(row) for row in rows} == {(SALON_A, "platform_admin"), (SALON_B, "platform_admin")}

    async def test_a_platform_admin_cannot_choose_a_salon_that_is_none(self, world: World) -> None:
        assert await world.call("platform", "current_tenant", tenant=uuid4()) is None


class TestSettings:
    async def test_they_are_saved_and_on_record(self, world: World) -> None:
        row = await world.write("admin_a", "save_tenant_settings", "America/New_York", "USD")
        assert row == row | {
            "tenant_id": str(SALON_A), "time_zone": "America/New_York", "currency": "USD",
            "updated_by": str(world.people["admin_a"]),
        }  # fmt: skip
        async with world.acting("owner_a") as connection:
            entry = await connection.fetchrow(
                "select * from dashboard.audit_entries order by audit_id desc limit 1"
            )
        assert entry is not None
        assert (entry["action"], entry["actor_name"]) == ("tenant.configured", "admin_a marked-a")

    @pytest.mark.parametrize(
        "zone", ["", "Mars/Olympus", "europe/moscow", "Foo+3", "+03:00", "posixrules", None, "x" * 1_000_000]
    )
    async def test_a_time_zone_has_to_exist(self, world: World, zone: str | None) -> None:
        async with refused(world, "PT422", "time_zone_unknown"):
            await world.write("owner_a", "save_tenant_settings", zone, "RUB")

    @pytest.mark.parametrize("currency", ["", "rub", "RU", "RUBB", "РУБ", "RUB\n", "$", None])
    async def test_a_currency_is_three_capital_letters(self, world: World, currency: str | None) -> None:
        async with refused(world, "PT422", "currency_invalid"):
            await world.write("owner_a", "save_tenant_settings", "UTC", currency)

    async def test_working_hours_are_ten_to_eight_until_said_otherwise(self, world: World) -> None:
        assert await hours(world) == (time(10), time(20))
        await world.connection.execute("delete from dashboard.tenant_settings")
        assert await hours(world) == (time(10), time(20))
        row = await world.write("owner_a", "save_tenant_settings", "UTC", "RUB", time(9, 30), time(0))
        assert (row["opens_at"], row["closes_at"]) == ("09:30:00", "00:00:00")
        assert await hours(world) == (time(9, 30), time(0))

    async def test_hours_that_are_left_out_stay(self, world: World) -> None:
        await world.write("owner_a", "save_tenant_settings", "UTC", "RUB", time(9), time(18))
        await world.write("owner_a", "save_tenant_settings", "Asia/Kolkata", "INR")
        assert await hours(world) == (time(9), time(18))

    @pytest.mark.parametrize("moment", [time(9, 0, 1), time(9, 0, 0, 1)], ids=["second", "microsecond"])
    async def test_working_hours_are_whole_minutes(self, world: World, moment: time) -> None:
        async with refused(world, "PT422", "working_hours_invalid"):
            await world.write("owner_a", "save_tenant_settings", "UTC", "RUB", moment, time(18))

    async def test_midnight_is_the_beginning_of_a_day(self, world: World) -> None:
        async with refused(world, "PT422", "working_hours_invalid"), world.acting("owner_a") as connection:
            await connection.execute(
                "select dashboard.save_tenant_settings(gen_random_uuid(), 'UTC', 'RUB', '09:00', '24:00')"
            )


class TestPreferences:
    async def test_what_is_left_out_stays(self, world: World) -> None:
        await world.write("operator_a", "set_preferences", "ru", "dark", SALON_A)
        row = await world.write("operator_a", "set_preferences", None, "light", None)
        assert (row["locale"], row["theme"], row["last_tenant_id"]) == ("ru", "light", str(SALON_A))
        assert "password_hash" not in row

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("de", None, None), "locale_unknown"),
            ((None, "pink", None), "theme_unknown"),
            (("", None, None), "locale_unknown"),
        ],
    )
    async def test_only_what_there_is(
        self, world: World, arguments: tuple[str | None, ...], code: str
    ) -> None:
        async with refused(world, "PT422", code):
            await world.write("operator_a", "set_preferences", *arguments)

    @pytest.mark.parametrize("tenant", [SALON_B, UUID(int=0)])
    async def test_only_ones_own_salons(self, world: World, tenant: UUID) -> None:
        async with refused(world, "PT404", "tenant_not_found"):
            await world.write("operator_a", "set_preferences", None, None, tenant)

    async def test_a_person_in_no_salon_has_preferences_too(self, world: World) -> None:
        assert (await world.write("outsider", "set_preferences", "ru", None, None))["locale"] == "ru"


async def test_our_time_zones_are_known_to_python(world: World) -> None:
    from zoneinfo import available_timezones

    rows = await world.connection.fetch("select name from dashboard.time_zones")
    names = {row["name"] for row in rows}
    assert {"UTC", "Europe/Moscow", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"} <= names
    assert len(names) > 400
    assert (
        len(names - available_timezones()) < 10
    )  # the two copies of the tz database differ by a release or so
