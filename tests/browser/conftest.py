"""A panel with the demo salons, and people who look at it in a real Chromium."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from demo.accounts import DEMO_ACCOUNTS
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


@dataclass
class Visitor:
    """One person's browser, which writes down what its console complains of and whom it calls."""

    context: BrowserContext
    panel: PanelProcess
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
        await page.get_by_label("E-mail").or_(page.get_by_label("почт")).fill(email)
        await page.locator("input[type=password]").fill(PASSWORDS[email])
        await page.locator("button[type=submit]").click()
        await page.wait_for_url("**/s/*/overview*")
        await page.locator(".kpi-value").first.wait_for()
        return page


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


@pytest.fixture
async def new_visitor(chromium: Browser, panel: PanelProcess) -> AsyncIterator[NewVisitor]:
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
            visitor = Visitor(context, on)
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
