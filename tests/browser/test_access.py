"""Keys and rules in a browser: a key is made, shown once, used and revoked; all that opens passes axe."""

from __future__ import annotations

import hashlib
import re

import asyncpg
import pytest
from playwright.async_api import Page, expect

from demo.salons import MOSCOW
from local_supabase.postgres import Cluster
from tests.browser.axe import LOOKS, violations
from tests.browser.conftest import PHONE, WIDE, NewVisitor
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
SETTINGS = f"/s/{MOSCOW.tenant_id}/settings"


async def opened(page: Page) -> None:
    """Go from the settings to keys and rules, as a reader does."""
    await page.locator("a[href*='/access']").click()
    await page.locator(".access-currency").wait_for()


async def is_known(panel: PanelProcess, key: str) -> bool:
    """Whether the key opens anything."""
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    try:
        key_hash = hashlib.sha256(key.encode()).hexdigest()
        return await connection.fetchval("select dashboard.key_claims($1)", key_hash) is not None
    finally:
        await connection.close()


async def test_a_key_from_its_making_to_its_end(new_visitor: NewVisitor, panel: PanelProcess) -> None:
    visitor = await new_visitor()
    page = await visitor.come(OWNER, SETTINGS)
    await opened(page)
    watcher = await (await new_visitor(PHONE, locale="ru")).come(OWNER, SETTINGS)
    await opened(watcher)

    await page.get_by_role("button", name="Make a key").click()
    await page.get_by_label("Who will use it").fill("Night <b>bot</b>")
    await page.get_by_role("button", name="Make the key").click()
    key = await page.get_by_label("Key", exact=True).input_value()
    assert re.fullmatch(r"agp_[A-Za-z0-9_-]{43}", key)
    await page.keyboard.press("Escape")  # does not lose it
    await expect(page.get_by_label("Key", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Done").click()
    await expect(page.locator(".q-dialog")).to_have_count(0)
    assert await is_known(panel, key)
    row = page.locator("tr", has_text=key[:12])
    await expect(row).to_contain_text("Night <b>bot</b>")
    await expect(watcher.locator("tr", has_text=key[:12])).to_contain_text("ещё нет")

    await row.get_by_role("button").click()
    await page.locator(".q-menu .is-danger").click()
    await page.locator(".q-dialog").get_by_role("button", name="Revoke").click()
    await expect(row).to_contain_text("revoked on")
    assert not await is_known(panel, key)
    await expect(watcher.locator("tr", has_text=key[:12])).to_contain_text("отозван")
    assert key not in await page.content()
    assert visitor.complaints == []
    assert visitor.strangers == []


@pytest.mark.parametrize(("scheme", "locale", "rules"), LOOKS)
async def test_everybody_can_use_the_page(
    new_visitor: NewVisitor, scheme: str, locale: str, rules: tuple[str, ...]
) -> None:
    visitor = await new_visitor(WIDE, scheme=scheme, locale=locale)
    page = await visitor.come(OWNER, SETTINGS)
    await opened(page)
    found = {"page": await violations(page, *rules)}
    buttons = page.locator(".access-head .button")
    for place, name in enumerate(("key", "pattern", "price", "rate")):
        await buttons.nth(place).click()
        await page.locator(".dialog-actions").wait_for()
        if name == "pattern":
            await page.locator(".dialog input").last.fill("[")
            await page.locator(".dialog textarea").first.fill("text")
            await page.locator(".access-try.is-bad").wait_for()
        found[name] = await violations(page, *rules)
        await page.keyboard.press("Escape")
        await expect(page.locator(".q-dialog")).to_have_count(0)
    await buttons.first.click()
    await page.locator(".dialog input").first.fill(f"for {scheme}")
    await page.locator(".dialog .button-primary").click()
    await page.locator(".access-once").wait_for()
    found["key that was made"] = await violations(page, *rules)
    await page.locator(".dialog-actions .button").click()
    await page.set_viewport_size(PHONE)
    await page.locator(".access-card .row-button").first.wait_for()
    found["page on a phone"] = await violations(page, *rules)
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert not [f"{name}: {one}" for name, grave in found.items() for one in grave]
