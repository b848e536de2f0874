"""Events out of Redis: recorded once and in order, whatever goes away in between; others are set aside."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from config import load_settings
from ingest import redis_source
from ingest.redis_source import RedisPlace
from telemetry.events import Event
from tests.ingest.redis_world import GROUP, KEY, OTHER_KEY, READER_KEY, STREAM, World, told
from tests.waiting import until

SECRET = "sk-live-0123456789abcdefghij"


class TestStream:
    async def test_what_is_there_and_what_comes_is_recorded_in_order_and_acknowledged(
        self, here: World
    ) -> None:
        await here.add("a", "b")
        async with here.running() as source:
            await here.has_recorded("a", "b")
            await here.add("c")
            await here.put([told("d"), told("e")])
            await here.put({"events": [told("f")]})
            await here.has_recorded(*"abcdef")
            await until(here.is_done)
            assert source.condition.state == "reading"
            assert source.condition.recorded == 5

    async def test_many_entries_are_few_commits(self, here: World) -> None:
        await here.add(*map(str, range(1_000)))
        async with here.running():
            await until(here.is_done)
        assert here.intake.names() == list(map(str, range(1_000)))
        assert here.intake.calls <= 20

    async def test_entries_with_keys_of_their_own_go_to_their_salons(self, here: World) -> None:
        await here.add("a")
        await here.add("b", "c", key=OTHER_KEY)
        await here.add("d")
        async with here.running():
            await until(here.is_done)
        assert (here.intake.names(), here.intake.names(OTHER_KEY)) == (["a", "d"], ["b", "c"])

    async def test_two_panels_share_a_stream(self, here: World) -> None:
        names = list(map(str, range(500)))
        async with here.running(), here.running():
            await here.add(*names)
            await until(here.is_done)
        assert sorted(here.intake.names()) == sorted(names)

    async def test_an_entry_of_many_events_takes_no_others_with_it(self, here: World) -> None:
        for number in range(4):
            await here.put([told(f"{number}.{each}") for each in range(600)])
        async with here.running():
            await until(here.is_done)
        assert len(here.intake.names()) == 2_400
        assert await here.refused() == []

    async def test_large_entries_are_read_a_few_at_a_time(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redis_source, "MOST_BYTES", 10_000)
        monkeypatch.setattr(redis_source, "FIRST_ENTRIES", 2)
        for number in range(12):
            await here.put(told(str(number)) | {"result": "x" * 3_000})
        most = 0

        def look(events: list[Event]) -> None:
            nonlocal most
            most = max(most, len(events))

        here.intake.meet = look
        async with here.running():
            await until(here.is_done)
        assert here.intake.names() == list(map(str, range(12)))
        assert most <= 3


class TestRefused:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"event": b"not json"}, "events_unreadable"),
            ({"event": b'{"run_id": "r"}'}, "events_invalid"),
            ({"event": json.dumps([told(str(number)) for number in range(1_001)])}, "too_large"),
            ({"events": "misnamed"}, "event_missing"),
            ({"event": json.dumps(told("x")), "key": SECRET}, "key_invalid"),
            ({"event": json.dumps(told("x")), "key": READER_KEY}, "key_scope"),
            ({"event": b"\x1e" * 9}, "events_unreadable"),
            ({"event": b"\xff", "key": b"\xff\xfe"}, "key_invalid"),
        ],
    )  # fmt: skip
    async def test_what_is_no_event_is_set_aside_and_holds_nobody_up(
        self, here: World, fields: dict[Any, Any], code: str
    ) -> None:
        await here.add("before")
        entry_id: Any = await here.redis.xadd(STREAM, fields)
        await here.add("after")
        async with here.running() as source:
            await until(here.is_done)
            assert source.condition.refused == 1
            assert source.condition.state == "reading"
        assert here.intake.names() == ["before", "after"]
        (refused,) = await here.refused()
        assert (refused["code"], refused["id"]) == (code, entry_id.decode())
        assert SECRET not in str(refused)

    async def test_its_text_is_kept_beside_the_code_unless_it_is_large(self, here: World) -> None:
        await here.put(b'{"run_id": "r"}')
        await here.put(b'"' + b"x" * 300_000 + b'"')
        async with here.running():
            await until(here.is_done)
        small, large = await here.refused()
        assert small["event"] == '{"run_id": "r"}'
        assert "event" not in large

    async def test_among_many_only_those_are_set_aside_that_are_to_blame(self, here: World) -> None:
        names = list(map(str, range(300)))
        for number, name in enumerate(names):
            await (here.put(b"{") if number % 97 == 5 else here.add(name))
        async with here.running():
            await until(here.is_done)
        assert len(await here.refused()) == 4
        assert here.intake.names() == [name for number, name in enumerate(names) if number % 97 != 5]

    async def test_no_entry_reaches_into_its_neighbours(self, here: World) -> None:
        await here.put(b'{"run_id": "r", "kind": "log", "attributes": {"swallowed":')
        await here.add("honest")
        await here.put(b"}}")
        async with here.running():
            await until(here.is_done)
        assert here.intake.names() == ["honest"]
        assert len(await here.refused()) == 2

    async def test_without_any_key_an_entry_needs_its_own(self, here: World) -> None:
        await here.add("mine", key=KEY)
        await here.add("nobody's")
        async with here.running(key=None):
            await until(here.is_done)
        assert here.intake.names() == ["mine"]
        assert [each["code"] for each in await here.refused()] == ["key_missing"]


class TestChannel:
    async def published(self, here: World, *bodies: Any) -> None:
        for body in bodies:
            text = body if isinstance(body, bytes) else json.dumps(body)
            await here.redis.publish("events", text)

    async def listening(self, here: World) -> None:
        async def is_heard() -> bool:
            return bool((await here.redis.pubsub_numsub("events"))[0][1])

        await until(is_heard)

    async def test_messages_are_recorded_in_order_those_that_waited_together(self, here: World) -> None:
        names = list(map(str, range(100)))
        here.intake.gate = asyncio.Event()
        async with here.running(channel="events") as source:
            await self.listening(here)
            await self.published(here, *map(told, names))
            here.intake.gate.set()
            await here.has_recorded(*names)
            await until(lambda: source.channel_condition.recorded == 100)
        assert here.intake.calls < 100

    async def test_what_is_no_event_is_set_aside(self, here: World) -> None:
        async with here.running(channel="events"):
            await self.listening(here)
            await self.published(here, told("a"), b"{", told("b"))
            await here.has_recorded("a", "b")

            async def is_set_aside() -> bool:
                return [each["code"] for each in await here.refused()] == ["events_unreadable"]

            await until(is_set_aside)

    async def test_the_channel_is_found_again_and_the_stream_beside_it(self, here: World) -> None:
        async with here.running(channel="events") as source:
            await self.listening(here)
            await here.line.cut()
            await until(lambda: {source.condition.state, source.channel_condition.state} == {"away"})
            await here.line.mend()
            await until(lambda: source.channel_condition.state == "reading")
            await self.listening(here)
            await self.published(here, told("heard"))
            await here.has_recorded("heard")
            await here.add("read")
            await here.has_recorded("heard", "read")

    async def test_a_silent_redis_is_noticed(self, here: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ingest.redis_channel.QUIET_SECONDS", 0.05)
        async with here.running(channel="events") as source:
            await self.listening(here)
            # quiet, but there: it answers when it is asked
            await self.published(here, told("a"))
            await here.has_recorded("a")
            monkeypatch.setattr("redis.asyncio.client.PubSub.ping", silent)
            await until(lambda: source.channel_condition.state == "away")
            assert source.channel_condition.code == "ConnectionError"


async def silent(_: object) -> None:
    """A question that never arrives."""


async def test_it_ends_when_it_is_told_to_and_leaves_no_task(here: World) -> None:
    before = asyncio.all_tasks()
    async with here.running(channel="events") as source:
        await until(lambda: source.channel_condition.state == "reading")

    async def is_alone() -> bool:
        lines = {task for task in asyncio.all_tasks() if "_pass_on" in repr(task) or "_pump" in repr(task)}
        return asyncio.all_tasks() - lines <= before

    await until(is_alone)


def test_the_settings_name_the_place() -> None:
    assert RedisPlace.of(load_settings({})) is None
    told = {"URL": "redis://:hidden@redis/0", "KEY": "agp_hidden", "CHANNEL": "events"}
    place = RedisPlace.of(load_settings({f"EVENTS_REDIS_{name}": value for name, value in told.items()}))
    assert place == RedisPlace("redis://:hidden@redis/0", STREAM, GROUP, "events", "agp_hidden")
    assert "hidden" not in repr(place)


async def test_no_text_of_an_event_is_in_the_log(here: World, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(_: list[Event]) -> None:
        raise RuntimeError

    caplog.set_level(logging.DEBUG, "ingest")
    here.intake.meet = breaks
    await here.add(SECRET)
    await here.put(SECRET.encode())
    async with here.running():
        await until(here.is_done)
    said = [str(vars(record)) for record in caplog.records if record.name.startswith("ingest")]
    assert said
    assert not [line for line in said if SECRET in line]
