"""The list of dialogues in a browser: found, filtered, sorted, turned and saved, all of it in the address."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from demo.salons import MOSCOW
from tests.browser.axe import LOOKS, violations
from tests.browser.conftest import PHONE, NewVisitor, Visitor, save_picture

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
"""Of all that is checked, only the contrast depends on the theme."""


def asked_for(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def total(page: Page) -> int:
    """How many dialogues the open list says that there are, once it is read."""
    await expect(page.locator(".is-outdated")).to_have_count(0)
    await expect(page.locator(".list-total")).to_have_text(re.compile(r"\d"))
    words = await page.locator(".list-total").inner_text()
    return int("".join(character for character in words if character.isdigit()))


async def opened(visitor: Visitor, query: str = "") -> Page:
    """The list in a new tab."""
    page = await visitor.come(OWNER, f"/s/{MOSCOW.tenant_id}/dialogues{query}")
    await page.locator(".records tbody").first.wait_for()
    return page


async def press_until(page: Page, key: str, css: str) -> None:
    await page.keyboard.press(key)
    await expect(page.locator(css)).to_be_focused()


async def test_an_owner_finds_a_dialogue_and_the_address_says_how(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    page = await opened(visitor)
    everything = await total(page)
    await expect(page.locator(".records tbody")).to_have_count(50)
    await save_picture(page, "dialogues")

    await page.get_by_role("button", name="Status").click()
    await page.get_by_role("checkbox", name="Escalated").check()
    await page.get_by_role("checkbox", name="Handed over").check()
    await page.get_by_role("dialog").get_by_role("button", name="Show", exact=True).click()
    await page.wait_for_url("**status=escalated,transferred**".replace(",", "%2C"))
    filtered = await total(page)
    assert 0 < filtered < everything
    badges = await page.locator(".cell-status .pill-badge").all_inner_texts()
    assert set(badges) == {"Escalated", "Handed over"}

    await page.go_back()
    await expect(page.locator(".filter-pill.is-set")).to_have_count(0)
    assert await total(page) == everything
    await page.go_forward()
    await expect(page.locator(".filter-pill.is-set")).to_have_count(1)
    assert await total(page) == filtered

    await page.get_by_role("link", name="Clear all").click()
    await expect(page.locator(".filter-pill.is-set")).to_have_count(0)
    await press_until(page, "/", ".search-field input")
    await page.keyboard.type("маникюра", delay=30)
    await page.wait_for_url(lambda url: "q=" in url)
    found = await total(page)
    assert 0 < found < everything
    await expect(page.locator(".search-field input")).to_be_focused()
    await expect(page.locator(".search-field input")).to_have_value("маникюра")
    marks = await page.locator(".below mark").all_inner_texts()
    assert marks
    assert all(mark.lower().startswith("маникюр") for mark in marks), "other forms of the word are hits too"
    await save_picture(page, "dialogues-search")

    await page.get_by_role("link", name="Messages").click()
    await expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile("Messages"))
    assert asked_for(page) == {"q": ["маникюра"], "sort": ["-messages"]}
    await total(page)
    counts = [int(text) for text in await page.locator("td.cell-messages").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)

    await page.reload()
    await page.locator(".records tbody").first.wait_for()
    assert await total(page) == found
    await expect(page.locator(".search-field input")).to_have_value("маникюра")
    assert visitor.complaints == []
    assert visitor.strangers == []


async def test_an_owner_turns_pages_by_keyboard_and_keeps_a_filter(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    page = await opened(visitor, "?period=90d")
    everything = f"{await total(page):,}"
    position = page.locator(".list-pager p")
    await page.get_by_role("link", name="Next page").click()
    await expect(position).to_have_text(f"51–100 of {everything}")
    await expect(page.locator(".list-total")).to_be_in_viewport()
    await page.get_by_role("link", name="Last page").click()
    await expect(position).to_have_text(re.compile(f"–{everything} of {everything}$"))
    assert asked_for(page) == {"period": ["90d"], "before": ["end"]}
    await page.get_by_role("link", name="First page").click()
    await expect(position).to_have_text(f"1–50 of {everything}")

    await press_until(page, "j", "tbody:nth-of-type(1) .row-link")
    await press_until(page, "j", "tbody:nth-of-type(2) .row-link")
    await press_until(page, "ArrowDown", "tbody:nth-of-type(3) .row-link")
    await press_until(page, "k", "tbody:nth-of-type(2) .row-link")
    address = await page.locator("tbody:nth-of-type(2) .row-link").get_attribute("href")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{visitor.panel.url}{address}")
    await page.go_back()
    await expect(page.locator("tbody:nth-of-type(2) .row-link")).to_be_focused()

    await page.get_by_role("button", name="Booking", exact=True).click()
    await page.get_by_role("link", name="With a booking").click()
    await page.wait_for_url("**booked=yes**")
    booked = await total(page)
    await page.get_by_role("button", name="Saved filters").click()
    await page.get_by_label("Name of the filter").fill("With a booking, 90 days")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Saved as “With a booking, 90 days”.")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Period")).click()
    await page.get_by_role("link", name="All time").click()
    await page.wait_for_url("**period=all**")
    assert asked_for(page) == {"period": ["all"], "booked": ["yes"]}
    await page.get_by_role("button", name="Remove the filter “Booking”").click()
    await page.wait_for_url(lambda url: "booked" not in url)

    await page.get_by_role("button", name="Saved filters").click()
    await page.get_by_role("link", name="With a booking, 90 days").click()
    await page.wait_for_url("**booked=yes**")
    assert await total(page) == booked
    await page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="CSV file")
    assert await link.get_attribute("target") == "_blank", "a refusal is a page to read"
    assert (await link.get_attribute("href") or "").endswith("/dialogues/export.csv?period=90d&booked=yes")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Saved filters").click()
    await page.get_by_role("button", name="Remove the saved filter “With a booking, 90 days”").click()
    # by its exact name: the menu behind is a dialog too while it closes
    await page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_text("Removed.")).to_be_visible()
    assert visitor.complaints == []


@pytest.mark.parametrize(("scheme", "locale", "rules"), LOOKS, ids=["light", "dark"])
async def test_the_list_and_what_opens_on_it_passes_axe_and_fits_a_phone(
    new_visitor: NewVisitor, scheme: str, locale: str, rules: tuple[str, ...]
) -> None:
    visitor = await new_visitor(scheme=scheme, locale=locale)
    page = await opened(visitor, "?q=маникюр&weekday=1&booked=yes")
    found = {"list": await violations(page, *rules)}
    for opener, content in ((".filter-open >> nth=0", ".check-option"), (".tool >> nth=0", ".menu-form")):
        await page.locator(opener).click()
        await page.locator(f".q-menu {content}").first.wait_for()
        found[content] = await violations(page, *rules)
        await page.keyboard.press("Escape")
        await expect(page.locator(".q-menu")).to_have_count(0)
    await page.set_viewport_size(PHONE)
    # the sidebar slides away first
    await page.wait_for_function(f"document.documentElement.scrollWidth <= {PHONE['width']}")
    await save_picture(page, f"dialogues-phone-{scheme}-{locale}")
    await page.goto(f"{page.url}&hour=3&status=ghost")
    await page.locator(".ways").wait_for()
    found["no match"] = await violations(page, *rules)
    assert [f"{name}: {problem}" for name, grave in found.items() for problem in grave] == []
