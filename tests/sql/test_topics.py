"""Realtime topics × every caller × two salons, asked as Realtime asks: may it read a message of the topic?"""

import contextlib
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.sql.test_access import FORGED
from tests.sql.world import SALON_A, SALON_B, Caller, World, person_token

TOPIC_A, TOPIC_B = f"tenant:{SALON_A}:overview", f"tenant:{SALON_B}:overview"
MALFORMED = (
    "", "tenant", f"tenant:{SALON_A}", f"tenant:{SALON_A}:", f"x:{SALON_A}:overview", f"tenant:{SALON_A}:a:b",
    f"tenant:{SALON_A}:over view", f"tenant:{str(SALON_A).upper()}:overview", f"tenant:{SALON_A}:overview\n",
    f"tenant:{SALON_A}:overview' or true --", f" {TOPIC_A}", f"tenant:{SALON_A}:{'x' * 64}",
    "tenant:%:overview",
)  # fmt: skip


def live(tenant: Any, **changes: Any) -> Caller:
    return Caller(
        "dashboard_live", {"role": "dashboard_live", "app_metadata": {"tenant_id": tenant}} | changes
    )


async def may_listen(
    world: World, caller: Caller | str, topic: str, extension: str = "broadcast", tenant: UUID | None = None
) -> bool:
    connection = world.connection
    async with connection.transaction():
        await connection.execute(
            "insert into realtime.messages (topic, extension, private) values ($1, $2, true)",
            topic,
            extension,
        )
        await connection.execute("select set_config('realtime.topic', $1, true)", topic)
        async with world.acting(caller, tenant) as asking:
            return bool(
                await asking.fetchval("select exists (select from realtime.messages where topic = $1)", topic)
            )


@pytest.mark.parametrize("person", ["owner_a", "admin_a", "operator_a", "platform"])
async def test_the_people_of_a_salon_listen_to_it(world: World, person: str) -> None:
    assert await may_listen(world, person, TOPIC_A, tenant=SALON_A)
    assert not await may_listen(world, person, TOPIC_B, tenant=SALON_A)


@pytest.mark.parametrize("person", ["owner_b", "operator_b", "outsider", "platform"])
async def test_others_do_not(world: World, person: str) -> None:
    assert not await may_listen(world, person, TOPIC_A)


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_token_listens_to_nothing(world: World, forged: str) -> None:
    for topic in (TOPIC_A, TOPIC_B):
        assert not await may_listen(world, FORGED[forged](world), topic)


async def test_the_panel_listens_to_the_tenant_in_its_token(world: World) -> None:
    assert await may_listen(world, live(str(SALON_A)), TOPIC_A)
    assert not await may_listen(world, live(str(SALON_A)), TOPIC_B)


@pytest.mark.parametrize("tenant", [None, "", "%", "*", [str(SALON_A)], {"tenant_id": str(SALON_A)}, 1])
async def test_the_panel_without_a_tenant_listens_to_nothing(world: World, tenant: Any) -> None:
    assert not await may_listen(world, live(tenant), TOPIC_A)


async def test_a_persons_claims_do_not_serve_the_panels_role_nor_the_other_way(world: World) -> None:
    person = person_token(world.people["owner_b"], SALON_A)
    assert not await may_listen(world, Caller("dashboard_live", person), TOPIC_A)
    assert not await may_listen(world, Caller("authenticated", live(str(SALON_A)).claims), TOPIC_A)


@pytest.mark.parametrize("role", ["anon", "dashboard_auth", "dashboard_worker"])
async def test_no_other_role_listens(world: World, role: str) -> None:
    caller = Caller(role, person_token(world.people["owner_a"], SALON_A, role=role))
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):  # not even the table
        assert not await may_listen(world, caller, TOPIC_A)


@pytest.mark.parametrize("topic", MALFORMED)
async def test_a_topic_of_another_form_is_nobodys(world: World, topic: str) -> None:
    for caller in ("owner_a", live(str(SALON_A))):
        assert not await may_listen(world, caller, topic)


async def test_presence_is_not_given(world: World) -> None:
    assert not await may_listen(world, "owner_a", TOPIC_A, extension="presence")


@pytest.mark.parametrize("name", ["owner_a", "platform", "live"])
async def test_nobody_sends(world: World, name: str) -> None:
    caller = live(str(SALON_A)) if name == "live" else world.caller(name, SALON_A)
    await world.connection.execute("select set_config('realtime.topic', $1, true)", TOPIC_A)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with world.acting(caller) as connection:
            await connection.execute(
                "insert into realtime.messages (topic, extension, private) values ($1, 'broadcast', true)",
                TOPIC_A,
            )
