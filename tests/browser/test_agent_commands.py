"""What people tell agents, on the page: of two who answer one wins; what has not arrived is sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from playwright.async_api import expect

from local_supabase.postgres import Cluster
from tests.browser.agents import Agent
from tests.browser.conftest import NewVisitor
from tests.browser.test_agents import LIVE, agent, opened
from tests.panel_process import PanelProcess

__all__ = ["agent"]
pytestmark = pytest.mark.browser


async def test_of_two_who_answer_the_other_is_told_who_was_quicker(
    new_visitor: NewVisitor, agent: Agent
) -> None:
    await agent.tell("agent", "receptionist", step_id="root", status="running", source="receptionist")
    await agent.tell("approval_request", "Book Anna", parent_id="root", arguments={"time": "15:00"})
    one, other = [await opened(await new_visitor()) for _ in range(2)]
    # the other one's page does not hear of the answer
    await other.route("**/api/v1/approvals?*", lambda route: route.abort())
    for page in (one, other):
        await expect(page.get_by_role("group", name="receptionist asks")).to_be_visible(timeout=LIVE)
    await one.get_by_role("button", name="Approve").click()
    await expect(one.get_by_role("group", name="receptionist asks")).to_have_count(0, timeout=LIVE)
    await other.get_by_label("Comment, if you like").fill("Not today")
    await other.get_by_role("button", name="Reject").click()
    await expect(other.get_by_role("alert")).to_contain_text("has approved this already", timeout=LIVE)
    assert await other.get_by_label("Comment, if you like").input_value() == "Not today"
    await expect(one.locator(".agent-commands li")).to_have_count(1)


async def test_what_is_about_to_be_clicked_stays_where_it_is(new_visitor: NewVisitor, agent: Agent) -> None:
    await agent.tell("approval_request", "Book Anna", arguments={"time": "15:00"})
    page = await opened(await new_visitor())
    questions = page.locator(".agent-approval")
    await expect(questions).to_have_count(1)
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    more_urgent = {"arguments": {"sum": 900}, "attributes": {"expires_at": soon}}
    await agent.again().tell("approval_request", "Pay the bill", **more_urgent)
    await expect(questions).to_have_count(2, timeout=LIVE)
    await expect(questions.nth(0)).to_contain_text("Book Anna")
    await expect(questions.nth(1)).to_contain_text("Pay the bill")
    await expect(page.get_by_role("button", name="Approve")).to_have_count(1)
    await page.get_by_role("button", name="Approve").click()
    await expect(questions).to_have_count(1, timeout=LIVE)
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    await page.get_by_role("button", name="Look at it").click()
    await expect(questions).to_contain_text("900")
    await expect(page.get_by_role("button", name="Approve")).to_have_count(1)


async def test_what_has_not_arrived_is_found_and_sent_again(
    new_visitor: NewVisitor, agent: Agent, panel: PanelProcess
) -> None:
    await agent.tell("agent", "receptionist", step_id="root", status="running", source="receptionist")
    visitor = await new_visitor()
    page = await opened(visitor)
    await page.get_by_role("button", name="Stop the run").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    await expect(page.locator(".agent-commands li")).to_contain_text("on its way", timeout=LIVE)
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    try:
        await connection.execute(
            "update dashboard.bot_commands set status = 'dead', finished_at = now(), problem = 'Nobody there'"
        )
    finally:
        await connection.close()
    await page.get_by_role("link", name="History").click()
    log = page.get_by_role("region", name="What agents were told")
    await log.get_by_label("Status").select_option("not delivered")
    await expect(log.locator("li")).to_have_count(1)
    await expect(log.locator("li")).to_contain_text("Nobody there")
    await log.get_by_role("button", name="Send again").click()
    await expect(log).to_contain_text("None of it stands like that.", timeout=LIVE)
    await log.get_by_label("Status").select_option("Any status")
    await expect(log.locator("li .pill-badge")).to_have_text("on its way")
    await log.get_by_role("link", name="receptionist").click()
    await expect(page.locator(".agent-title h2")).to_have_text("receptionist")
    assert visitor.complaints == []
