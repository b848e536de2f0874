"""The job server away: its page keeps what it showed and says since when, and nothing else notices."""

from __future__ import annotations

import re
import time
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import psutil
import pytest
from playwright.async_api import Page, async_playwright, expect

from local_supabase.postgres import Cluster
from tests.browser.conftest import CHROMIUM, QUIET
from tests.outages.processes import frozen
from tests.panel_process import PanelProcess

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(120)]

EMAIL, PASSWORD = "first@salon.test", "a long enough pass phrase"
SALON = UUID("aaaaaaaa-0000-4000-8000-00000000000a")
STARTED = 60_000
"""Milliseconds for the job server's first start."""
NOTICED = 20_000
BACK = 5_000


def job_server(panel: PanelProcess) -> psutil.Process:
    """The Prefect server that the panel has started."""
    return next(one for one in panel.family() if "prefect" in one.cmdline() and "server" in one.cmdline())


async def sign_in(page: Page, panel: PanelProcess) -> None:
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("panel"))
    await connection.execute("insert into public.tenants_v2 (id, name) values ($1, 'Salon')", SALON)
    await connection.close()
    person = {"email": EMAIL, "full_name": "First", "password": PASSWORD, "repeated": PASSWORD}
    async with httpx.AsyncClient(base_url=panel.url, headers={"origin": panel.url}) as client:
        assert (await client.post("/setup", data=person)).status_code == 303
    await page.goto(f"{panel.url}/sign-in")
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    await page.wait_for_url("**/s/*/overview*")


async def test_the_jobs_page_outlives_its_server(tmp_path: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        page = await (await browser.new_context(locale="en")).new_page()
        with PanelProcess(tmp_path / "data", DEMO="0", JOBS="1") as panel:
            await sign_in(page, panel)
            await page.goto(f"{panel.url}/s/{SALON}/jobs")
            cards, stale = page.locator(".job"), page.locator(".stale")
            await expect(page.get_by_text("Not registered yet")).to_have_count(0, timeout=STARTED)
            await expect(cards).to_have_count(2, timeout=STARTED)
            run = cards.first.get_by_role("button", name="Run now")
            await expect(run).to_be_enabled(timeout=STARTED)
            with frozen(job_server(panel).pid):
                await run.click()
                refusal = cards.first.get_by_role("alert")
                await expect(refusal).to_contain_text("The job server does not answer.", timeout=NOTICED)
                await expect(stale).to_contain_text(
                    re.compile("As of .*The job server does not"), timeout=NOTICED
                )
                await expect(cards).to_have_count(2)
                began = time.monotonic()
                async with httpx.AsyncClient() as client:
                    assert (await client.get(f"{panel.url}/readyz")).status_code == 200
                assert time.monotonic() - began < 1
                other = await page.context.new_page()
                await other.goto(f"{panel.url}/s/{SALON}/users")
                await expect(other.get_by_text("Everybody who can open this salon")).to_be_visible()
            await expect(stale).to_have_count(0, timeout=BACK)
        log = panel.log.read_text()
        assert "Traceback" not in log
        await browser.close()
