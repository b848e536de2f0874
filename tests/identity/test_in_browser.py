"""Sign-in, gate and content policy in a real browser, in front of a real NiceGUI."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.database import DashboardDatabase
from tests.identity.panel import PASSWORD, PASSWORD_HASH
from tests.panel_process import free_port

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)


@pytest.fixture
async def address(dashboard_database: DashboardDatabase, tmp_path: Path) -> AsyncIterator[str]:
    """The small application, with somebody who can sign in."""
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    await connection.execute(
        "insert into dashboard.users (email, full_name, password_hash)"
        " values ('anna@salon.test', 'Anna', $1)",
        PASSWORD_HASH,
    )
    await connection.close()
    port = free_port()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NICEGUI_"))
    }
    environ = inherited | {
        "PORT": str(port),
        "AUTHENTICATOR_URI": dashboard_database.authenticator_uri,
        "SUPERUSER_URI": dashboard_database.superuser_uri,
        "NICEGUI_STORAGE_PATH": str(tmp_path),
    }
    log = tmp_path / "panel.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.identity.gated_app"],
            cwd=PROJECT,
            env=environ,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await _until_up(url, process, log)
        yield url
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def phone(chromium: Browser, complaints: list[str]) -> AsyncIterator[BrowserContext]:
    """A narrow browser that writes down what its console complains of."""
    context = await chromium.new_context(viewport={"width": 360, "height": 740}, locale="en")
    context.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    yield context
    await context.close()


async def _until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            if await _answers(client, f"{url}/sign-in"):
                return
            await asyncio.sleep(0.1)
    raise TimeoutError(log.read_text())


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False


async def _sign_in(page: Page) -> None:
    await page.get_by_label("E-mail address").fill("anna@salon.test")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Hello anna@salon.test")).to_be_visible()


async def test_signing_out_in_one_tab_is_seen_in_the_other(address: str, chromium: Browser) -> None:
    complaints: list[str] = []
    async with phone(chromium, complaints) as context:
        one, two = await context.new_page(), await context.new_page()
        await one.goto(address)
        await expect(one.get_by_label("E-mail address")).to_be_focused()
        assert await one.evaluate("document.documentElement.scrollWidth") <= 360
        await _sign_in(one)
        await two.goto(address)
        for page in (one, two):
            await page.wait_for_function("window.socket?.connected")  # before that a click is lost
            await page.get_by_role("button", name="Click").click()
            await expect(page.get_by_text("1 click")).to_be_visible()
            await expect(page.locator(".js-plotly-plot .bars")).to_be_visible()
        assert complaints == []

        # not awaited: the answer may lead the tab away before it is told
        await one.evaluate("() => void fetch('/sign-out', {method: 'POST'})")
        for page in (one, two):
            await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await two.go_back()
        await expect(two.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_foreign_page_opens_no_socket_and_sends_no_form(address: str, chromium: Browser) -> None:
    async with phone(chromium, []) as context:
        page = await context.new_page()
        await page.goto(address)
        await _sign_in(page)
        foreign = await context.new_page()
        await foreign.route("http://evil.test/**", lambda route: route.fulfill(body="<title>evil</title>"))
        await foreign.goto("http://evil.test/")
        socket = address.replace("http", "ws") + "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        opened = await foreign.evaluate(
            "url => new Promise(done => { const socket = new WebSocket(url);"
            " socket.onopen = () => done(true); socket.onerror = () => done(false); })",
            socket,
        )
        assert opened is False
        await foreign.set_content(
            f"<form method=post action='{address}/sign-out'><button>win</button></form>"
        )
        async with foreign.expect_navigation() as navigation:
            await foreign.get_by_role("button").click()
        answer = await navigation.value
        assert answer is not None
        assert answer.status == 403
        await page.reload()
        await expect(page.get_by_text("Hello anna@salon.test")).to_be_visible()
