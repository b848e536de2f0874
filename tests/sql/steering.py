"""An agent of salon A that waits for people, and what they tell it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.sql.agents import add_key, append, told
from tests.sql.world import SALON_A, Caller, World

MINUTE = timedelta(minutes=1)


def asks(event_id: str = "ask", trace_id: str = "t1", *, ago: timedelta = MINUTE, **columns: Any) -> Any:
    """A request for an approval, so long ago."""
    at: Any = (datetime.now(UTC) - ago).isoformat()
    return told(
        event_id,
        trace_id,
        **{"kind": "approval_request", "phase": "point", "status": "waiting", "at": at, "name": "refund"}
        | columns,
    )


def answers(event_id: str = "answer", trace_id: str = "t1", **columns: Any) -> Any:
    """What the agent tells once somebody has answered it, by whatever way."""
    at: Any = datetime.now(UTC).isoformat()
    return told(event_id, trace_id, **{"kind": "approval_decision", "phase": "point", "at": at} | columns)


def ends(trace_id: str = "t1", **columns: Any) -> Any:
    """The end of the whole run."""
    at: Any = datetime.now(UTC).isoformat()
    return told("end", trace_id, **{"kind": "agent", "is_root": True, "at": at, "ended_at": at} | columns)


async def tell(world: World, *events: dict[str, Any], salon: UUID = SALON_A) -> UUID:
    """Have a salon's agent tell of these; gives the run of the first of them."""
    await append(world, await add_key(world, salon, "ingest"), *events)
    return await run_of(world, events[0]["trace_id"], salon)


async def run_of(world: World, trace_id: str, salon: UUID = SALON_A) -> UUID:
    run_id: UUID = await world.connection.fetchval(
        "select run_id from dashboard.run_traces where tenant_id = $1 and trace_id = $2", salon, trace_id
    )
    return run_id


async def commands(world: World, person: str = "owner_a", *arguments: Any) -> list[dict[str, Any]]:
    """The log of commands, newest first."""
    page = await world.call(person, "list_commands", *arguments)
    listed: list[dict[str, Any]] = page["commands"]
    return listed


async def change(world: World, command: Mapping[str, Any], **columns: str) -> None:
    """Have columns of a command be what these SQL expressions say."""
    changes = ", ".join(f"{name} = {value}" for name, value in columns.items())
    await world.connection.execute(
        f"update dashboard.bot_commands set {changes} where command_id = $1", UUID(command["command_id"])
    )


async def agent(world: World) -> Caller:
    """A machine of salon A that takes commands."""
    return await add_key(world, SALON_A, "control")


WORKER = Caller("dashboard_worker")


async def running(world: World, trace_id: str = "t1", salon: UUID = SALON_A, **columns: Any) -> UUID:
    """A run that goes on."""
    return await tell(world, told("root", trace_id, phase="begun", status="running", **columns), salon=salon)


async def stop(world: World, run_id: UUID, person: str = "operator_a", comment: str | None = None) -> Any:
    """The command by which a person stops a run."""
    return await world.write(person, "stop_run", run_id, comment)


async def taken(world: World, by: Caller, *arguments: Any) -> list[dict[str, Any]]:
    """What a machine is handed out when it asks."""
    handed_out: list[dict[str, Any]] = await world.call(by, "take_commands", *arguments)
    return handed_out
