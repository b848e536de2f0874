"""A panel with the demo salons, and people who look at it in a real Chromium."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from demo.accounts import DEMO_ACCOUNTS
from identity.cookies import NAME as SESSION_COOKIE
from local_supabase.postgres import Cluster
from tests.browser.demo_folder import copy_of_demo
from tests.panel_process import PanelProcess

PROJECT = Path(__file__).parents[2]
PICTURES = Path(os.environ.get("PICTURES_DIR", PROJECT / "test-output" / "pictures"))
PASSWORDS = {account.email: account.password for account in DEMO_ACCOUNTS}
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}

Sessions = dict[tuple[str, str], list[Any]]
"""The cookies of who has signed in, by panel and person."""


@dataclass
class Visitor:
    """One person's browser, which writes down what its console complains of and whom it calls."""

    context: BrowserContext
    panel: PanelProcess
    sessions: Sessions
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.context.on(
            "console",
            lambda message: (
                self.complaints.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((self.panel.url, "data:", "blob:"))
                else self.strangers.append(request.url)
            ),
        )

    async def sign_in(self, email: str) -> Page:
        """A new tab in which a demo person is signed in, with the first page open."""
        page = await self.context.new_page()
        await page.goto(f"{self.panel.url}/sign-in")
        await _fill_in(page, email)
        await page.wait_for_url("**/s/*/overview*")
        await page.locator(".kpi-value").first.wait_for()
        return page

    async def come(self, email: str, address: str) -> Page:
        """A new tab in which a demo person, who has signed in before if possible, opens a page of the panel.

        For tests that are about that page alone: of signing in, they have the cookie only.
        """
        of = (self.panel.url, email)
        await self.context.add_cookies(self.sessions.get(of, []))
        page = await self.context.new_page()
        await page.goto(self.panel.url + address)
        if "/sign-in" in page.url:
            await _fill_in(page, email)
            await page.wait_for_url(f"**{address.partition('?')[0]}*")
            self.sessions[of] = [
                {"name": cookie["name"], "value": cookie["value"], "url": self.panel.url}
                for cookie in await self.context.cookies()
                if cookie["name"].startswith(SESSION_COOKIE)
            ]
        return page


async def _fill_in(page: Page, email: str) -> None:
    await page.get_by_label("E-mail").or_(page.get_by_label("почт")).fill(email)
    await page.locator("input[type=password]").fill(PASSWORDS[email])
    await page.locator("button[type=submit]").click()


NewVisitor = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="session")
async def panel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PanelProcess]:
    """A panel with the demo salons, all of whose dialogues are in the index."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of the whole run
    own = tmp_path_factory.mktemp("panel") / "data"
    await copy_of_demo(folder, own)
    with PanelProcess(own, DEMO="1") as running:
        yield running


@pytest.fixture
def mortal_panel(panel: PanelProcess) -> Iterator[PanelProcess]:
    """The panel, for a test that ends its sessions or kills it; it runs again afterwards in any case."""
    yield panel
    if not panel.family():
        panel.start()
    while not panel.says_yes("/readyz"):
        time.sleep(0.05)  # pytest's own timeout ends this


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def sessions() -> Sessions:
    """Of all tests of this process."""
    return {}


@pytest.fixture
async def new_visitor(
    chromium: Browser, panel: PanelProcess, sessions: Sessions
) -> AsyncIterator[NewVisitor]:
    """Makes visitors; their browsers close with the test. The people are as the demo has them."""
    await _forget_preferences(panel)
    async with AsyncExitStack() as stack:

        async def make(
            viewport: ViewportSize = WIDE,
            *,
            scheme: str = "light",
            locale: str = "en",
            on: PanelProcess = panel,
        ) -> Visitor:
            context = await chromium.new_context(
                viewport=viewport,
                color_scheme="dark" if scheme == "dark" else "light",
                locale=locale,
                extra_http_headers={"Accept-Language": locale},
            )
            stack.push_async_callback(context.close)
            visitor = Visitor(context, on, sessions)
            visitor.listen()
            return visitor

        yield make


async def _forget_preferences(panel: PanelProcess) -> None:
    """What another test chose or switched off is no business of this one."""
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    try:
        await connection.execute(
            "update dashboard.users set locale = null, theme = null, last_tenant_id = null, is_active = true"
        )
    finally:
        await connection.close()


async def save_picture(page: Page, name: str) -> None:
    """Keep what is on the screen, once nothing moves on it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
