"""No page fetches more often than its data changes: counted on the wire between panels and their project."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import bcrypt
import pytest
from playwright.async_api import Browser, Page

from data import Supabase
from identity.tokens import TokenMinter
from tests.database import DashboardDatabase, copy_of
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess
from tests.live.chaos import Chaos
from tests.live.world import AUTHOR, Salon
from tests.panel_process import PanelProcess
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.long]

logger = logging.getLogger(__name__)

PASSWORD = "a long enough pass phrase"
QUIET_SECONDS = 10.0
POLL_SECONDS = 3.0
REQUEST = re.compile(rb"(?:GET|HEAD|POST) /rest/v1/(?:rpc/)?(\w+)\S* HTTP/1\.1\r\n")
OWN_BUSINESS = {
    "sync_index", "changes_after", "ring_canary", "touch_canary", "published_tables", "auth_touch_sessions",
    "commands_to_send", "give_up_commands", "command_counts",
}  # fmt: skip
"""What a panel asks for all of its pages together."""
MOST_READS = 12
"""Of one list while 50 rows are written in about a second: a page rests between two readings."""


@dataclass
class Count:
    """Requests by the name of what was asked."""

    may_hear: bool
    asked: Counter[str] = field(default_factory=Counter)

    def hear(self, sent: bytes) -> None:
        if not self.may_hear and sent.startswith(b"GET /realtime/"):
            raise ConnectionRefusedError
        for name in REQUEST.findall(sent):
            self.asked[name.decode()] += 1

    @property
    def reads(self) -> Counter[str]:
        """What pages asked."""
        return Counter({name: count for name, count in self.asked.items() if name not in OWN_BUSINESS})


@dataclass
class Opened:
    """A salon, and its list of dialogues on a page that is rung for and on one that looks by the clock."""

    salon: Salon
    live: Count
    polling: Count

    def start(self) -> None:
        self.live.asked.clear()
        self.polling.asked.clear()


@pytest.fixture(autouse=True)
def _no_task_is_left() -> None:
    """Here the network goes on between the tests."""


@pytest.fixture(scope="module")
async def opened(
    migrated_template: DashboardDatabase, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Opened]:
    folder = tmp_path_factory.mktemp("requests")
    database = copy_of(migrated_template)
    async with AsyncExitStack() as stack:
        supabase = stack.enter_context(SupabaseProcess(database, folder / "supabase.log"))
        connection = await asyncpg.connect(database.superuser_uri)
        stack.push_async_callback(connection.close)
        door = Supabase(supabase.url, PUBLISHABLE_KEY)
        stack.push_async_callback(door.aclose)
        salon = Salon(database, connection, door, TokenMinter.from_secret(SECRET))
        await salon.open()
        password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        await connection.execute(
            "update dashboard.users set password_hash = $2 where user_id = $1", AUTHOR, password_hash
        )
        counts = Count(may_hear=True), Count(may_hear=False)
        behind = [
            stack.enter_async_context(_page_behind(count, supabase.port, chromium, folder / name, salon))
            for count, name in zip(counts, ("live", "polling"), strict=True)
        ]
        await asyncio.gather(*behind)
        await until(lambda: counts[0].asked["ring_canary"], 15, "the first page is live")
        await asyncio.sleep(1.5)  # and has read what it had to at its start
        yield Opened(salon, *counts)
    database.cluster.drop_database(database.name)


@asynccontextmanager
async def _page_behind(
    count: Count, port: int, chromium: Browser, folder: Path, salon: Salon
) -> AsyncIterator[Page]:
    """A panel whose requests are counted, with the list of dialogues open."""
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Chaos(port, count.hear))
        panel = PanelProcess(
            folder,
            SUPABASE_URL=f"http://127.0.0.1:{proxy.port}",
            SUPABASE_KEY=PUBLISHABLE_KEY,
            SUPABASE_JWT_SECRET=SECRET,
        )
        stack.callback(panel.kill)
        await asyncio.to_thread(panel.start)
        context = await chromium.new_context()
        stack.push_async_callback(context.close)
        page = await context.new_page()
        await page.goto(f"{panel.url}/sign-in")
        await page.get_by_label("E-mail").fill("author@salon.test")
        await page.locator("input[type=password]").fill(PASSWORD)
        await page.locator("button[type=submit]").click()
        await page.wait_for_url("**/s/*/overview*")
        await page.goto(f"{panel.url}/s/{salon.id}/dialogues")
        await page.get_by_text("Client").first.wait_for()
        yield page


async def test_a_quiet_salon_is_not_read(opened: Opened) -> None:
    opened.start()
    await asyncio.sleep(QUIET_SECONDS)
    logger.info("live %s, polling %s", dict(opened.live.asked), dict(opened.polling.asked))
    assert not opened.live.reads
    assert not opened.polling.reads
    assert opened.live.asked["changes_after"] <= 1
    # one for each look of the indexing, and one for the clock's own
    assert opened.polling.asked["changes_after"] <= QUIET_SECONDS / POLL_SECONDS + 3


async def test_one_change_has_what_shows_it_read_once(opened: Opened) -> None:
    opened.start()
    await opened.salon.note()
    await asyncio.sleep(POLL_SECONDS + 1.5)
    logger.info("live %s, polling %s", dict(opened.live.reads), dict(opened.polling.reads))
    assert opened.live.reads == opened.polling.reads == {"list_dialogues": 1, "count_dialogues": 1}


async def test_a_burst_costs_a_few_reads(opened: Opened) -> None:
    opened.start()
    for _ in range(50):
        await opened.salon.say()
        await asyncio.sleep(0.02)
    await asyncio.sleep(POLL_SECONDS + 1.5)
    logger.info("live %s, polling %s", dict(opened.live.asked), dict(opened.polling.asked))
    assert 1 < opened.live.reads["list_dialogues"] <= MOST_READS
    assert 1 <= opened.polling.reads["list_dialogues"] <= 3
