"""The walk of the first page: sign in, look around, change salon, language and theme, sign out."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, NewVisitor, save_picture

pytestmark = pytest.mark.browser

OWNER = "owner@demo.local"
ADMIN = "admin@demo.local"
OPERATOR = "operator@demo.local"
SIGN_IN = re.compile(r"/sign-in(\?|$)")
SOON = 5_000
"""Milliseconds within which an ended session's tabs are gone."""


def salon_of(page: Page) -> str:
    found = re.search(r"/s/([0-9a-f-]{36})/", page.url)
    assert found, page.url
    return found[1]


async def kpi(page: Page, title: str) -> str:
    return (await page.get_by_label(title, exact=True).locator(".kpi-value").inner_text()).strip()


async def test_an_owner_walks_through_the_panel(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    door = await visitor.context.new_page()
    await door.goto(f"{visitor.panel.url}/sign-in")
    await save_picture(door, "sign-in")

    page = await visitor.sign_in(OWNER)
    await expect(page.get_by_text("Demo data")).to_be_visible()
    first_salon, figures = (
        salon_of(page),
        [await kpi(page, name) for name in ("Dialogues", "Bookings", "Revenue")],
    )
    assert all(any(character.isdigit() for character in figure) for figure in figures), figures
    assert (await kpi(page, "Conversion")).endswith("%")
    await expect(page.locator(".js-plotly-plot .bars .point").first).to_be_attached()
    await save_picture(page, "overview-light")

    await page.get_by_label("How “Conversion” is counted").click()
    await expect(page.get_by_text("Bookings ÷ dialogues of the same period.")).to_be_visible()
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name=re.compile("^Last 30 days|^Period")).click()
    await page.get_by_role("link", name="Last 7 days").click()
    await page.wait_for_url("**period=7d**")
    await expect(page.get_by_label("Dialogues", exact=True).locator(".kpi-value")).not_to_have_text(
        figures[0]
    )

    await page.get_by_role("button", name=re.compile("^Salon:")).click()
    await page.locator(".menu-link:not([aria-current])").first.click()
    await page.wait_for_url(lambda url: first_salon not in url)
    assert "period=7d" in page.url, "the period goes along to the other salon"
    await page.locator(".kpi-value").first.wait_for()

    await page.get_by_role("link", name="People").click()
    await page.locator("tr", has_text=OWNER).wait_for()
    assert "period=7d" in page.url, "and through the pages"
    await save_picture(page, "users")
    await page.get_by_role("link", name="Overview").click()
    await page.locator(".kpi-value").first.wait_for()

    await page.get_by_role("button", name=re.compile("^Account of")).click()
    await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.keyboard.press("Escape")
    await page.locator(".kpi-value").first.wait_for()
    await save_picture(page, "overview-dark")

    await page.get_by_role("button", name=re.compile("^Account of")).click()
    await page.get_by_role("button", name="Русский").click()
    await expect(page.get_by_role("heading", name="Обзор")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "ru")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert salon_of(page) != first_salon

    assert visitor.complaints == []
    assert visitor.strangers == [], "the panel asks nobody else for anything"


async def test_signing_out_in_one_tab_ends_the_other(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    first = await visitor.sign_in(ADMIN)
    second = await visitor.context.new_page()
    await second.goto(first.url)
    await second.locator(".kpi-value").first.wait_for()
    await first.locator(".avatar").click()
    await first.locator("form[action='/sign-out'] button").click()
    await first.wait_for_url(SIGN_IN)
    await second.wait_for_url(SIGN_IN, timeout=SOON)
    await expect(second.locator("input[name=email]")).to_be_visible()
    await second.goto(f"{visitor.panel.url}/")
    await second.wait_for_url(SIGN_IN)


async def test_switching_an_account_off_ends_its_tabs(new_visitor: NewVisitor) -> None:
    operator, platform = await new_visitor(), await new_visitor()
    watched = await operator.sign_in(OPERATOR)
    people = await platform.sign_in("platform@demo.local")
    await people.goto(watched.url.replace("/overview", "/users"))
    row = people.locator("tr", has_text=OPERATOR)
    await row.get_by_role("button").first.click()
    await people.get_by_text("Switch the account off").click()
    await people.get_by_role("dialog").get_by_role("button", name="Switch off", exact=True).click()
    await watched.wait_for_url(SIGN_IN, timeout=SOON)
    await expect(watched.locator("input[name=email]")).to_be_visible()


async def test_another_salon_in_the_address_tells_nothing(new_visitor: NewVisitor) -> None:
    stranger, owner = await new_visitor(), await new_visitor()
    foreign = salon_of(await owner.sign_in(OWNER))
    page = await stranger.sign_in("goa@demo.local")
    assert salon_of(page) != foreign
    answers = []
    for tenant in (foreign, str(uuid4()), "not-a-salon"):
        for name in ("overview", "users", "audit", "settings"):
            await page.goto(f"{stranger.panel.url}/s/{tenant}/{name}")
            await expect(page.get_by_text("There is no such salon")).to_be_visible()
            assert await page.locator(".kpi-value").count() == 0
            answers.append(await page.locator(".page").inner_text())
    assert len(set(answers)) == 1, "a foreign salon and none at all look the same"


async def test_an_operator_is_told_what_is_not_for_the_role(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    page = await visitor.sign_in("platform@demo.local")
    for closed in ("nonsense",):
        await page.goto(page.url.split("?")[0].replace("/overview", f"/{closed}"))
        await expect(page.get_by_text("There is no such page.").first).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "locale"), [("light", "ru"), pytest.param("dark", "en", marks=pytest.mark.long)]
)
async def test_every_page_fits_a_phone(new_visitor: NewVisitor, locale: str, scheme: str) -> None:
    visitor = await new_visitor(PHONE, scheme=scheme, locale=locale)
    page = await visitor.sign_in(ADMIN)
    for name in ("overview", "users", "audit", "settings"):
        await page.goto(page.url.split("?")[0].rsplit("/", 1)[0] + f"/{name}")
        await page.locator(".page h1, h1").first.wait_for()
        await page.wait_for_timeout(300)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        await save_picture(page, f"{name}-phone-{scheme}-{locale}")
    assert visitor.complaints == []
