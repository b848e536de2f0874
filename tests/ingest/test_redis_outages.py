"""Events out of Redis while the intake or Redis is away, and beside other panels: each is recorded once."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress

import pytest

from errors import TooMany, Unavailable
from ingest import redis_handover, redis_source
from telemetry.events import Event
from tests.ingest.redis_world import GROUP, OTHER_KEY, STREAM, World, told
from tests.waiting import until


class TestIntakeAway:
    async def test_it_is_tried_again_in_order_until_it_is_back(
        self, here: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        def away(_: list[Event]) -> None:
            raise Unavailable("The database does not answer.", code="database_away")

        here.intake.meet = away
        await here.add("a", "b")
        async with here.running() as source:
            await until(lambda: here.intake.failed >= 5)
            assert (source.condition.state, source.condition.code) == ("waiting", "database_away")
            await here.add("c")
            assert await here.unacknowledged() == 2
            here.intake.meet = None
            await here.has_recorded("a", "b", "c")
            await until(here.is_done)
            await until(lambda: source.condition.state == "reading")
        said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(said) == 2  # that it waits, and that it reads again; not of each try
        assert here.intake.repeated == 0

    async def test_who_is_told_to_wait_waits(self, here: World, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        sleep = asyncio.sleep

        async def slept(seconds: float) -> None:
            if seconds == 7:
                pauses.append(seconds)
                here.intake.meet = None
            await sleep(min(seconds, 0.01))

        def full(_: list[Event]) -> None:
            raise TooMany("Too much.", retry_after=7)

        here.intake.meet = full
        monkeypatch.setattr(asyncio, "sleep", slept)
        await here.add("a")
        async with here.running():
            await here.has_recorded("a")
        assert pauses == [7]

    async def test_what_is_too_much_at_once_is_handed_over_in_parts(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(events: list[Event]) -> None:
            if len(events) > 3:
                raise TooMany("More than a minute's.", retry_after=1)

        monkeypatch.setattr(redis_handover, "LONGEST_REST", 0.01)
        here.intake.meet = full
        names = list(map(str, range(20)))
        await here.add(*names)
        async with here.running():
            await here.has_recorded(*names)
        assert await here.refused() == []

    async def test_a_key_of_the_settings_that_is_refused_loses_nothing(self, here: World) -> None:
        await here.add("a")
        async with here.running(key="agp_revoked") as source:
            await until(lambda: source.condition.state == "waiting")
            assert source.condition.code == "key_invalid"
            assert await here.unacknowledged() == 1
        async with here.running():
            await here.has_recorded("a")
        assert await here.refused() == []

    async def test_nobody_who_knows_the_keys_is_waited_for(self, here: World) -> None:
        here.keys.failure = Unavailable("The database does not answer.")
        await here.add("a", key=OTHER_KEY)
        async with here.running() as source:
            await until(lambda: source.condition.state == "waiting")
            here.keys.failure = None
            await until(here.is_done)
        assert here.intake.names(OTHER_KEY) == ["a"]

    async def test_a_defect_is_no_endless_loop(self, here: World) -> None:
        def breaks(events: list[Event]) -> None:
            if any(event.name == "bad" for event in events):
                raise RuntimeError("a defect")

        here.intake.meet = breaks
        await here.add("a", "bad", "b")
        async with here.running():
            await until(here.is_done)
        assert here.intake.names() == ["a", "b"]
        assert [each["code"] for each in await here.refused()] == ["unexpected"]


class TestRedisAway:
    async def test_it_is_found_again_and_nothing_is_lost(
        self, here: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        await here.add("a")
        async with here.running() as source:
            await here.has_recorded("a")
            for name in ("b", "c", "d"):
                await here.line.cut()
                await until(lambda: source.condition.state == "away")
                await here.add(name)
                await here.line.mend()
                await until(lambda: source.condition.state == "reading")
            await here.has_recorded(*"abcd")
            await until(here.is_done)
        assert sum("away" in record.message for record in caplog.records) <= 6
        assert sum("again" in record.message for record in caplog.records) == 3

    async def test_it_may_be_away_at_the_start(self, here: World) -> None:
        await here.line.cut()
        await here.add("a")
        async with here.running() as source:
            await until(lambda: source.condition.state == "away")
            await here.line.mend()
            await here.has_recorded("a")

    async def test_what_was_recorded_and_not_acknowledged_is_recorded_once(self, here: World) -> None:
        def cut() -> None:
            here.intake.after = None
            cutting.append(asyncio.ensure_future(here.line.cut()))

        cutting: list[asyncio.Future[None]] = []
        here.intake.after = cut
        await here.add("a", "b")
        async with here.running() as source:
            await until(lambda: source.condition.state == "away")
            await asyncio.gather(*cutting)
            assert here.intake.names() == ["a", "b"]
            assert await here.unacknowledged() == 2
            await here.line.mend()
            await until(here.is_done)
        assert here.intake.names() == ["a", "b"]
        assert here.intake.repeated == 2

    async def test_a_stream_that_was_emptied_begins_anew(self, here: World) -> None:
        await here.add("a")
        async with here.running():
            await here.has_recorded("a")
            await here.redis.flushall()
            await here.add("b")
            await here.has_recorded("a", "b")

    async def test_what_was_trimmed_before_it_was_acknowledged_holds_nobody_up(self, here: World) -> None:
        await here.add("a")
        await here.redis.xgroup_create(STREAM, GROUP, id="0")
        source = here.source()
        await here.redis.xreadgroup(GROUP, source._consumer, {STREAM: ">"})
        await here.redis.xtrim(STREAM, maxlen=0)
        await here.add("b")
        async with here.running():
            await here.has_recorded("b")
            await until(here.is_done)


class TestOtherPanels:
    async def test_what_a_dead_one_has_read_is_taken_over(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redis_source, "IDLE_SECONDS", 0.0)
        monkeypatch.setattr(redis_source, "FIRST_ENTRIES", 2)
        await here.add(*"abcde")
        await here.redis.xgroup_create(STREAM, GROUP, id="0")
        await here.redis.xreadgroup(GROUP, "dead", {STREAM: ">"}, count=5)
        async with here.running():
            await here.has_recorded(*"abcde")
            await until(here.is_done)

    async def test_what_a_living_one_is_at_is_left_to_it(self, here: World) -> None:
        await here.add("a")
        await here.redis.xgroup_create(STREAM, GROUP, id="0")
        await here.redis.xreadgroup(GROUP, "living", {STREAM: ">"})
        async with here.running():
            await here.add("b")
            await here.has_recorded("b")
        assert await here.unacknowledged() == 1

    async def test_it_is_looked_for_again_and_again(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redis_source, "IDLE_SECONDS", 0.0)
        monkeypatch.setattr(redis_source, "CLAIM_SECONDS", 0.01)
        async with here.running() as source:
            await until(lambda: source.condition.state == "reading")
            await here.redis.xgroup_create("elsewhere", GROUP, id="0", mkstream=True)
            entry = await here.redis.xadd(STREAM, {"event": json.dumps(told("a"))})
            # as if another had read it before this one could
            await here.redis.xgroup_setid(STREAM, GROUP, entry)
            await here.redis.xclaim(STREAM, GROUP, "dead", 0, [entry], force=True)
            await here.has_recorded("a")
            await until(here.is_done)

    async def test_one_that_ends_in_the_middle_leaves_it_to_its_next_start(self, here: World) -> None:
        stuck = asyncio.Event()

        class Ended(BaseException):
            pass

        def end(_: list[Event]) -> None:
            stuck.set()
            raise Ended

        here.intake.meet = end
        await here.add("a")
        task = asyncio.create_task(here.source().run())
        await stuck.wait()
        with suppress(Ended, BaseExceptionGroup):
            await task
        assert await here.unacknowledged() == 1
        here.intake.meet = None
        async with here.running():
            await here.has_recorded("a")
            await until(here.is_done)
