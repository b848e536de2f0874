from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from errors import Unavailable
from identity import sessions
from identity.sessions import SessionRegistry, SignedIn
from tests.identity.fakes import HASH, OTHER_HASH, Clock, FakeStore, person
from tests.waiting import until


class Panel:
    """A registry with its store and clock, and the pages that it has ended."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = FakeStore()
        self.registry = SessionRegistry(
            self.store.as_store(), 600, now=self.clock.now, monotonic=self.clock.monotonic
        )
        self.ended: list[tuple[str, str]] = []

    async def sign_in(self, session_hash: str = HASH) -> SignedIn:
        self.store.alive[session_hash] = person()
        signed_in = await self.registry.resolve(session_hash)
        assert signed_in is not None
        return signed_in

    async def open_page(self, name: str, session_hash: str = HASH) -> None:
        signed_in = await self.sign_in(session_hash)
        self.registry.watch(signed_in, lambda reason: self.ended.append((name, reason)), page_id=name)


@pytest.fixture
def panel() -> Panel:
    return Panel()


class TestResolve:
    async def test_asks_the_database_once_in_two_seconds(self, panel: Panel) -> None:
        await panel.sign_in()
        panel.clock.seconds = 1.9
        await panel.registry.resolve(HASH)
        assert panel.store.lookups == 1
        panel.clock.seconds = 2.1
        await panel.registry.resolve(HASH)
        assert panel.store.lookups == 2

    async def test_unknown_session_is_nobody(self, panel: Panel) -> None:
        assert await panel.registry.resolve(OTHER_HASH) is None

    async def test_database_away_is_not_nobody(self, panel: Panel) -> None:
        panel.store.is_away = True
        with pytest.raises(Unavailable):
            await panel.registry.resolve(HASH)

    async def test_remembers_a_bounded_number(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sessions, "CACHED_SESSIONS", 3)
        for number in range(5):
            await panel.registry.resolve(f"{number:064}")
        await panel.registry.resolve(f"{0:064}")
        assert panel.store.lookups == 6

    async def test_an_answer_under_way_does_not_bring_an_ended_session_back(self, panel: Panel) -> None:
        panel.store.alive[HASH] = person()
        asked, answer = asyncio.Event(), asyncio.Event()
        look_up = panel.store.session

        async def slow(session_hash: str) -> object:
            found = await look_up(session_hash)
            asked.set()
            await answer.wait()
            return found

        panel.store.session = slow  # type: ignore[method-assign,assignment]
        resolving = asyncio.create_task(panel.registry.resolve(HASH))
        await asked.wait()
        panel.registry.end(HASH, "signed_out")
        answer.set()
        assert await resolving is None
        assert await panel.registry.resolve(HASH) is None


class TestEnd:
    async def test_ends_every_page_of_that_session_once(self, panel: Panel) -> None:
        await panel.open_page("one")
        await panel.open_page("two")
        await panel.open_page("other", OTHER_HASH)
        panel.registry.end(HASH, "signed_out")
        panel.registry.end(HASH, "signed_out")
        assert panel.ended == [("one", "signed_out"), ("two", "signed_out")]
        assert await panel.registry.resolve(HASH) is None

    async def test_a_page_that_fails_to_end_does_not_keep_the_others(self, panel: Panel) -> None:
        signed_in = await panel.sign_in()

        def broken(_reason: str) -> None:
            raise RuntimeError("gone")

        panel.registry.watch(signed_in, broken)
        await panel.open_page("two")
        panel.registry.end(HASH, "signed_out")
        assert panel.ended == [("two", "signed_out")]

    async def test_a_page_built_while_its_session_ended_is_ended_at_once(self, panel: Panel) -> None:
        signed_in = await panel.sign_in()
        panel.registry.end(HASH, "signed_out")
        panel.registry.watch(signed_in, lambda reason: panel.ended.append(("late", reason)))
        assert panel.ended == [("late", "ended")]

    async def test_a_closed_page_is_forgotten(self, panel: Panel) -> None:
        signed_in = await panel.sign_in()
        unwatch = panel.registry.watch(signed_in, lambda _: panel.ended.append(("x", "")), page_id="x")
        unwatch()
        unwatch()
        await panel.registry.sweep()
        assert panel.store.touched == []
        panel.registry.end(HASH, "signed_out")
        assert panel.ended == []


class TestSweep:
    async def test_ends_pages_of_sessions_that_ended_elsewhere(self, panel: Panel) -> None:
        await panel.open_page("one")
        await panel.open_page("other", OTHER_HASH)
        del panel.store.alive[HASH]
        await panel.registry.sweep()
        assert panel.ended == [("one", "ended")]

    async def test_tells_who_was_active_since_the_last_one(self, panel: Panel) -> None:
        await panel.open_page("one")
        panel.registry.note_activity(HASH)
        panel.registry.note_activity(HASH)
        await panel.registry.sweep()
        await panel.registry.sweep()
        assert panel.store.touched == [({HASH}, {HASH}), (set(), {HASH})]

    async def test_activity_while_the_database_answers_counts_for_the_next_one(self, panel: Panel) -> None:
        await panel.open_page("one")
        panel.registry.note_activity(HASH)
        touch = panel.store.touch_sessions

        async def slow(seen: Collection[str], watched: Collection[str], idle_seconds: int) -> set[str]:
            alive = await touch(seen, watched, idle_seconds)
            panel.registry.note_activity(OTHER_HASH)
            return alive

        panel.store.touch_sessions = slow  # type: ignore[method-assign]
        await panel.registry.sweep()
        await panel.registry.sweep()
        assert [seen for seen, _ in panel.store.touched] == [{HASH}, {OTHER_HASH}]

    async def test_asks_nothing_when_nobody_is_there(self, panel: Panel) -> None:
        await panel.registry.sweep()
        assert panel.store.touched == []

    async def test_keeps_pages_while_the_database_is_away_and_activity_for_later(self, panel: Panel) -> None:
        await panel.open_page("one")
        panel.registry.note_activity(HASH)
        panel.store.is_away = True
        panel.clock.seconds = 500
        await panel.registry.sweep()
        assert panel.ended == []
        assert panel.registry.last_known(HASH) is not None
        panel.store.is_away = False
        await panel.registry.sweep()
        assert panel.store.touched == [({HASH}, {HASH})]

    async def test_without_the_database_a_session_lasts_as_long_as_was_known(self, panel: Panel) -> None:
        await panel.open_page("one")
        panel.store.is_away = True
        panel.clock.seconds = 599
        panel.registry.note_activity(HASH)
        panel.clock.seconds = 700
        await panel.registry.sweep()
        assert panel.ended == []
        panel.clock.seconds = 599 + 601
        assert panel.registry.last_known(HASH) is None
        await panel.registry.sweep()
        assert panel.ended == [("one", "expired")]

    async def test_no_activity_outlives_the_absolute_end(self, panel: Panel) -> None:
        await panel.open_page("one")
        panel.store.is_away = True
        panel.clock.seconds = 3601
        panel.registry.note_activity(HASH)
        await panel.registry.sweep()
        assert panel.ended == [("one", "expired")]

    async def test_a_database_that_hangs_counts_as_away(
        self, panel: Panel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sessions, "SWEEP_TIMEOUT_SECONDS", 0.02)
        await panel.open_page("one")

        async def hang(*_: object) -> set[str]:
            await asyncio.sleep(60)
            return set()

        panel.store.touch_sessions = hang  # type: ignore[method-assign,assignment]
        await panel.registry.sweep()
        assert panel.ended == []

    async def test_goes_on_by_itself_whatever_happens(
        self, panel: Panel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sessions, "SWEEP_SECONDS", 0.01)
        await panel.open_page("one")
        works = panel.store.touch_sessions

        async def breaks(*_: object) -> set[str]:
            panel.store.touch_sessions = works  # type: ignore[method-assign]
            raise ValueError("an answer that makes no sense")

        panel.store.touch_sessions = breaks  # type: ignore[method-assign,assignment]
        del panel.store.alive[HASH]
        await panel.registry.start()
        await until(lambda: panel.ended)
        await panel.registry.stop()
        assert panel.ended == [("one", "ended")]


class TestMayAttach:
    async def test_a_page_is_spoken_for_by_the_session_that_opened_it(self, panel: Panel) -> None:
        await panel.open_page("one")
        assert panel.registry.may_attach(HASH, "one")
        assert not panel.registry.may_attach(OTHER_HASH, "one")
        assert panel.registry.may_attach(OTHER_HASH, "unknown")
