"""The search over all runs in a real browser: what is in events is found, marked, and one step away."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import OPERATOR, Agent, agent_of
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, NewVisitor, Visitor, save_picture
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"


@pytest.fixture
async def agent(panel: PanelProcess) -> AsyncIterator[Agent]:
    async with agent_of(panel) as made:
        yield made


async def history(visitor: Visitor) -> Page:
    page = await visitor.sign_in(OPERATOR)
    await page.goto(page.url.split("/overview")[0] + "/agents?tab=history")
    await page.locator(".agent-history").wait_for()
    return page


async def test_an_operator_finds_an_event_and_opens_it(new_visitor: NewVisitor, agent: Agent) -> None:
    other = agent.again()
    await agent.tell("agent", "receptionist", step_id="root", status="running")
    await agent.tell("tool_call", "find_slots", parent_id="root", result=f"🎀 a keratin {HOSTILE} on Friday")
    await other.tell("agent", "keratin agent", step_id="root", status="running")
    await other.tell("log", HOSTILE, error={"type": "Refused", "message": "No card for keratin"})
    visitor = await new_visitor(PHONE, scheme="dark")
    page = await history(visitor)
    field, hits = page.get_by_label("Find runs and events"), page.locator(".agent-found-hit")

    await field.fill("kera")
    await expect(page.locator(".agent-run-cell a")).to_have_text(["keratin agent"])
    await expect(hits).to_have_count(3)
    await expect(hits.locator("mark").first).to_have_text("kera")
    await expect(hits.nth(0)).to_contain_text(HOSTILE)
    await expect(page.locator(".agents img")).to_have_count(0)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await save_picture(page, "agents-search")

    await field.fill("nowhere")
    await expect(page.get_by_text("No event holds these words")).to_be_visible()
    await field.fill("!!!")
    await expect(page.locator(".agent-found")).to_have_count(0)

    await field.fill("fri KERATIN")
    await expect(hits).to_have_count(1)
    await expect(hits.locator("mark").nth(0)).to_have_text("keratin")
    await expect(hits.locator("mark").nth(1)).to_have_text("Fri")
    await hits.click()
    await expect(page.locator(".agent-detail-name")).to_have_text("find_slots")
    await page.wait_for_url("**event=2*")
    assert visitor.complaints == []


async def test_a_search_that_fails_says_so_and_is_tried_again(new_visitor: NewVisitor, agent: Agent) -> None:
    await agent.tell("tool_call", "find_slots", result="keratin")
    page = await history(await new_visitor())
    await page.route("**/api/v1/events/search*", lambda route: route.abort())
    await page.get_by_label("Find runs and events").fill("keratin")
    problem = page.locator(".agent-found").get_by_role("alert")
    await expect(problem).to_contain_text("The database does not answer.")
    await page.unroute("**/api/v1/events/search*")
    await problem.get_by_role("button", name="Try again").click()
    await expect(page.locator(".agent-found-hit")).to_have_count(1)
