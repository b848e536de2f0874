"""Open pages follow what happens, at once or by the clock and saying so; nothing moves under the reader."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from playwright.async_api import Page, expect

from demo.salons import MOSCOW
from local_supabase.postgres import Cluster
from tests.browser.conftest import PHONE, NewVisitor, save_picture
from tests.panel_process import PanelProcess
from tests.sql.world import Connection

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
AT_ONCE = 8_000
"""Milliseconds that no clock would keep: while Realtime rings, the panel looks every fifteen seconds."""
NOTICED = 20_000
LIVE_AGAIN = 60_000
FOCUSED = "document.activeElement.getAttribute('href')"
IN_VIEW = "document.elementFromPoint(700, 450).closest('tbody').innerText"


@pytest.fixture
async def bot(panel: PanelProcess) -> AsyncIterator[Connection]:
    """The database, for what the bot or the project's operator does."""
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    yield connection
    await connection.close()


async def meet(bot: Connection, page: Page, name: str) -> None:
    """A new client writes to the salon that the page shows."""
    salon = page.url.split("/s/")[1].split("/")[0]
    client = await bot.fetchval(
        "insert into public.clients_v2 (tenant_id, full_name) values ($1::text::uuid, $2) returning id",
        salon,
        name,
    )
    await bot.execute(
        "insert into public.active_sessions_v2 (tenant_id, user_id) values ($1::text::uuid, $2)",
        salon,
        client,
    )


async def test_a_new_dialogue_shows_at_once_and_moves_nothing_under_the_reader(
    new_visitor: NewVisitor, bot: Connection
) -> None:
    visitor = await new_visitor()
    page = await visitor.come(OWNER, f"/s/{MOSCOW.tenant_id}/dialogues")
    await expect(page.locator(".freshness.is-live")).to_have_text(re.compile("Live"))
    for _ in range(4):
        await page.keyboard.press("j")
    focused = await page.evaluate(FOCUSED)
    assert "/dialogue?" in focused
    await meet(bot, page, "Probe the First")
    await expect(page.get_by_text("Probe the First")).to_be_visible(timeout=AT_ONCE)
    assert await page.evaluate(FOCUSED) == focused, "the keyboard is still on the same dialogue"

    await page.evaluate("scrollTo(0, 1200)")
    await page.wait_for_timeout(200)
    seen = await page.evaluate(IN_VIEW)
    await meet(bot, page, "Probe the Second")
    await expect(page.get_by_text("Probe the Second")).to_be_attached(timeout=AT_ONCE)
    assert await page.evaluate(IN_VIEW) == seen, "the rows that are read stay where they are"

    await page.get_by_role("button", name="Saved filters").click()
    await page.get_by_label("Name of the filter").fill("Half-typ")
    await meet(bot, page, "Probe the Last")
    await expect(page.get_by_text("Probe the Last")).to_be_attached(timeout=AT_ONCE)
    await expect(page.get_by_label("Name of the filter")).to_have_value("Half-typ")
    await expect(page.get_by_label("Name of the filter")).to_be_focused()
    assert visitor.complaints == []


@pytest.mark.long
async def test_without_realtime_pages_say_so_and_go_on_by_the_clock(
    new_visitor: NewVisitor, bot: Connection
) -> None:
    wide = await (await new_visitor()).sign_in(OWNER)
    phone = await (await new_visitor(PHONE, scheme="dark", locale="ru")).sign_in(OWNER)
    for page in (wide, phone):
        await expect(page.locator(".freshness.is-live")).to_be_visible(timeout=LIVE_AGAIN)
    await bot.execute("alter publication supabase_realtime drop table dashboard.canaries")
    try:
        for page, words, title, name in (
            (wide, "Every 3 seconds", "The live connection is away since", "light-en"),
            (phone, "Каждые 3 секунды", "Живого соединения нет с", "dark-ru"),
        ):
            freshness = page.locator(".freshness.is-polling")
            await expect(freshness).to_contain_text(words, timeout=NOTICED)
            await expect(freshness).to_have_attribute("title", re.compile(title))
            await save_picture(page, f"polling-{name}")
        await wide.goto(re.sub(r"/overview.*", "/dialogues", wide.url))
        await wide.locator(".freshness.is-polling").wait_for()
        await meet(bot, wide, "Probe the Third")
        await expect(wide.get_by_text("Probe the Third")).to_be_visible(timeout=8_000)
    finally:
        await bot.execute("alter publication supabase_realtime add table dashboard.canaries")
    for page in (wide, phone):
        await expect(page.locator(".freshness.is-live")).to_be_visible(timeout=LIVE_AGAIN)
