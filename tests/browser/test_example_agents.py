"""Agents on LangGraph, pydantic-ai and LiteLLM: approved, refused, given a task and stopped on the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import Page, expect

from demo.salons import BERLIN, GOA, MOSCOW, Salon
from tests.browser.agents import OPERATOR, Agent, agent_of
from tests.browser.conftest import NewVisitor, Visitor
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

LIVE = 30_000
"""Milliseconds within which what is told is on the screen."""
STARTED = 40_000
"""Until a framework is imported, and its agent has come to its question."""

# each in a salon of its own, so that a page shows one agent
PLACES = {
    "langgraph_agent.py": (MOSCOW, OPERATOR),
    "pydantic_ai_agent.py": (BERLIN, "owner@demo.local"),
    "litellm_bot.py": (GOA, "goa@demo.local"),
}


@pytest.fixture(scope="module")
async def agents(panel: PanelProcess) -> AsyncIterator[dict[str, Agent]]:
    """All of them, which wait beside each other for somebody to decide, and have ended well by the end."""
    async with AsyncExitStack() as stack:
        made = {}
        for example, (salon, _) in PLACES.items():
            made[example] = await stack.enter_async_context(agent_of(panel, salon))
            await stack.enter_async_context(made[example].example(example, STEP_SECONDS="0.2"))
        yield made


async def watching(visitor: Visitor, salon: Salon, person: str) -> tuple[Page, Any]:
    """The console of a salon, and the question that its agent asks."""
    page = await visitor.sign_in(person)
    await page.goto(f"{visitor.panel.url}/s/{salon.tenant_id}/agents")
    question = page.get_by_role("group", name="receptionist asks for permission")
    await expect(question).to_contain_text("book_visit", timeout=STARTED)
    return page, question


def view(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def status(page: Page) -> Any:
    return page.locator(".agent-title .pill-badge")


def ended(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["name"] == name and event["phase"] == "ended"]


@pytest.mark.parametrize("example", PLACES)
async def test_an_agent_on_a_framework_is_approved_given_a_task_and_stopped(
    new_visitor: NewVisitor, agents: dict[str, Agent], example: str
) -> None:
    visitor = await new_visitor()
    page, question = await watching(visitor, *PLACES[example])
    await expect(question).to_contain_text("Risk: low")
    await expect(question).to_contain_text("2500")
    await expect(status(page)).to_have_text("waiting")
    assert ended(await agents[example].told(), "book_visit") == []

    await view(page, "Plan").click()
    await page.get_by_label("New task").fill("Offer a coffee")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".agent-plan-tasks")).to_contain_text("Offer a coffee", timeout=LIVE)
    await question.get_by_role("button", name="Approve").click()
    await expect(question).to_have_count(0, timeout=LIVE)
    visit = page.locator(".agent-plan-tasks li", has_text="Book the visit")
    await expect(visit).to_contain_text("Done", timeout=LIVE)
    if example == "langgraph_agent.py":
        await view(page, "Graph").click()
        await expect(page.locator(".graph")).to_contain_text("The agent's own graph")
        await expect(page.locator(".graph-name", has_text="listen")).to_have_count(1)
    await view(page, "Events").click()
    await page.get_by_label("Find in the events").fill("knows")
    await expect(page.locator(".agent-row", has_text="Number 2 knows").first).to_be_visible(timeout=LIVE)
    await page.get_by_role("button", name="Stop the run").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    await expect(status(page)).to_have_text("stopped", timeout=LIVE)

    log = page.locator(".agent-commands li")
    await expect(log).to_have_count(3)
    for number, words in enumerate(("Stop", "Approved", "Task added")):
        await expect(log.nth(number)).to_contain_text(words)
        await expect(log.nth(number)).to_contain_text("done", timeout=LIVE)
    events = await agents[example].told()
    assert len(ended(events, "book_visit")) == 1
    assert 0 < len(ended(events, "remind")) < 20
    assert sum(event["kind"] == "approval_request" for event in events) == 1
    assert all(event["status"] != "error" for event in events)
    calls = [event for event in events if event["kind"] == "model_call" and event["phase"] == "ended"]
    assert all(call["tokens_input"] for call in calls)
    assert visitor.complaints == []


async def test_an_agent_on_a_framework_is_refused(new_visitor: NewVisitor, panel: PanelProcess) -> None:
    async with agent_of(panel) as agent, agent.example("pydantic_ai_agent.py"):
        page, question = await watching(await new_visitor(), MOSCOW, OPERATOR)
        await question.get_by_role("button", name="Reject").click()
        await expect(question).to_have_count(0, timeout=LIVE)
        await expect(status(page)).to_have_text("done", timeout=LIVE)
        await view(page, "Plan").click()
        visit = page.locator(".agent-plan-tasks li", has_text="Book the visit")
        await expect(visit).to_contain_text("To do")
        assert ended(await agent.told(), "book_visit") == []
