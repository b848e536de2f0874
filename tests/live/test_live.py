"""What is written is told to the pages of its salon, and to no others."""

from __future__ import annotations

import asyncio
import logging
import time

from live.condition import Mode
from queries.changes import Stream
from tests.live.world import Listener, Project, world_behind_chaos, world_over
from tests.waiting import until

logger = logging.getLogger(__name__)

AT_ONCE = 2.0
"""Seconds; usually it is less than a tenth of one, but machines may be busy."""


async def test_bots_and_peoples_writes_are_told_at_once_once_and_in_order(project: Project) -> None:
    async with world_over(project.database, project.rest.url, project.realtime.port) as world:
        took = await world.until_live()
        began = time.monotonic()
        message_id = await world.salon.say()
        told = await world.until_told(message_id, AT_ONCE)
        await world.salon.note()
        noted = await until(
            lambda: world.listener.told_at(lambda one: one.stream is Stream.ANNOTATIONS), AT_ONCE, "the note"
        )
        await world.until_caught_up(AT_ONCE)
        assert set(world.listener.modes_since(began)) <= {Mode.LIVE}
        assert {one.session_id for one in world.listener.changes if one.stream is Stream.ANNOTATIONS} == {
            world.salon.session_id
        }
        logger.info("live after %.2f s; a message told after %.3f s, a note after %.3f s", took, told, noted)


async def test_a_row_of_another_salon_is_told_to_its_own_pages_only(project: Project) -> None:
    async with (
        world_behind_chaos(project) as (world, _),
        world_over(project.database, project.rest.url, project.realtime.port) as other,
    ):
        await asyncio.gather(world.until_live(), other.until_live())
        known = len(world.listener.changes)  # of becoming live
        message_id = await other.salon.say()
        await other.until_told(message_id, AT_ONCE)
        await other.salon.note()
        await other.until_caught_up(AT_ONCE)
        neighbour = Listener()
        watch = await world.live.watch(other.salon.id, neighbour.hear, neighbour.hear_condition)
        await other.salon.say()
        await until(lambda: neighbour.settled, AT_ONCE, "told the neighbour")
        watch.end()
        assert world.listener.settled == []
        assert world.listener.changes[known:] == []
