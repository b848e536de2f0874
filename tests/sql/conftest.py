"""The database is migrated once and filled once; each test rolls back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from tests.database import DashboardDatabase, copy_of
from tests.sql.world import MARKS, PEOPLE, SALON_A, SALON_B, Connection, World


@pytest.fixture(scope="session")
async def two_salons(migrated_template: DashboardDatabase) -> tuple[DashboardDatabase, dict[str, UUID]]:
    """A database with both salons, their people, and a row of each in every table of the bot."""
    database = copy_of(migrated_template)
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        world = World(connection, {})
        for salon, mark in MARKS.items():
            await _fill(world, salon, mark)
        for name, (role, tenant) in PEOPLE.items():
            await world.add_person(name, role, tenant, MARKS[tenant] if tenant else "")
        for salon, owner in ((SALON_A, "owner_a"), (SALON_B, "owner_b")):
            await connection.execute(
                "insert into dashboard.audit_log (tenant_id, actor_id, action, subject) values ($1,"
                " $2, 'test', $3)",
                salon, world.people[owner], MARKS[salon],
            )  # fmt: skip
            await connection.execute(
                "insert into dashboard.tenant_settings (tenant_id, time_zone, currency) values ($1,"
                " 'UTC', 'RUB')",
                salon,
            )
            for person in (owner, "platform"):
                await connection.execute(
                    "insert into dashboard.saved_filters (tenant_id, user_id, name, query)"
                    " values ($1, $2, $3, 'booked=yes')",
                    salon, world.people[person], MARKS[salon],
                )  # fmt: skip
            await connection.execute(
                "insert into dashboard.auth_sessions (session_hash, user_id, idle_expires_at,"
                " expires_at, address)"
                " values (sha256($1::bytea), $2, now() + interval '1 h', now() + interval '1 h', $3)",
                MARKS[salon].encode(), world.people[owner], MARKS[salon],
            )  # fmt: skip
        return database, world.people
    finally:
        await connection.close()


async def _fill(world: World, salon: UUID, mark: str) -> None:
    secrets = {
        "yclients_token": "SECRET-YCLIENTS",
        "telegram_bot_token": "SECRET-TELEGRAM",
        "admin_chat_id": 5,
    }
    await world.add_salon(salon, f"Salon {mark}", **secrets)
    now = datetime.now(UTC)
    await world.archive(
        salon, now, final_status=mark, booking_status="confirmed", booking_amount=100, booking_currency="RUB"
    )
    await world.begin(salon, now, intent=mark)
    client = await world.add_client(salon)
    for statement in (
        "insert into public.recent_history_v2 (tenant_id, user_id, role, message) values ($1,"
        " $2, 'user', $3)",
        "insert into public.wishlist_v2 (tenant_id, user_id, item_type, item_id) values ($1, $2, 'slot', $3)",
        "insert into public.user_ltm_v2 (tenant_id, user_id, language) values ($1, $2, $3)",
        "insert into public.agent_trajectories_v2 (tenant_id, user_id, step_type, step_order)"
        " values ($1, $2, $3, 1)",
        "insert into public.guardian_subscriptions_v2 (tenant_id, user_id, channel, target_type, event_type)"
        " values ($1, $2, 'telegram', 'slot', $3)",
    ):
        await world.connection.execute(statement, salon, client, mark)


@pytest.fixture(scope="session")
async def superuser(two_salons: tuple[DashboardDatabase, dict[str, UUID]]) -> AsyncIterator[Connection]:
    """One connection for all tests: opening one takes longer than most of them."""
    connection = await asyncpg.connect(two_salons[0].superuser_uri)
    yield connection
    await connection.close()


@pytest.fixture
async def world(
    superuser: Connection, two_salons: tuple[DashboardDatabase, dict[str, UUID]]
) -> AsyncIterator[World]:
    """The two salons, inside a transaction that is undone afterwards."""
    transaction = superuser.transaction()
    await transaction.start()
    try:
        yield World(superuser, dict(two_salons[1]))
    finally:
        await transaction.rollback()


@pytest.fixture
async def quiet(world: World) -> World:
    """Without any dialogue; both salons in UTC and roubles."""
    await world.connection.execute(
        "delete from public.conversation_sessions_v2; delete from public.active_sessions_v2"
    )
    return world
