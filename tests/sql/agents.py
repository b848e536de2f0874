"""Agents that tell of what they do: events as the panel hands them to the database, and keys to tell them
by."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.sql.world import Caller, World

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)


async def add_key(world: World, salon: UUID, *scopes: str) -> Caller:
    """A machine with a living key of the salon; its id is in the claims."""
    key_id: UUID = await world.connection.fetchval(
        "insert into dashboard.api_keys (tenant_id, name, prefix, key_hash, scopes)"
        " values ($1, 'machine', 'agp_' || substr(md5($2), 1, 8), sha256($2::bytea), $3) returning key_id",
        salon,
        uuid4().hex,
        list(scopes),
    )
    return machine(salon, key_id)


def machine(salon: UUID, key_id: UUID) -> Caller:
    """The token that the panel mints for a key."""
    return Caller("dashboard_ingest", {"app_metadata": {"tenant_id": str(salon), "key_id": str(key_id)}})


def told(event_id: str, trace_id: str = "t1", *, after: float = 0, **columns: Any) -> dict[str, Any]:
    """One event, `after` seconds from the beginning; `columns` are those of `told_event`."""
    return {
        "event_id": event_id,
        "trace_id": trace_id,
        "step_id": event_id,
        "kind": "tool_call",
        "phase": "ended",
        "status": "done",
        "name": f"step {event_id}",
        "at": (BEGAN + timedelta(seconds=after)).isoformat(),
    } | columns


async def append(world: World, caller: Caller, *events: dict[str, Any]) -> dict[str, Any]:
    """The database's answer to these."""
    answer: dict[str, Any] = await world.call(caller, "append_events", json.dumps(events))
    return answer


async def runs(world: World, caller: Caller | str) -> list[dict[str, Any]]:
    """All runs that the caller sees, newest first."""
    answer = await world.call(caller, "list_runs", 500)
    listed: list[dict[str, Any]] = answer["runs"]
    return listed


async def the_run(world: World, caller: Caller | str) -> dict[str, Any]:
    """The only one."""
    (one,) = await runs(world, caller)
    return one


async def events_of(world: World, caller: Caller | str, run: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of a run, in their order."""
    answer = await world.call(caller, "run_events", run["run_id"])
    listed: list[dict[str, Any]] = answer["events"]
    return listed
