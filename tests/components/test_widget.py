"""A widget is always in one of its states, and keeps the last good value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.pulse import Pulse
from components.tag import Tag, tag
from components.viewer import Viewer, Visit
from components.widget import Widget
from errors import Unavailable
from i18n import translator
from models import Role
from tests.pages.fakes import NOW, tenants

AWAY = Unavailable("The database does not answer.", advice="It is tried again by itself; nothing is lost.")


class Source:
    """What a widget reads: a value, or a failure."""

    def __init__(self) -> None:
        self.answer: str | Exception = "first"
        self.drawn: list[str] = []
        self.updates: list[str] = []
        self.clock = NOW
        self.widget: Widget[str] | None = None
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.fresh: list[tuple[datetime | None, bool]] = []
        self.pulse = Pulse(lambda: self.clock, lambda at, succeeded: self.fresh.append((at, succeeded)))

    async def read(self) -> str:
        self.is_asked.set()
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def rebuild(self, value: str) -> None:
        self.drawn.append(value)
        tag("p", value)

    def build_once(self, value: str) -> Callable[[str], None]:
        self.drawn.append(value)
        shown = tag("p", value)

        def show(newer: str) -> None:
            self.updates.append(newer)
            shown.set_text(newer)

        return show


@asynccontextmanager
async def showing(source: Source, draw: Callable[[str], Any]) -> AsyncIterator[User]:
    """A page with one widget; nothing is read until its pulse is rung."""

    def root() -> None:
        viewer = cast(Any, _Reader(source))
        visit = cast(Any, _Visit(source.pulse))
        source.widget = Widget(cast(Viewer, viewer), cast(Visit, visit), source.read, draw, height="80px")

    async with user_simulation(root) as user:
        await user.open("/")
        yield user


class _Reader:
    def __init__(self, source: Source) -> None:
        self.tr = translator("en")
        self.tenant = tenants(Role.OWNER)[0]
        self.now = lambda: source.clock


class _Visit:
    def __init__(self, pulse: Pulse) -> None:
        self.pulse = pulse


def labels(user: User) -> list[str]:
    """What screen readers are told of places without words."""
    with user:
        return [str(one.props["aria-label"]) for one in _tags() if "aria-label" in one.props]


def _tags() -> list[Tag]:
    return [one for one in ui.context.client.elements.values() if isinstance(one, Tag)]


class TestWidget:
    async def test_is_loading_until_it_has_read(self) -> None:
        source = Source()
        async with showing(source, source.rebuild) as user:
            assert labels(user) == ["Loading"]
            await source.pulse.ring()
            await user.should_see("first")
            assert labels(user) == []

    async def test_draws_anew_only_what_has_changed(self) -> None:
        source = Source()
        async with showing(source, source.rebuild) as user:
            await source.pulse.ring()
            await source.pulse.ring()
            assert source.drawn == ["first"]
            source.answer = "second"
            await source.pulse.ring()
            await user.should_see("second")
            await user.should_not_see("first")

    async def test_updates_in_place_what_can_be(self) -> None:
        source = Source()
        async with showing(source, source.build_once) as user:
            await source.pulse.ring()
            source.answer = "second"
            await source.pulse.ring()
            await user.should_see("second")
            assert (source.drawn, source.updates) == (["first"], ["second"])

    async def test_keeps_the_last_good_value_with_its_time_when_a_read_fails(self) -> None:
        source = Source()
        async with showing(source, source.rebuild) as user:
            await source.pulse.ring()
            source.clock += timedelta(minutes=5)
            source.answer = AWAY
            await source.pulse.ring()
            await user.should_see("first")
            await user.should_see("As of 11:30:00\u202fPM.")
            await user.should_see("The database does not answer.")
            source.answer = "second"
            await source.pulse.ring()
            await user.should_see("second")
            await user.should_not_see("As of")

    async def test_takes_a_value_of_nothing_for_a_value(self) -> None:
        source = Source()
        source.answer = ""
        async with showing(source, source.rebuild) as user:
            await source.pulse.ring()
            source.answer = AWAY
            await source.pulse.ring()
            await user.should_see(marker="state-stale")

    @pytest.mark.parametrize("draws_once", [True, False])
    async def test_does_not_keep_the_answer_to_another_question(self, draws_once: bool) -> None:
        source = Source()
        async with showing(source, source.build_once if draws_once else source.rebuild) as user:
            await source.pulse.ring()
            assert source.widget is not None
            source.widget.ask_anew()
            await user.should_see("first")
            source.answer = AWAY
            await source.pulse.ring()
            await user.should_see(marker="state-failed")
            await user.should_not_see("first")
            source.answer = "second"
            await source.pulse.ring()
            await user.should_see("second")

    async def test_overhears_a_late_answer_to_another_question(self) -> None:
        source = Source()
        async with showing(source, source.rebuild) as user:
            source.may_answer.clear()
            late = asyncio.ensure_future(source.pulse.ring())
            await source.is_asked.wait()
            assert source.widget is not None
            source.widget.ask_anew()
            source.may_answer.set()
            await late
            await user.should_not_see("first")
            await source.pulse.ring()
            await user.should_see("first")


class TestPulse:
    async def test_tells_when_everything_was_last_read(self) -> None:
        source = Source()
        async with showing(source, source.rebuild):
            source.answer = AWAY
            await source.pulse.ring()
            source.answer = "first"
            await source.pulse.ring()
            source.clock += timedelta(seconds=15)
            source.answer = AWAY
            await source.pulse.ring()
        assert source.fresh == [(None, False), (NOW, True), (NOW, False)]

    async def test_logs_what_nobody_expected(self, caplog: pytest.LogCaptureFixture) -> None:
        source = Source()
        source.answer = RuntimeError("inner")
        async with showing(source, source.rebuild) as user:
            await source.pulse.ring()
            await user.should_see("Something went wrong on our side.")
            await user.should_not_see("inner")
        assert [record.exc_info is not None for record in caplog.records] == [True]
