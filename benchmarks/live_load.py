"""Two hundred people on live pages of one salon while its bot writes twenty rows a second."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

import aiohttp
import asyncpg

from benchmarks import vitals
from benchmarks.busy_bot import CHANGES_A_SECOND, BusyBot
from benchmarks.feed_ledger import FeedLedger
from benchmarks.live_tab import LiveTab
from benchmarks.report import distribution, figure
from benchmarks.virtual_tab import VirtualTab
from benchmarks.vitals import Vitals
from demo.accounts import DEMO_ACCOUNTS
from demo.salons import MOSCOW
from local_supabase.postgres import Cluster
from tests.panel_process import PanelProcess

CLIENTS = 200
SECOND_HALF = CLIENTS - CLIENTS // 2
"""Clients whose memory is told: what the process grows by once, for the first of them, belongs to none."""
OPENED_AT_ONCE = 8
SETTLE_SECONDS = 5.0
STEADY_SECONDS = 60.0
PAGE_SECONDS = 30.0
CHURN_SECONDS = 600.0
FLAT_AFTER = 0.2
"""Of that time; before, the panel gets used to the coming and going."""
STAYING = 50
"""So many tabs stay all the time; of the others, one leaves at a time and comes again after a while."""
LEAVING_A_SECOND = 2.5
LONGEST_AWAY = 8.0
MEMORY_EVERY = 5.0
SEED = 20
CPU_PERCENT, P95_MS, MEMORY_KB, LAG_MS = 40.0, 150.0, 300.0, 50.0
GROWTH_KB = 0.02 * CLIENTS * MEMORY_KB
"""In a minute, of the whole panel: what counts as flat."""


async def measure(data_dir: Path) -> None:
    """The live feed for a minute, and with tabs that come and go; then two pages that read again."""
    with PanelProcess(data_dir, DEMO="1", METRICS_TOKEN=vitals.TOKEN) as panel:
        connection = await asyncpg.connect(Cluster(data_dir).superuser_uri("demo"))
        try:
            await connection.execute("set role service_role")
            bot = BusyBot(connection, MOSCOW.tenant_id)
            cookies = [await _signed_in(panel.url, account) for account in (1, 3, 4)]
            async with _session() as session:
                people = _People(session, panel.url, cookies)
                await _feed(panel, bot, people)
                for page in ("dialogues", "overview"):
                    await _page(panel, bot, people, page)
        finally:
            await connection.close()


class _People:
    """Opens tabs as one account after the other."""

    def __init__(self, session: aiohttp.ClientSession, url: str, cookies: Sequence[str]) -> None:
        self._session = session
        self._url = url
        self._cookies = cycle(cookies)
        self._few = asyncio.Semaphore(OPENED_AT_ONCE)

    async def open(self, page: str, ledger: FeedLedger | None = None) -> LiveTab:
        """A tab on a page of the salon; a ledger hears of its feed."""
        cookie = next(self._cookies)
        tab = (
            LiveTab(self._session, self._url, cookie, ledger.hear)
            if ledger
            else LiveTab(self._session, self._url, cookie)
        )
        async with self._few:
            await tab.open(f"/s/{MOSCOW.tenant_id}/{page}", is_feed=ledger is not None)
        return tab

    async def open_many(self, page: str, count: int, ledger: FeedLedger | None = None) -> list[LiveTab]:
        """So many tabs."""
        return list(await asyncio.gather(*(self.open(page, ledger) for _ in range(count))))

    @asynccontextmanager
    async def many(
        self, page: str, count: int, ledger: FeedLedger | None = None
    ) -> AsyncIterator[list[LiveTab]]:
        """So many tabs at once while the block runs; those that the list has in the end are closed."""
        tabs = await self.open_many(page, count, ledger)
        try:
            yield tabs
        finally:
            await asyncio.gather(*(tab.close() for tab in tabs))


def _session() -> aiohttp.ClientSession:
    """Like so many browsers: no common cookies, and each socket is a connection of its own."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


async def _signed_in(url: str, number: int) -> str:
    async with VirtualTab(url) as tab:
        account = DEMO_ACCOUNTS[number]
        await tab.sign_in(account.email, account.password)
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in tab.http.cookies.jar)


async def _feed(panel: PanelProcess, bot: BusyBot, people: _People) -> None:
    async with people.many("live", OPENED_AT_ONCE, FeedLedger()):
        await bot.write(SETTLE_SECONDS)
    await asyncio.sleep(SETTLE_SECONDS)
    alone = vitals.megabytes(panel)
    ledger = FeedLedger()
    async with people.many("live", CLIENTS // 2, ledger) as tabs:
        await bot.write(SETTLE_SECONDS)
        half = vitals.megabytes(panel)
        tabs.extend(await people.open_many("live", SECOND_HALF, ledger))
        await asyncio.sleep(SETTLE_SECONDS)
        first, count = bot.numbers, len(ledger.milliseconds)
        before = await asyncio.to_thread(vitals.take, panel)
        await bot.write(STEADY_SECONDS)
        after = await asyncio.to_thread(vitals.take, panel)
        await asyncio.sleep(SETTLE_SECONDS)
        size = vitals.megabytes(panel)
        _head("the live feed", STEADY_SECONDS)
        distribution("written to the client's socket", ledger.milliseconds[count:], p95_at_most=P95_MS)
        _tell_of_processors(before, after)
        each = (size - half) * 1024 / SECOND_HALF
        figure("memory of each client of the second half", each, "KB", at_most=MEMORY_KB)
        figure("all that the process has grown by, for each", (size - alone) * 1024 / CLIENTS, "KB")
        _tell_of_rows(ledger, tabs, range(first, bot.numbers))
        figure("writer behind its pace, at most", bot.late * 1000, "ms")
        await _come_and_go(panel, bot, people, tabs, ledger)


async def _come_and_go(
    panel: PanelProcess, bot: BusyBot, people: _People, tabs: list[LiveTab], ledger: FeedLedger
) -> None:
    first, count = bot.numbers, len(ledger.milliseconds)
    memory: list[tuple[float, float]] = []
    before = await asyncio.to_thread(vitals.take, panel)
    async with asyncio.TaskGroup() as together:
        writing = together.create_task(bot.write(CHURN_SECONDS))
        together.create_task(_watch_memory(panel, memory, writing))
        leavers = together.create_task(_leave_and_come(people, tabs, ledger, writing))
    after = await asyncio.to_thread(vitals.take, panel)
    await asyncio.sleep(SETTLE_SECONDS)
    _head(f"the live feed, {2 * LEAVING_A_SECOND:g} tabs a second leave or come", CHURN_SECONDS)
    distribution("written to the client's socket", ledger.milliseconds[count:], p95_at_most=P95_MS)
    _tell_of_processors(before, after)
    late = [(at, size) for at, size in memory if at >= memory[0][0] + FLAT_AFTER * CHURN_SECONDS]
    growth = statistics.linear_regression(*zip(*late, strict=True)).slope * 60 * 1024
    figure("growth in a minute, whole panel", growth, "KB", at_most=GROWTH_KB)
    figure("panel process at the beginning", late[0][1], "MB")
    figure("panel process in the end", late[-1][1], "MB")
    figure("tabs that came", len(leavers.result()), "")
    _tell_of_rows(ledger, tabs, range(first, bot.numbers))


async def _watch_memory(
    panel: PanelProcess, found: list[tuple[float, float]], during: asyncio.Task[int]
) -> None:
    loop = asyncio.get_running_loop()
    while not during.done():
        found.append((loop.time(), await asyncio.to_thread(vitals.megabytes, panel)))
        await asyncio.sleep(MEMORY_EVERY)


async def _leave_and_come(
    people: _People, tabs: list[LiveTab], ledger: FeedLedger, during: asyncio.Task[int]
) -> list[LiveTab]:
    """Close tabs and open others in their place; returns those that came."""
    chance = random.Random(SEED)
    came: list[LiveTab] = []

    async def replace(place: int, away: float) -> None:
        await tabs[place].close()
        await asyncio.sleep(away)
        tabs[place] = await people.open("live", ledger)
        came.append(tabs[place])

    places = list(range(STAYING, CLIENTS))
    busy: dict[int, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as replacing:
        while not during.done():
            await asyncio.sleep(chance.expovariate(LEAVING_A_SECOND))
            place = chance.choice([one for one in places if one not in busy or busy[one].done()])
            busy[place] = replacing.create_task(replace(place, chance.uniform(0, LONGEST_AWAY)))
    return came


async def _page(panel: PanelProcess, bot: BusyBot, people: _People, page: str) -> None:
    async with people.many(page, CLIENTS):
        await asyncio.sleep(SETTLE_SECONDS)
        before = await asyncio.to_thread(vitals.take, panel)
        await bot.write(PAGE_SECONDS)
        after = await asyncio.to_thread(vitals.take, panel)
    _head(page, PAGE_SECONDS)
    _tell_of_processors(before, after)
    for name, part in (("median", 0.5), ("p95", 0.95)):
        delay = vitals.quantile_ms(before, after, vitals.DELAY, part)
        figure(f"change to the end of the page's read, {name}", delay, "ms")


def _head(what: str, seconds: float) -> None:
    print(f"  {what}: {CLIENTS} clients, {CHANGES_A_SECOND} changes a second, {seconds:g} s", flush=True)


def _tell_of_processors(before: Vitals, after: Vitals) -> None:
    own, database = vitals.processor_percent(before, after)
    figure("panel process, of one core", own, "%", at_most=CPU_PERCENT)
    figure("PostgreSQL, of one core", database, "%")
    lag = vitals.quantile_ms(before, after, vitals.LAG, 0.99)
    figure("event loop's lag, p99", lag, "ms", at_most=LAG_MS)


def _tell_of_rows(ledger: FeedLedger, tabs: Sequence[LiveTab], written: range) -> None:
    end = max(ledger.last(tab) for tab in tabs)
    figure("messages that nobody was told", len(set(written) - ledger.numbers), "", at_most=0)
    figure("rows that a client missed", sum(ledger.missed(tab) for tab in tabs), "", at_most=0)
    figure("rows twice or out of order", ledger.disorder, "", at_most=0)
    figure("clients that are behind", sum(ledger.last(tab) < end for tab in tabs), "", at_most=0)
    figure("clients cut off", sum(tab.drops for tab in tabs), "", at_most=0)
    figure("times that clients asked again", sum(tab.gaps for tab in tabs), "")
