"""The overview in a browser: figures lead to their dialogues, charts are saved as pictures, and it prints."""

from __future__ import annotations

import re
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, NewVisitor, save_picture

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
DRAWN = 20_000
"""Milliseconds within which a busy machine has loaded and drawn the charts."""
INDEXED = 45_000
"""Milliseconds within which the list of a panel that has just started knows all of the demo's dialogues."""


def digits(text: str) -> int:
    """The whole number that a text is."""
    return int(re.sub(r"[,\s]", "", text))


async def drawn(page: Page) -> None:
    """Wait until every chart is there."""
    await expect(page.locator(".chart.skeleton")).to_have_count(0, timeout=DRAWN)
    await page.locator(".chart-heat .bars .point").first.wait_for(state="attached")


@pytest.mark.parametrize("locale", ["en", "ru"])
async def test_hours_stand_apart_on_a_phone(new_visitor: NewVisitor, locale: str) -> None:
    page = await (await new_visitor(PHONE, locale=locale)).sign_in(OWNER)
    await drawn(page)
    hours = await page.locator(".chart-heat .xtick text").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({left, right}) => [left, right])"
    )
    assert len(hours) == 4
    assert all(after[0] - before[1] > 4 for before, after in pairwise(hours))


async def test_every_part_leads_to_exactly_its_dialogues(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    page = await visitor.sign_in(OWNER)
    await drawn(page)
    overview = page.url
    links: dict[str, tuple[int, str]] = {}
    for title in ("Dialogues", "Bookings", "Escalations"):
        card = page.get_by_label(title, exact=True)
        shown = digits(await card.locator(".kpi-value").inner_text())
        links[title] = (shown, str(await card.locator("a").get_attribute("href")))
    for stage in (2, 4):
        row = page.locator("a.bar-row").nth(stage - 1)
        count = row.locator(".bar-text").first
        shown = digits((await count.inner_text()).split(":")[-1])
        links[f"stage {stage}"] = (shown, str(await row.get_attribute("href")))
    for name, (shown, address) in links.items():
        await page.goto(visitor.panel.url + address)
        await expect(page.locator(".list-total")).to_contain_text(f"{shown:,}", timeout=INDEXED)
        assert shown, name

    await page.goto(overview)
    await drawn(page)
    await page.locator(".chart-heat .segmented button").nth(1).click()
    cell = page.locator(".chart-heat td a").first
    shown = digits(await cell.inner_text())
    await cell.click()
    await page.wait_for_url("**/dialogues?*weekday=*&hour=*")
    await expect(page.locator(".list-total")).to_contain_text(f"{shown:,}")

    await page.go_back()
    await drawn(page)
    await page.locator(".chart-time .bars .point path").nth(3).click(force=True)
    await page.wait_for_url(re.compile(r"/dialogues\?from=(\d{4}-\d\d-\d\d)&to=\1$"))
    assert visitor.complaints == []


async def test_every_chart_is_saved_as_a_picture_and_all_of_it_is_printed(
    new_visitor: NewVisitor, tmp_path: Path
) -> None:
    visitor = await new_visitor(scheme="dark", locale="ru")
    page = await visitor.sign_in(OWNER)
    await drawn(page)
    buttons = page.locator(".chart-tools .row-button")
    assert await buttons.count() == 7
    for number in range(7):
        async with page.expect_download() as download:
            await buttons.nth(number).click()
        name = (await download.value).suggested_filename
        assert re.fullmatch(r"[a-z]+_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.png", name)
        await (await download.value).save_as(tmp_path / name)
        picture = (tmp_path / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">I", picture[16:20]) == (2400,), "twice 1200 points, for a sharp print"

    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins
    for hidden in (".header", ".q-drawer", ".chart-tools >> nth=0", ".help-button >> nth=0"):
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(page.locator(".print-only")).to_be_visible()
    ground = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    assert await page.evaluate("document.documentElement.scrollWidth") <= 703
    broken = """[...document.querySelectorAll('.card')].filter(
      (card) => getComputedStyle(card).breakInside !== 'avoid').length"""
    assert await page.evaluate(broken) == 0
    await save_picture(page, "overview-printed")
    assert visitor.complaints == []
