"""Asking for a run of a job: who may, for which salon, and that it is on record once."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from tests.sql.world import SALON_A, SALON_B, World

JOB = "metrics-collector"


async def recorded(world: World) -> list[asyncpg.Record]:
    """The audit's rows of this, oldest first."""
    rows: list[asyncpg.Record] = await world.connection.fetch(
        "select tenant_id, subject, details::text from dashboard.audit_log where action = 'job.started'"
        " order by audit_id"
    )
    return rows


@pytest.mark.parametrize("person", ["owner_a", "admin_a", "platform"])
async def test_a_run_for_the_salon_is_given_to_whom_the_permission_says(world: World, person: str) -> None:
    answer = await world.call(person, "ask_job_run", uuid4(), JOB, False, tenant=SALON_A)
    assert answer == {"tenant_id": str(SALON_A)}
    assert [(row["tenant_id"], row["subject"]) for row in await recorded(world)] == [(SALON_A, JOB)]


@pytest.mark.parametrize("person", ["operator_a", "outsider", "owner_b"])
async def test_others_are_refused(world: World, person: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await world.call(person, "ask_job_run", uuid4(), JOB, False, tenant=SALON_A)
    assert refused.value.sqlstate in {"PT403", "PT422"}
    assert await recorded(world) == []


async def test_a_run_for_every_salon_is_the_platforms(world: World) -> None:
    assert await world.write("platform", "ask_job_run", JOB, True, tenant=SALON_A) == {"tenant_id": None}
    (row,) = await recorded(world)
    assert row["tenant_id"] is None, "no business of one salon"
    for person in ("owner_a", "admin_a"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await world.write(person, "ask_job_run", JOB, True)
        assert refused.value.sqlstate == "PT403"


async def test_the_same_request_is_the_same_run(world: World) -> None:
    request = uuid4()
    answers = [await world.call("owner_b", "ask_job_run", request, JOB, False) for _ in range(2)]
    assert answers == [{"tenant_id": str(SALON_B)}] * 2
    assert len(await recorded(world)) == 1
    with pytest.raises(asyncpg.PostgresError):
        await world.call("owner_b", "ask_job_run", request, "housekeeping", False)


@pytest.mark.parametrize("name", ["", "Metrics", "a b", "x" * 64, "-a", "<b>"], ids=range(6))
async def test_a_name_that_no_job_can_have_is_refused(world: World, name: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await world.write("owner_a", "ask_job_run", name, False)
    assert refused.value.sqlstate == "PT422"
