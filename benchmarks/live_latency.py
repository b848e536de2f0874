"""From a row that the bot writes to the row on a screen in Chromium: live, and by the clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from playwright.async_api import Page, async_playwright

from benchmarks.report import distribution
from demo.accounts import DEMO_ACCOUNTS
from demo.salons import MOSCOW
from jobs.indexing import SECONDS as POLL_SECONDS
from local_supabase.postgres import Cluster
from tests.panel_process import PanelProcess

CHROMIUM = "/usr/bin/chromium"
ROWS_LIVE, ROWS_POLLING = 60, 20
BETWEEN_ROWS = 0.3
"""Seconds, and a part of one more: rows come at every moment of a clock's round."""
LIVE_MS = 150.0
POLLING_MS = POLL_SECONDS * 1000 + 500
WATCH = """
  window.seenAt = {};
  new MutationObserver(() => {
    for (const text of document.body.innerText.match(/probe-[0-9a-f]{8}/g) ?? []) seenAt[text] ??= Date.now();
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
"""


async def measure(data_dir: Path) -> None:
    """A transcript that goes on and the list of dialogues, open side by side in the demo's first salon."""
    with PanelProcess(data_dir, DEMO="1") as panel:
        connection = await asyncpg.connect(Cluster(data_dir).superuser_uri("demo"))
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
                )
                context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="en")
                bot = _Bot(connection)
                talk, lists = await bot.begin(), await context.new_page()
                await _sign_in(lists, panel.url)
                transcript = await context.new_page()
                base = f"{panel.url}/s/{MOSCOW.tenant_id}"
                await _watch(transcript, f"{base}/dialogue?id={talk}", "is-live")
                await _watch(lists, f"{base}/dialogues", "is-live")
                messages, dialogues = await _timed(bot, transcript, lists, ROWS_LIVE)
                distribution("live: message in a transcript", messages, p95_at_most=LIVE_MS)
                distribution("live: dialogue in the list", dialogues, p95_at_most=LIVE_MS)
                await bot.silence_realtime()
                for page in (transcript, lists):
                    await page.locator(".freshness.is-polling").wait_for(timeout=30_000)
                messages, dialogues = await _timed(bot, transcript, lists, ROWS_POLLING)
                distribution("by the clock: message in a transcript", messages, p95_at_most=POLLING_MS)
                distribution("by the clock: dialogue in the list", dialogues, p95_at_most=POLLING_MS)
                await browser.close()
        finally:
            await connection.close()


async def _sign_in(page: Page, url: str) -> None:
    account = DEMO_ACCOUNTS[1]
    await page.goto(f"{url}/sign-in")
    await page.locator("input[name=email]").fill(account.email)
    await page.locator("input[type=password]").fill(account.password)
    await page.locator("button[type=submit]").click()
    await page.locator(".kpi-value").first.wait_for()


async def _watch(page: Page, address: str, condition: str) -> None:
    await page.goto(address)
    await page.locator(f".freshness.{condition}").wait_for(timeout=30_000)
    await page.evaluate(WATCH)


async def _timed(bot: _Bot, transcript: Page, lists: Page, rows: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the screen of messages in the transcript and of dialogues in the list."""
    messages, dialogues = [], []
    for number in range(rows):
        await asyncio.sleep(BETWEEN_ROWS + number % 7 * 0.1)
        messages.append(await _until_seen(transcript, *await bot.say()))
        await asyncio.sleep(BETWEEN_ROWS + number % 11 * 0.1)
        dialogues.append(await _until_seen(lists, *await bot.meet()))
    return messages, dialogues


async def _until_seen(page: Page, text: str, written_at: float) -> float:
    await page.wait_for_function("text => window.seenAt[text]", arg=text, timeout=15_000)
    seen_at: float = await page.evaluate("text => window.seenAt[text]", text)
    return seen_at - written_at * 1000


class _Bot:
    """Writes as the bot does; each row's text is its own."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection = connection
        self._client: UUID | None = None
        self._session = uuid4()

    async def begin(self) -> UUID:
        """A dialogue to say something in."""
        self._client = await self._add_client("Probe")
        await self._connection.execute(
            "insert into public.active_sessions_v2 (session_id, tenant_id, user_id) values ($1, $2, $3)",
            self._session, MOSCOW.tenant_id, self._client,
        )  # fmt: skip
        await self.say()
        return self._session

    async def say(self) -> tuple[str, float]:
        """A message; gives its text and when it was committed."""
        text = f"probe-{uuid4().hex[:8]}"
        await self._connection.execute(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, channel, message)"
            " values ($1, $2, $3, 'user', 'telegram', $4)",
            MOSCOW.tenant_id, self._client, self._session, text,
        )  # fmt: skip
        return text, time.time()

    async def meet(self) -> tuple[str, float]:
        """A dialogue with a new client; gives the client's name and when it was committed."""
        name = f"probe-{uuid4().hex[:8]}"
        client = await self._add_client(name)
        now = datetime.now(UTC)
        await self._connection.execute(
            "insert into public.active_sessions_v2 (tenant_id, user_id, created_at, last_activity_at)"
            " values ($1, $2, $3, $3)",
            MOSCOW.tenant_id, client, now,
        )  # fmt: skip
        return name, time.time()

    async def silence_realtime(self) -> None:
        """Have the database send nothing more, as if Realtime were not there."""
        await self._connection.execute(
            "drop function realtime.send(jsonb, text, text, boolean) cascade;"
            " alter publication supabase_realtime drop table dashboard.canaries"
        )

    async def _add_client(self, name: str) -> UUID:
        client: UUID = await self._connection.fetchval(
            "insert into public.clients_v2 (tenant_id, full_name) values ($1, $2) returning id",
            MOSCOW.tenant_id, name,
        )  # fmt: skip
        return client
