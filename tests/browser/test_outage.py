"""The database goes away under open pages: what was known stays, nothing is lost, all of it comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, NewVisitor, save_picture
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
NOTICED = 20_000
"""Milliseconds within which a page has read again, and found nobody."""
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
