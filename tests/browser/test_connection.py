"""What an open tab does when its connection was lost: it goes on, or it says that the session is over."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import asyncpg
import pytest
from playwright.async_api import Page, expect

from local_supabase.postgres import Cluster
from tests.browser.conftest import NewVisitor, Visitor
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
SIGN_IN = re.compile(r"/sign-in\?")
SOON = 6_000
"""Milliseconds from being online again to the sign-in form."""
RELOADED = 15_000
"""Milliseconds from the panel's new start to a page that works; browsers wait up to 5 s between two tries."""


async def end_sessions(panel: PanelProcess) -> None:
    """End every session where another process would: in the database."""
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    try:
        await connection.execute(
            "update dashboard.auth_sessions set ended_at = now(), end_reason = 'ended' where ended_at is null"
        )
    finally:
        await connection.close()


async def go_offline(visitor: Visitor, page: Page) -> None:
    """Cut the network and the open socket, as a laptop that falls asleep does."""
    await visitor.context.set_offline(True)
    await page.evaluate("window.socket.io.engine.close()")
    await expect(page.get_by_text("Connection lost.")).to_be_visible()


async def test_a_tab_that_slept_through_its_sessions_end_leads_to_the_form(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    visitor = await new_visitor(on=mortal_panel)
    page = await visitor.sign_in(OWNER)
    await page.get_by_role("link", name="People").click()
    await page.locator("tr", has_text=OWNER).wait_for()
    path = urlsplit(page.url).path
    await go_offline(visitor, page)
    await end_sessions(mortal_panel)
    await page.wait_for_timeout(2_500)  # the panel asks the database at most every two seconds
    await visitor.context.set_offline(False)
    await page.wait_for_url(SIGN_IN, timeout=SOON)
    await expect(page.get_by_text("Your session has ended. Sign in again.")).to_be_visible()
    assert f"next={path}" in page.url.replace("%2F", "/"), "where the tab was, not where it was opened"


async def test_a_tab_that_was_only_offline_goes_on(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    visitor = await new_visitor(on=mortal_panel)
    page = await visitor.sign_in(OWNER)
    await go_offline(visitor, page)
    await visitor.context.set_offline(False)
    await expect(page.get_by_text("Connection lost.")).to_be_hidden(timeout=RELOADED)
    await page.get_by_role("link", name="People").click()
    await page.locator("tr", has_text=OWNER).wait_for()


async def test_a_page_from_the_browsers_memory_is_not_shown_after_sign_out(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    visitor = await new_visitor(on=mortal_panel)
    page = await visitor.sign_in(OWNER)
    # A page in the back-forward cache: its socket is closed, its timers stand still.
    await page.clock.install()
    await page.evaluate("window.socket.disconnect()")
    other = await visitor.context.new_page()
    await other.goto(mortal_panel.url)
    await other.locator(".avatar").click()
    await other.locator("form[action='/sign-out'] button").click()
    await other.wait_for_url(SIGN_IN)
    # by a message of its own: the page leaves at it, and could not say that it was asked
    await page.evaluate(
        """() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
          port2.postMessage(0);
        }"""
    )
    await page.wait_for_url(SIGN_IN, timeout=SOON)


@pytest.mark.long
async def test_a_tab_outlives_a_panel_that_is_killed_and_started_again(
    new_visitor: NewVisitor, mortal_panel: PanelProcess
) -> None:
    visitor = await new_visitor(on=mortal_panel)
    page = await visitor.sign_in(OWNER)
    mortal_panel.kill()
    await expect(page.get_by_text("Connection lost.")).to_be_visible()
    mortal_panel.start()
    await expect(page.get_by_text("Connection lost.")).to_be_hidden(timeout=RELOADED)
    await page.locator(".kpi-value").first.wait_for()
    await page.get_by_role("link", name="People").click()
    await page.locator("tr", has_text=OWNER).wait_for()
