"""The database goes away under open pages: what was known stays, nothing is lost, all of it comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import expect

from benchmarks.virtual_tab import VirtualTab
from demo.salons import GOA
from local_supabase.postgres import Cluster
from tests.browser.conftest import PASSWORDS, PHONE, NewVisitor, save_picture
from tests.panel_process import PanelProcess
from tests.waiting import until

pytestmark = pytest.mark.browser

logger = logging.getLogger(__name__)

OWNER = "owner@demo.local"
GOA_OWNER = "goa@demo.local"
PAGES = ("overview", "dialogues", "users", "audit")
NOTICED = 20_000
"""Milliseconds within which a page has read again, and found nobody."""
RIGHT_SECONDS = 10.0
"""Until all open pages show it, usually less than 5; machines may be busy."""
TABS = 48
BACK = 15_000
"""Milliseconds from a database that can start to pages that show it: tries are 2 s apart, pages' 3 s."""


def kill_database(panel: PanelProcess) -> None:
    """kill -9 of the postmaster, which only its own panel could start again."""
    pid = (panel.data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0]
    os.kill(int(pid), signal.SIGKILL)


@contextmanager
def no_database(panel: PanelProcess) -> Iterator[None]:
    """Kill it, and keep it from starting."""
    obstacle: Path = panel.data_dir / "cluster" / "postgresql.auto.conf"
    before = obstacle.read_text()
    obstacle.write_text(before + "port = 'nowhere'\n")
    try:
        kill_database(panel)
        yield
    finally:
        obstacle.write_text(before)


@pytest.mark.long
async def test_open_overviews_keep_their_figures_and_say_how_old_they_are(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    wide = await (await new_visitor()).sign_in(OWNER)
    phone = await (await new_visitor(PHONE, scheme="dark", locale="ru")).sign_in(OWNER)
    before = {}
    for page in (wide, phone):
        await page.locator(".js-plotly-plot .bars .point").first.wait_for(state="attached")
        before[page] = await page.locator(".kpi-value").all_inner_texts()
    with no_database(mortal_panel):
        for page, since, away, name in (
            (wide, "As of", "The database does not answer.", "light-en"),
            (phone, "По состоянию на", "База данных не отвечает.", "dark-ru"),
        ):
            stale = page.locator(".stale").first
            await expect(stale).to_contain_text(since, timeout=NOTICED)
            await expect(stale).to_contain_text(away)
            assert await page.locator(".kpi-value").all_inner_texts() == before[page]
            await expect(page.locator(".js-plotly-plot .bars .point").first).to_be_attached()
            await expect(page.locator(".freshness.is-late")).to_be_visible()
            await expect(page.locator("#popup")).to_be_hidden()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await save_picture(page, f"database-away-overview-{name}")
    for page in (wide, phone):
        await expect(page.locator(".stale")).to_have_count(0, timeout=BACK)
        await expect(page.locator(".freshness.is-late")).to_have_count(0)


async def test_new_pages_say_so_and_what_was_typed_stays(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    visitor = await new_visitor(on=mortal_panel)
    page = await visitor.sign_in(OWNER)
    overview = page.url
    await page.get_by_role("link", name="People").click()
    await page.get_by_role("button", name="Add a person").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Vera Brown")
    await dialog.get_by_label("E-mail").fill("vera@salon.example")
    with no_database(mortal_panel):
        await dialog.get_by_role("button", name="Add", exact=True).click()
        await expect(dialog.get_by_role("alert")).to_contain_text("The database does not answer.")
        await expect(dialog.get_by_role("alert")).to_contain_text("Try again in a moment.")
        await expect(dialog.get_by_label("Name")).to_have_value("Vera Brown")
        await expect(dialog.get_by_label("E-mail")).to_have_value("vera@salon.example")
        await save_picture(page, "database-away-dialog")

        fresh = await visitor.context.new_page()
        answer = await fresh.goto(overview)
        assert answer is not None
        assert answer.status == 503
        await expect(fresh.get_by_role("alert")).to_contain_text("The database does not answer.")
        await save_picture(fresh, "database-away-new-tab")

        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Settings").click()
        failed = page.locator(".page .state-failed")
        await expect(failed).to_contain_text("The database does not answer.")
        await expect(page.get_by_role("link", name="Audit log")).to_be_visible()
        await save_picture(page, "database-away-navigation")
    await expect(page.locator("#popup")).to_be_hidden()
    await expect(page.locator(".section").first).to_be_visible(timeout=BACK)


async def test_a_killed_database_is_back_before_anybody_needs_to_know(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    visitor = await new_visitor(on=mortal_panel)
    page = await visitor.sign_in(OWNER)
    kill_database(mortal_panel)
    await page.wait_for_timeout(5_000)
    await page.get_by_role("link", name="People").click()
    await page.locator("tr", has_text=OWNER).wait_for()


class Tab(VirtualTab):
    """A page without a browser, which knows what its head says of how fresh it is."""

    _STATE = re.compile(r'"freshness"[^\]]*"is-(\w+)"')

    def __init__(self, url: str) -> None:
        self.freshness = ""
        super().__init__(url)

    def _note(self, update: object) -> None:
        if found := self._STATE.findall(json.dumps(update)):
            self.freshness = found[-1]


def all_are(tabs: Sequence[Tab], *states: str) -> bool:
    return all(tab.freshness in states for tab in tabs)


@pytest.mark.long
async def test_fifty_open_pages_are_right_soon_after_the_database_is_back(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    browsers = [await (await new_visitor()).sign_in(OWNER) for _ in range(2)]
    async with AsyncExitStack() as stack:
        tabs = [Tab(mortal_panel.url) for _ in range(TABS)]
        for tab in tabs:
            await stack.enter_async_context(tab)
        assert await tabs[0].sign_in(GOA_OWNER, PASSWORDS[GOA_OWNER]) == 303
        for number, tab in enumerate(tabs):
            tab.http.cookies.update(tabs[0].http.cookies)
            await tab.open(f"/s/{GOA.tenant_id}/{PAGES[number % len(PAGES)]}")
        await until(lambda: all_are(tabs, "live"), 30, "live")

        with no_database(mortal_panel):
            late = await until(lambda: all_are(tabs, "late"), NOTICED / 1000, "late")
            for page in browsers:
                await expect(page.locator(".freshness.is-late")).to_be_visible(timeout=NOTICED)
        await until_it_answers(mortal_panel)
        right = await until(lambda: all_are(tabs, "live", "polling"), RIGHT_SECONDS, "right again")
        for page in browsers:
            await expect(page.locator(".freshness.is-late")).to_have_count(0, timeout=RIGHT_SECONDS * 1000)
            await expect(page.locator(".stale")).to_have_count(0)
        live = await until(lambda: all_are(tabs, "live"), 60, "live again")
    logger.info("late after %.2f s; right %.2f s, live another %.2f s after the return", late, right, live)


async def until_it_answers(panel: PanelProcess) -> None:
    """Until the panel's database takes connections again."""
    async with asyncio.timeout(30):
        while True:
            try:
                connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.02)
            else:
                await connection.close()
                return
