"""Every form and every page, light and dark, with what opens on them, passes axe."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from auth import new_reset_token
from tests.browser.axe import LOOKS, violations
from tests.browser.conftest import PHONE, NewVisitor
from tests.database import DashboardDatabase
from tests.identity.panel import ADDRESS, PASSWORD, SignInPanel

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "static"
"""Of all that is checked, only the contrast depends on the theme."""


@pytest.mark.parametrize(("scheme", "locale", "rules"), LOOKS)
async def test_the_plain_forms(
    chromium: Browser, dashboard_database: DashboardDatabase, scheme: str, locale: str, rules: tuple[str, ...]
) -> None:
    async with SignInPanel.running(dashboard_database) as forms:
        client = forms.browser()
        context = await chromium.new_context(
            color_scheme="dark" if scheme == "dark" else "light",
            extra_http_headers={"accept-language": locale},
        )

        async def answer(route: Route) -> None:
            await _answer(route, client)

        await context.route("**/*", answer)
        page = await context.new_page()
        found = {"setup": await _checked(page, "/setup", rules)}
        user_id = await forms.add_person()
        found["sign-in"] = await _checked(page, "/sign-in?notice=ended", rules)
        await page.locator("#email").fill("anna@salon.test")
        await page.locator("#password").fill("a wrong password")
        await page.locator("button[type=submit]").first.click()
        await page.locator("[role=alert]").wait_for()
        found["sign-in refused"] = await violations(page, *rules)
        found["dead link"] = await _checked(page, "/reset/nothing", rules)
        token, token_hash = new_reset_token()
        await forms.database.execute(
            "insert into dashboard.password_resets (token_hash, user_id, issued_by, expires_at)"
            " values (decode($1, 'hex'), $2, $2, $3)",
            token_hash,
            user_id,
            datetime.now(UTC) + timedelta(hours=1),
        )
        found["reset"] = await _checked(page, f"/reset/{token}", rules)
        await client.post("/sign-in", data={"email": "anna@salon.test", "password": PASSWORD})
        found["password"] = await _checked(page, "/account/password", rules)
        await context.close()
    assert_none(found)


@pytest.mark.parametrize(("scheme", "locale", "rules"), LOOKS)
async def test_the_pages_and_what_opens_on_them(
    new_visitor: NewVisitor, scheme: str, locale: str, rules: tuple[str, ...]
) -> None:
    visitor = await new_visitor(scheme=scheme, locale=locale)
    page = await visitor.sign_in("platform@demo.local")
    await page.locator(".js-plotly-plot .bars .point").first.wait_for(state="attached")
    found = {"overview": await violations(page, *rules)}
    for name, opener in {
        "user menu": ".avatar",
        "tenant picker": ".tenant-picker",
        "period picker": "header .picker:not(.tenant-picker)",
        "formula": ".help-button >> nth=3",
    }.items():
        await page.locator(opener).click()
        await page.locator(".q-menu").wait_for()
        found[name] = await violations(page, *rules)
        await page.keyboard.press("Escape")
        await expect(page.locator(".q-menu")).to_have_count(0)
    await page.locator(".chart-head .segmented button").nth(1).click()
    await page.locator(".chart-table tbody").wait_for()
    found["overview as a table"] = await violations(page, *rules)

    for name, ready in (
        ("users", "tbody tr"),
        ("audit", "tbody tr"),
        ("settings", ".section"),
        ("none", ".state-page"),
    ):
        await page.goto(re.sub(r"/[a-z]+(\?.*)?$", f"/{name}", page.url))
        await page.locator(ready).first.wait_for()
        found[name] = await violations(page, *rules)
        if name == "users":
            await page.locator(".row-button").first.click()
            await page.locator(".q-menu").wait_for()
            found["row menu"] = await violations(page, *rules)
            await page.locator(".q-menu .is-danger").click()
            await page.get_by_role("dialog").get_by_role("button").first.wait_for()
            found["question"] = await violations(page, *rules)
            await page.keyboard.press("Escape")
            await expect(page.locator(".q-dialog")).to_have_count(0)
            await page.locator(".toolbar .button-primary").click()
            await page.get_by_role("dialog").get_by_role("radio").first.wait_for()
            found["dialog"] = await violations(page, *rules)
            await page.keyboard.press("Escape")
        if name == "settings":
            await page.locator(".field input").first.click()
            await page.locator(".q-menu .q-item").first.wait_for()
            found["select"] = await violations(page, *rules)
    await page.set_viewport_size(PHONE)
    await page.goto(re.sub(r"/[a-z]+(\?.*)?$", "/overview", page.url))
    await page.locator(".kpi-value").first.wait_for()
    found["overview on a phone"] = await violations(page, *rules)
    await page.locator(".menu-button").click()
    await page.locator(".q-drawer__backdrop").wait_for()
    found["drawer"] = await violations(page, *rules)
    assert_none(found)


def assert_none(found: dict[str, list[str]]) -> None:
    report = [f"{name}: {violation}" for name, grave in found.items() for violation in grave]
    assert not report, "\n".join(report)


async def _checked(page: Page, path: str, rules: tuple[str, ...]) -> list[str]:
    await page.goto(ADDRESS + path)
    await page.locator("h1").wait_for()
    return await violations(page, *rules)


async def _answer(route: Route, client: httpx.AsyncClient) -> None:
    """Serve the browser from the application in this process."""
    request = route.request
    url = urlsplit(request.url)
    if url.path.startswith("/static/"):
        await route.fulfill(path=STATIC / url.path.removeprefix("/static/"))
        return
    answer = await client.request(
        request.method,
        f"{url.path}?{url.query}",
        content=request.post_data_buffer,
        headers={
            name: value
            for name, value in request.headers.items()
            if name in {"accept", "accept-language", "content-type"}
        },
    )
    await route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)
