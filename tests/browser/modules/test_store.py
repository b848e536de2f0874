"""One run as the browser has it: read in pages, followed by the stream, cut off, refused, and left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

WHOLE = {"state": "told", "isWhole": True, "isCut": False, "gaps": 0}


@dataclass
class Run:
    """The store and what it asks, at a time that stands still unless it is told to pass."""

    modules: Modules

    async def of(self, count: int, setting: str = "") -> None:
        """Begin with a run of so many events; `setting` is done before."""
        await self.modules.run(
            """async ([count, setting]) => {
              const { FakeRun } = await import("/bench/fake_run.js");
              globalThis.run = new FakeRun(count);
              new Function("run", setting)(run);
              run.store.begin();
            }""",
            [count, setting],
        )
        await self.passing(0)

    async def does(self, script: str) -> Any:
        """Something happens to it: an expression with `run`."""
        told = await self.modules.run("(script) => new Function('run', `return ${script}`)(run)", script)
        await self.passing(0)
        return told

    async def known(self) -> dict[str, object]:
        """What the store knows by now."""
        known: dict[str, object] = await self.modules.run("() => run.known()")
        return known

    async def passing(self, milliseconds: int) -> None:
        """The time passes, and all that was under way is done."""
        if milliseconds:
            await self.modules.page.clock.run_for(milliseconds)
        await self.modules.run(
            """async () => {
              for (let turn = 0; turn < 20; turn++) {
                const { port1, port2 } = new MessageChannel();
                await new Promise((done) => { port1.onmessage = done; port2.postMessage(0); });
                port1.close();
              }
            }"""
        )


@pytest.fixture
async def run(modules: Modules) -> AsyncIterator[Run]:
    await modules.page.clock.install(time=0)
    await modules.page.clock.pause_at(1_000)
    run = Run(modules)
    yield run
    await modules.run("() => globalThis.run?.store.end()")
    await modules.page.clock.resume()


async def test_the_newest_are_there_first_and_the_others_behind_them(run: Run) -> None:
    await run.of(2_500, "run.isHeld = true")
    await run.does("run.held.shift()()")
    await run.does("run.held.shift()()")
    first = await run.known()
    assert first == {**WHOLE, "count": 2_500, "read": 0, "isWhole": False, "gaps": 2_300}
    await run.does("run.release()")
    assert await run.known() == {**WHOLE, "count": 2_500, "read": 2_500}
    asked = await run.does("run.asked")
    assert asked == ["", *(f"/events?cursor={after}&limit=1000" for after in (2_300, 0, 1_000, 2_000))]


async def test_what_comes_while_older_ones_are_read_is_not_lost(run: Run) -> None:
    await run.of(2_500, "run.isHeld = true")
    await run.does("run.held.shift()()")
    await run.does("run.grow(3)")
    await run.does("run.held.shift()()")
    await run.does("run.grow(3)")
    await run.does("run.release()")
    assert await run.known() == {**WHOLE, "count": 2_506, "read": 2_506}


async def test_the_stream_adds_what_comes_next_and_nothing_twice(run: Run) -> None:
    await run.of(3)
    await run.does("run.grow(2)")
    await run.does("[1, 5, 4].forEach((seq) => run.say({ event: run.events[seq - 1] }))")
    assert await run.known() == {**WHOLE, "count": 5, "read": 5}
    assert len(await run.does("run.asked")) == 2, "nothing was read but what there was at first"


@pytest.mark.parametrize("news", ["run.grow(1)", "run.say({ lost: true })"])
async def test_what_the_stream_left_out_is_read(run: Run, news: str) -> None:
    await run.of(3)
    await run.does("run.grow(1500, false)")
    await run.does(news)
    known = await run.known()
    assert known == {**WHOLE, "count": known["read"], "read": known["read"]}
    assert known["read"] in (1_503, 1_504)


async def test_it_is_told_of_often_but_heard_ten_times_a_second(run: Run) -> None:
    await run.of(0)
    for _ in range(20):
        await run.does("run.grow(100)")
        await run.passing(50)
    assert (await run.known())["count"] == 2_000
    assert 10 <= await run.does("run.heard") <= 13


async def test_a_stream_that_breaks_is_opened_again_ever_later_and_what_was_missed_is_read(run: Run) -> None:
    await run.of(3)
    for pause in (250, 1_000, 2_000, 5_000, 5_000):
        await run.does("run.breakOff()")
        opened = await run.does("run.sockets.length")
        await run.passing(pause - 1)
        assert await run.does("run.sockets.length") == opened
        await run.passing(1)
        assert await run.does("run.sockets.length") == opened + 1
    await run.does("run.grow(1200, false)")
    assert (await run.known())["isCut"]
    await run.does("run.say({ ping: true })")
    assert await run.known() == {**WHOLE, "count": 1_203, "read": 1_203}
    await run.does("run.breakOff()")
    await run.passing(250)
    assert await run.does("run.sockets.length") == 7, "soon again, since it had been well"


async def test_an_old_stream_that_closes_late_opens_no_other(run: Run) -> None:
    await run.of(3)
    await run.does("(run.breakOff(), 0)")
    await run.passing(250)
    await run.does("run.sockets[0].onclose({ code: 1006 })")
    await run.passing(10_000)
    assert await run.does("run.sockets.length") == 2


@pytest.mark.parametrize(("status", "state"), [(401, "refused"), (403, "refused"), (404, "gone")])
async def test_what_is_refused_is_asked_no_more(run: Run, status: int, state: str) -> None:
    await run.of(3, f"run.refusal = {status}")
    await run.does("run.say({ event: run.events[2] })")
    await run.does("run.breakOff()")
    await run.passing(60_000)
    assert (await run.known())["state"] == state
    assert await run.does("run.asked") == [""]
    assert await run.does("run.sockets.length") == 1


async def test_what_was_heard_before_a_refusal_is_not_read(run: Run) -> None:
    await run.of(3, "run.isHeld = true")
    await run.does("run.say({ event: run.events[2] })")
    await run.does("(run.refusal = 404, run.release())")
    await run.passing(60_000)
    assert (await run.known())["state"] == "gone"
    assert await run.does("run.asked") == [""]


async def test_the_stream_refuses_who_may_not_listen(run: Run) -> None:
    await run.of(3)
    await run.does("run.breakOff(4401)")
    await run.passing(60_000)
    assert (await run.known())["state"] == "refused"
    assert await run.does("run.sockets.length") == 1


@pytest.mark.parametrize("status", [0, 500, 503, 429])
async def test_a_server_that_is_away_is_asked_again(run: Run, status: int) -> None:
    await run.of(3, f"run.refusal = {status}")
    assert (await run.known())["state"] == "away"
    await run.passing(5_000)
    assert (await run.known())["state"] == "away"
    await run.does("run.refusal = undefined")
    await run.passing(5_000)
    assert await run.known() == {**WHOLE, "count": 3, "read": 3}


async def test_a_server_that_goes_away_later_leaves_what_was_read(run: Run) -> None:
    await run.of(3)
    await run.does("(run.refusal = 503, run.grow(2, false), run.say({ lost: true }))")
    assert (await run.known())["read"] == 3
    await run.does("run.refusal = undefined")
    await run.passing(5_000)
    assert await run.known() == {**WHOLE, "count": 5, "read": 5}


async def test_older_events_that_cannot_be_had_are_asked_for_once_in_a_while(run: Run) -> None:
    await run.of(2_500, "run.events.forEach((one, at) => { if (at < 2300) one.seq = -1; })")
    assert (await run.known())["count"] == 2_500
    asked = await run.does("run.asked.length")
    assert asked < 10
    await run.passing(60_000)
    assert await run.does("run.asked.length") <= asked + 40


async def test_the_totals_are_read_again_while_it_grows(run: Run) -> None:
    await run.of(3)
    await run.passing(5_000)
    asked = await run.does("run.asked.length")
    await run.does("run.grow(10)")
    await run.passing(2_000)
    assert await run.does("run.store.run.events") == 13
    assert await run.does("run.asked.length") == asked + 1


@pytest.mark.parametrize("held", [1, 2, 3, 4])
async def test_after_the_end_nothing_is_asked_opened_or_told(run: Run, held: int) -> None:
    """Wherever it is: before the run is known, while pages are read."""
    await run.of(2_500, "run.isHeld = true")
    for _ in range(held - 1):
        await run.does("run.held.shift()()")
    await run.does("run.say({ event: { ...run.events[0], seq: 9000 } })")
    await run.does("(run.store.end(), run.before = [run.asked.length, run.heard])")
    await run.does("run.release()")
    await run.does("(run.say({ lost: true }), run.breakOff())")
    await run.passing(60_000)
    assert await run.does("[run.asked.length, run.heard]") == await run.does("run.before")
    assert await run.does("run.sockets.map((one) => Boolean(one.isClosed))") == [True]


@pytest.mark.parametrize(
    "trouble", ["run.breakOff()", "run.grow(9)", "(run.refusal = 503, run.say({ lost: true }))"]
)
async def test_after_the_end_nothing_that_was_put_off_is_done(run: Run, trouble: str) -> None:
    await run.of(3)
    await run.does(trouble)
    await run.passing(150)
    await run.does("run.isHeld = true")
    await run.passing(1_000)
    await run.does("(run.store.end(), run.before = [run.asked.length, run.heard, run.sockets.length])")
    await run.does("run.release()")
    await run.passing(60_000)
    assert await run.does("[run.asked.length, run.heard, run.sockets.length]") == await run.does("run.before")
