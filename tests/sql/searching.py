"""The search in events, as readers ask for it; and the job that makes words, step by step."""

from __future__ import annotations

from typing import Any

from tests.sql.world import Caller, World

WORKER = Caller("dashboard_worker")


async def index(world: World, at_most: int = 5000) -> int:
    """As the job does; of how many events words were made."""
    indexed = 0
    while step := await world.call(WORKER, "index_events", at_most):
        indexed += step
    return indexed


async def search(world: World, caller: Caller | str, typed: str, *more: Any) -> dict[str, Any]:
    """A page of what is found."""
    answer: dict[str, Any] = await world.call(caller, "search_events", typed, *more)
    return answer


async def found(world: World, caller: Caller | str, typed: str, *more: Any) -> list[str]:
    """The names of what is found, in their order."""
    return [event["name"] for event in (await search(world, caller, typed, *more))["events"]]
