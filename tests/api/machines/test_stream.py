"""The event stream: in order, without loss or repeats, to who may listen, and to nobody longer than that."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from api.machines import stream
from errors import NotAllowed, Unavailable
from ingest import stream_hub, stream_log
from tests.api.machines.streaming import SALON, World, streaming
from tests.waiting import until


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(stream_hub, "CLOCK_SECONDS", 60.0)
    monkeypatch.setattr(stream_hub, "AWAY_SECONDS", 0.01)
    monkeypatch.setattr(stream, "RIGHTS_SECONDS", 0.02)
    async with streaming() as world:
        yield world


class TestOrder:
    async def test_begins_at_the_end_and_tells_what_comes(self, world: World) -> None:
        world.append(3)
        client = world.connect()
        await until(lambda: client.has_begun)
        assert client.received == [{"cursor": "1", "ping": True}]
        world.append(2, 1)
        await until(lambda: len(client.events) == 3)
        assert client.events == [4, 5, 6]
        assert [one["cursor"] for one in client.received[1:]] == ["2:1", "2:2", "3:1"]

    @pytest.mark.parametrize(
        ("cursor", "first"), [("0", 1), ("1", 4), ("1:3", 4), ("1:1", 2), ("2:4", 8), ("3", 9)]
    )
    async def test_goes_on_after_any_cursor(self, world: World, cursor: str, first: int) -> None:
        world.append(3, 4, 1)
        client = world.connect(cursor)
        await until(lambda: client.has_begun)
        world.append(1)
        await until(lambda: 9 in client.events)
        assert client.events == list(range(first, 10))

    async def test_is_whole_for_everybody_however_often_they_come_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_log.StreamLog.__init__, "__defaults__", (40, 1_000_000))
        chance = random.Random(7)
        seen: list[list[int]] = [[] for _ in range(8)]
        cursors = ["0"] * 8
        for _ in range(25):
            connected = [world.connect(cursor) for cursor in cursors]
            for _ in range(3):
                world.append(*[chance.randint(1, 9) for _ in range(chance.randint(1, 3))])
                for _ in range(chance.randint(0, 300)):
                    await asyncio.sleep(0)  # they leave wherever they are then
            for number, client in enumerate(connected):
                await client.leave()
                seen[number] += client.events
                cursors[number] = client.cursor if client.received else cursors[number]
        last = [world.connect(cursor) for cursor in cursors]
        total = sum(map(len, world.salon.stretches))
        for number, client in enumerate(last):
            await until(lambda: (seen[number] + client.events)[-1:] == [total])  # noqa: B023
            assert seen[number] + client.events == list(range(1, total + 1))

    async def test_of_a_long_past_is_read_in_pages(self, world: World) -> None:
        world.append(*[400] * 7)
        client = world.connect("0")
        await until(lambda: len(client.events) == 2_800)
        assert client.events == list(range(1, 2_801))


class TestOneRun:
    async def test_is_told_without_the_others(self, world: World) -> None:
        other = UUID(int=7)
        world.append(2)
        world.append(2, run_id=other)
        late, live = world.connect(f"0&run={other}"), world.connect(f"&run={other}")
        await until(lambda: live.has_begun and late.events == [3, 4])
        world.append(1)
        world.append(1, run_id=other)
        world.append(1)
        await until(lambda: live.events == [6] and late.events == [3, 4, 6])
        assert live.cursor == "4:1"

    async def test_that_is_none_is_refused(self, world: World) -> None:
        client = world.connect("&run=everything")
        await until(lambda: client.closed is not None)
        assert client.closed is not None
        assert (client.closed["code"], client.closed["reason"]) == (1008, "run_invalid")


class TestLost:
    async def test_what_is_no_longer_kept_is_told_as_lost_once(self, world: World) -> None:
        world.append(2, 2, 2)
        world.salon.forgotten = 2
        client = world.connect("1")
        await until(lambda: len(client.received) == 2)
        assert client.received[1] == {"cursor": "3", "lost": True}
        world.append(1)
        await until(lambda: client.events == [7])

    @pytest.mark.parametrize("cursor", ["9", "4:1", "9:2"])
    async def test_a_cursor_of_a_later_database_is_told_as_lost(self, world: World, cursor: str) -> None:
        world.append(1, 1, 1)
        client = world.connect(cursor)
        await until(lambda: len(client.received) == 2)
        assert client.received[1] == {"cursor": "3", "lost": True}

    async def test_a_restored_backup_is_told_to_who_was_there(self, world: World) -> None:
        world.append(1, 1, 1)
        client = world.connect()
        await until(lambda: client.has_begun)
        del world.salon.stretches[1:]
        world.hub.ring(SALON)
        await until(lambda: {"cursor": "1", "lost": True} in client.received)
        world.append(1)
        await until(lambda: client.events == [4])


class TestReading:
    async def test_is_done_once_for_all_who_see_the_same(self, world: World) -> None:
        clients = [world.connect() for _ in range(20)]
        await until(lambda: all(client.has_begun for client in clients))
        before = world.salon.reads
        world.append(3)
        await until(lambda: all(client.events == [1, 2, 3] for client in clients))
        assert world.salon.reads == before + 1

    async def test_ends_with_the_last_who_follows(self, world: World) -> None:
        client = world.connect()
        await until(lambda: client.has_begun)
        await client.leave()
        before = world.salon.reads
        world.append(1)
        again = world.connect("0")
        await until(lambda: again.events == [1])
        assert world.hub.count() == 1
        assert world.salon.reads <= before + 2

    async def test_is_done_by_the_clock_when_nobody_rings(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_hub, "CLOCK_SECONDS", 0.02)
        client = world.connect()
        await until(lambda: client.has_begun)
        world.salon.append(1)
        await until(lambda: client.events == [1])

    async def test_goes_on_when_the_database_is_back(self, world: World) -> None:
        client = world.connect()
        await until(lambda: client.has_begun)
        world.salon.is_away = True
        world.append(2)
        before = world.salon.reads
        await until(lambda: world.salon.reads > before)
        world.salon.is_away = False
        await until(lambda: client.events == [1, 2])

    async def test_of_those_who_see_contacts_is_apart(self, world: World) -> None:
        masked = world.connect()
        await until(lambda: masked.has_begun)
        world.salon.sees_contacts = True
        seeing = world.connect()
        await until(lambda: seeing.has_begun)
        assert len(world.hub._feeds) == 2

    async def test_an_answer_for_other_eyes_is_told_to_nobody(self, world: World) -> None:
        """A person's role was changed a moment ago, and it is by their right that the next look was."""
        client = world.connect()
        await until(lambda: client.has_begun)
        world.salon.sees_contacts = True
        world.append(1)
        await until(lambda: client.closed)
        assert client.closed == {"type": "websocket.close", "code": 4401, "reason": "rights_changed"}
        assert client.events == []


class TestSlowReaders:
    async def test_are_closed_with_the_cursor_to_go_on_from(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_log.StreamLog.__init__, "__defaults__", (10, 1_000_000))
        slow, quick = world.connect(), world.connect()
        await until(lambda: slow.has_begun and quick.has_begun)
        world.append(2)
        await until(lambda: slow.events == [1, 2])
        slow.takes.clear()
        for _ in range(10):
            told = len(quick.events)
            world.append(4)
            await until(lambda: len(quick.events) == told + 4)  # noqa: B023
        slow.takes.set()
        await until(lambda: slow.closed)
        assert slow.closed is not None
        assert slow.closed["code"] == 1013
        again = world.connect(slow.closed["reason"])
        await until(lambda: (slow.events + again.events)[-1] == 42)
        assert slow.events + again.events == list(range(1, 43)) == quick.events

    async def test_that_take_nothing_at_all_are_given_up(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_log.StreamLog.__init__, "__defaults__", (10, 1_000_000))
        monkeypatch.setattr(stream, "LAG_SECONDS", 0.02)
        slow, quick = world.connect(), world.connect()
        await until(lambda: slow.has_begun and quick.has_begun)
        slow.takes.clear()
        for _ in range(10):
            told = len(quick.events)
            world.append(4)
            await until(lambda: len(quick.events) == told + 4)  # noqa: B023
        await until(lambda: slow.closed)
        assert slow.closed == {"type": "websocket.close", "code": 1013, "reason": "0"}
        await until(lambda: world.hub.count() == 1)


class TestRights:
    async def test_a_key_may_come_in_the_first_message(self, world: World) -> None:
        client = world.connect("0", host="panel.test")
        client.say('{"key": "living"}')
        world.append(1)
        await until(lambda: client.events == [1])

    @pytest.mark.parametrize(
        "text", ["", "living", "{}", '{"key": 7}', '{"key": "dead"}', "[" * 900, "x" * 2_000]
    )
    async def test_anything_else_closes(self, world: World, text: str) -> None:
        client = world.connect(host="panel.test")
        client.say(text)
        await until(lambda: client.closed)
        assert client.closed is not None
        assert client.closed["code"] == 4401
        assert world.salon.reads == 0

    async def test_who_says_nothing_is_closed(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stream, "KEY_SECONDS", 0.02)
        client = world.connect(host="panel.test")
        await until(lambda: client.closed)
        assert client.closed == {"type": "websocket.close", "code": 4401, "reason": "key_missing"}

    @pytest.mark.parametrize("cursor", ["x", "-1", "1:2:3", "²", "1:", "9" * 30])
    async def test_a_cursor_that_is_none_closes(self, world: World, cursor: str) -> None:
        client = world.connect(cursor)
        await until(lambda: client.closed)
        assert client.closed == {"type": "websocket.close", "code": 1008, "reason": "cursor_invalid"}

    async def test_are_looked_at_again_and_again(self, world: World) -> None:
        client = world.connect()
        await until(lambda: client.has_begun)
        world.listeners.problem = Unavailable("The database does not answer.")
        world.append(1)
        await until(lambda: client.events == [1])
        world.listeners.problem = NotAllowed("This key may not do this.", code="key_scope")
        await until(lambda: client.closed)
        assert client.closed == {"type": "websocket.close", "code": 4401, "reason": "key_scope"}
        await until(lambda: world.hub.count() == 0)

    async def test_what_the_database_refuses_is_told_to_nobody(self, world: World) -> None:
        client = world.connect()
        await until(lambda: client.has_begun)
        world.salon.is_refused = True
        world.append(1)
        await until(lambda: client.closed)
        assert client.closed == {"type": "websocket.close", "code": 4401, "reason": "key_invalid"}
        assert client.events == []

    async def test_no_salon_takes_all_places(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stream, "MOST_OF_A_SALON", 2)
        first, second = world.connect(), world.connect()
        await until(lambda: first.has_begun and second.has_begun)
        third = world.connect()
        await until(lambda: third.closed)
        assert third.closed == {"type": "websocket.close", "code": 1013, "reason": "too_many_sockets"}


async def test_who_hears_nothing_hears_a_ping(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PING_SECONDS", 0.02)
    world.append(4)
    client = world.connect()
    await until(lambda: len(client.received) >= 3)
    assert client.received[:3] == [{"cursor": "1", "ping": True}] * 3


async def test_what_a_client_says_later_disturbs_nobody(world: World) -> None:
    client = world.connect()
    await until(lambda: client.has_begun)
    client.say("<script>" * 1_000)
    world.append(1)
    await until(lambda: client.events == [1])
