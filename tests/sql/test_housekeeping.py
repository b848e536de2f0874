"""What is removed, when, and how much at a time."""

from uuid import uuid4

from tests.sql.world import Caller, World

WORKER = Caller("dashboard_worker", {"role": "dashboard_worker"})


async def purge(world: World, batch: int = 100) -> dict[str, int]:
    async with world.acting(WORKER) as connection:
        rows = await connection.fetch("select * from dashboard.purge_expired($1)", batch)
    return {row["table_name"]: row["removed"] for row in rows}


async def test_nothing_that_is_still_of_use(world: World) -> None:
    await world.write("owner_a", "issue_password_reset", world.people["admin_a"], "ab" * 32, 60)
    assert set((await purge(world)).values()) == {0}


async def test_what_is_over_for_long(world: World) -> None:
    await world.write("owner_a", "issue_password_reset", world.people["admin_a"], "ab" * 32, 60)
    await world.connection.execute(
        """
        update dashboard.auth_sessions set ended_at = now() - interval '31 days';
        update dashboard.password_resets set expires_at = now() - interval '8 days';
        update dashboard.write_requests set created_at = now() - interval '8 days';
        update dashboard.changes set changed_at = now() - interval '49 hours'
        """
    )
    changes = await world.connection.fetchval("select count(*) from dashboard.changes")
    assert changes > 0
    removed = {"auth_sessions": 2, "password_resets": 1, "write_requests": 1, "changes": changes}
    assert await purge(world) == removed


async def test_a_batch_at_a_time(world: World) -> None:
    await world.connection.executemany(
        "insert into dashboard.write_requests (request_id, function_name, actor_id,"
        " arguments_hash, created_at)"
        " values ($1, 'test', $2, '', now() - interval '8 days')",
        [(uuid4(), world.people["owner_a"]) for _ in range(5)],
    )
    assert [(await purge(world, 2))["write_requests"] for _ in range(4)] == [2, 2, 1, 0]
    assert (await purge(world, -1))["write_requests"] == 0


async def test_the_audit_log_stays(world: World) -> None:
    await world.connection.execute("update dashboard.audit_log set occurred_at = now() - interval '10 years'")
    before = await world.connection.fetchval("select count(*) from dashboard.audit_log")
    await purge(world)
    assert await world.connection.fetchval("select count(*) from dashboard.audit_log") == before
