"""A new version rolls in: one panel after the other is started anew, and nobody is refused anything."""

from __future__ import annotations

import asyncio
import contextlib
import time

import httpx
import pytest
from playwright.async_api import Error, Page, async_playwright, expect

from demo.accounts import PASSWORD
from demo.salons import MOSCOW
from tests.browser.conftest import CHROMIUM, QUIET
from tests.panel_process import PanelProcess
from tests.rolling.conftest import DRAIN_SECONDS, Replicas
from tests.rolling.traffic import Traffic
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(180)]

SALON = str(MOSCOW.tenant_id)
NOTE = "Ask for the receipt\nof the day before"
BACK_SECONDS = 5.0
SERVICE_RESTART = 1012
"""Close code of a socket whose server goes away (RFC 6455, registered with IANA)."""
ATTEMPTS = 10
"""Failures of one account in a quarter of an hour (`identity.rate_limits`)."""


async def fail_to_sign_in(url: str, times: int) -> int:
    """The status of the last attempt, each made from a browser of its own."""
    status = 0
    for _ in range(times):
        async with httpx.AsyncClient(base_url=url, headers={"origin": url}, timeout=30) as client:
            answer = await client.post("/sign-in", data={"email": "nobody@salon.test", "password": "wrong"})
            status = answer.status_code
    return status


async def open_dialogue(page: Page, url: str) -> None:
    await page.goto(f"{url}/sign-in")
    await page.get_by_label("E-mail").fill("owner@demo.local")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    await page.wait_for_url("**/s/*/overview*")
    await page.goto(f"{url}/s/{SALON}/dialogues?period=all")
    await page.locator("a[href*='/dialogue?']").first.click()
    await page.get_by_label("New note").fill(NOTE)


async def panel_of(page: Page, replicas: Replicas) -> PanelProcess:
    """The panel that the open page lives in."""
    cookies = {one["name"]: one["value"] for one in await page.context.cookies()}
    return next(one for one in replicas.panels if str(one.port) == cookies["panel"])


async def roll(replicas: Replicas, panel: PanelProcess) -> float:
    """End a panel as a container's runtime does and start it anew; returns the seconds that the end took."""
    began = time.monotonic()
    status = await asyncio.to_thread(panel.terminate)
    ended = time.monotonic() - began
    assert status == 0
    await asyncio.to_thread(panel.start)
    await until(lambda: len(replicas.proxy.ready()) == 2, 30, "both are ready")
    return ended


async def wait_until_moved(page: Page, loaded_at: float) -> None:
    """The page has been loaded anew, and is alive."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with contextlib.suppress(Error):  # it is being loaded at this moment
            origin, is_alive = await page.evaluate("[performance.timeOrigin, window.did_handshake === true]")
            if origin != loaded_at and is_alive:
                return
        await asyncio.sleep(0.02)
    raise TimeoutError(await page.content())


async def watch_for_complaints(page: Page, seen: list[str]) -> None:
    """Write down every moment at which the page says that its connection is lost."""
    while True:
        with contextlib.suppress(Error):  # it is being loaded at this moment
            if await page.get_by_text("Connection lost.").is_visible():
                seen.append("Connection lost.")
        await asyncio.sleep(0.03)


async def test_a_new_version_rolls_in_without_a_failed_request(replicas: Replicas) -> None:
    proxy = replicas.proxy
    traffic = Traffic(proxy.url, SALON)
    await until(lambda: len(proxy.ready()) == 2, 30, "both are ready")
    assert await fail_to_sign_in(proxy.url, ATTEMPTS // 2) == 401
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        page = await (await browser.new_context(locale="en")).new_page()
        await open_dialogue(page, proxy.url)
        complaints: list[str] = []
        watching = asyncio.create_task(watch_for_complaints(page, complaints))
        first = await panel_of(page, replicas)
        loaded_at = await page.evaluate("performance.timeOrigin")
        async with traffic.going_on():
            await asyncio.sleep(1)
            await page.evaluate("socket.io.engine.on('close', (_, {context}) => closeCode = context.code)")
            rolling = asyncio.create_task(roll(replicas, first))
            await page.wait_for_function("!window.socket.connected", timeout=15_000)
            assert await page.evaluate("window.closeCode") == SERVICE_RESTART
            cut_at = time.monotonic()
            await wait_until_moved(page, loaded_at)
            field = page.get_by_label("New note")
            await expect(field).to_have_value(NOTE, timeout=15_000)
            moved_after = time.monotonic() - cut_at
            assert await rolling < DRAIN_SECONDS + 5
            second = await panel_of(page, replicas)
            assert second is not first
            await page.get_by_role("button", name="Add the note").click()
            await expect(page.locator(".note-body", has_text="Ask for the receipt")).to_be_visible()
            await expect(field).to_have_value("")
            await roll(replicas, second)
            await expect(page.locator(".note-body", has_text="Ask for the receipt")).to_be_visible(
                timeout=15_000
            )
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await browser.close()
    assert (traffic.failed, proxy.failures) == ([], [])
    assert min(traffic.done.values()) > 2, traffic.done
    assert len(traffic.done) == 5
    assert moved_after < BACK_SECONDS
    assert complaints == []
    assert await fail_to_sign_in(proxy.url, ATTEMPTS - ATTEMPTS // 2) == 401
    assert await fail_to_sign_in(proxy.url, 1) == 429, "both old panels and both new ones counted together"
