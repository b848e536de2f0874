"""The watch over hosts: up, down and back, how often it looks, and that nothing is left running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from machines.ollama import Problem
from machines.watch import SAMPLES, MachineWatch
from tests.machines.host import ADDRESS, GIGABYTE, Host, model

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Clock:
    """Goes on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def watch_over(host: Host, *, watched: float = 0.01, unwatched: float = 0.01) -> MachineWatch:
    return MachineWatch(
        [ADDRESS], now=Clock(), transport=host, watched_seconds=watched, unwatched_seconds=unwatched
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_before_the_first_look_nothing_is_known() -> None:
    (machine,) = watch_over(Host()).machines()
    assert (machine.is_up, machine.last, machine.unknown_since) == (None, None, None)


async def test_a_host_goes_down_keeps_its_last_values_and_comes_back() -> None:
    host = Host(model())
    watch = watch_over(host)
    async with watch.running():
        await until(lambda: watch.machines()[0].is_up is True)
        (up,) = watch.machines()
        assert up.last is not None
        assert (up.last.vram, up.unknown_since, up.problem) == (8 * GIGABYTE, None, None)

        answers = host.answers
        host.break_down()
        await until(lambda: watch.machines()[0].is_up is False)
        (down,) = watch.machines()
        assert down.problem is Problem.SILENT
        assert down.unknown_since is not None
        assert down.seen_at is not None
        assert down.seen_at < down.unknown_since
        assert down.last is not None, "its last values stay"
        assert down.last.vram == 8 * GIGABYTE
        await until(lambda: sum(one.vram is None for one in watch.machines()[0].samples) > 2)
        assert watch.machines()[0].unknown_since == down.unknown_since, "since it was first missed"
        assert all(one.vram in {None, 8 * GIGABYTE} for one in watch.machines()[0].samples), "never 0"

        host.answers = answers
        await until(lambda: watch.machines()[0].is_up is True)
        assert watch.machines()[0].unknown_since is None


async def test_a_host_that_was_never_there_is_unknown_and_has_no_values() -> None:
    host = Host()
    host.break_down()
    watch = watch_over(host)
    async with watch.running():
        await until(lambda: watch.machines()[0].is_up is False)
    (machine,) = watch.machines()
    assert (machine.last, machine.seen_at) == (None, None)
    assert machine.unknown_since == BEGAN + timedelta(seconds=1)


async def test_the_past_is_bounded() -> None:
    watch = watch_over(Host(), unwatched=0.0001)
    async with watch.running():
        await until(lambda: len(watch.machines()[0].samples) == SAMPLES)
        first = watch.machines()[0].samples[0]
        await until(lambda: watch.machines()[0].samples[0] != first)
        assert len(watch.machines()[0].samples) == SAMPLES


async def test_who_comes_is_told_at_once_and_looks_are_frequent_while_somebody_is_there() -> None:
    host = Host()
    watch = watch_over(host, watched=0.01, unwatched=3600)
    async with watch.running():
        await until(lambda: watch.machines()[0].is_up is True)
        looks = host.asked.count("/api/version")
        await asyncio.sleep(0.1)
        assert host.asked.count("/api/version") == looks, "nobody is there"
        news: list[int] = []
        leave = watch.attend(lambda: news.append(1))
        await until(lambda: len(news) > 3)
        leave()
        leave()
        await asyncio.sleep(0.05)
        told = len(news)
        await asyncio.sleep(0.1)
        assert len(news) == told


async def test_a_page_that_fails_does_not_end_the_watch(caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    watch = watch_over(host)

    def fail() -> None:
        raise RuntimeError("deleted")

    watch.attend(fail)
    async with watch.running():
        await until(lambda: host.asked.count("/api/version") > 3)
    assert "could not show the model hosts" in caplog.text


async def test_a_slow_host_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, slow = "http://quick:1", "http://slow:1"

    class Both(Host):
        async def handle_async_request(self, request):  # type: ignore[no-untyped-def]
            self.seconds = 30 if request.url.host == "slow" else 0
            return await super().handle_async_request(request)

    monkeypatch.setattr("machines.ollama.SECONDS", 0.3)
    watch = MachineWatch([quick, slow], transport=Both(), watched_seconds=0.01, unwatched_seconds=0.01)
    async with watch.running():
        await until(lambda: watch.machines()[1].is_up is False)
        assert watch.machines()[0].is_up is True


async def test_its_end_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    host = Host()
    host.seconds = 30
    watch = watch_over(host)
    async with watch.running():
        await until(lambda: bool(host.asked))
    assert asyncio.all_tasks() == before


async def test_without_hosts_nothing_runs() -> None:
    before = asyncio.all_tasks()
    async with MachineWatch([]).running():
        assert asyncio.all_tasks() == before


async def test_a_surprise_does_not_end_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    answers = host.answers
    host.answers = dict.fromkeys(answers, ZeroDivisionError())
    watch = watch_over(host)
    async with watch.running():
        await until(lambda: watch.machines()[0].is_up is False)
        assert watch.machines()[0].problem is Problem.NONSENSE
        host.answers = answers
        await until(lambda: watch.machines()[0].is_up is True)
    assert "A model host could not be asked" in caplog.messages


@pytest.mark.parametrize("steps", range(5))
async def test_ends_also_when_somebody_comes_at_that_moment(steps: int) -> None:
    host = Host()
    watch = watch_over(host, watched=60, unwatched=60)
    async with asyncio.timeout(10):
        async with watch.running():
            await until(lambda: watch.machines()[0].is_up is True)
            watch.attend(lambda: None)
            for _ in range(steps):
                await asyncio.sleep(0)
