"""The operators' console in a real browser: what an agent tells is there at once, explained, as text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from demo.salons import MOSCOW
from tests.browser.agents import OPERATOR, Agent, agent_of
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, WIDE, NewVisitor, Visitor, save_picture
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"
MERMAID = "\"]; click p0 href \"javascript:alert(1)\" %%{init: {'securityLevel': 'loose'}}%% end"
LIVE = 10_000
"""Milliseconds within which what is told is on the screen."""
VIEWS = ("Plan", "Sequence", "Graph", "Timeline")


@pytest.fixture
async def agent(panel: PanelProcess) -> AsyncIterator[Agent]:
    async with agent_of(panel) as made:
        yield made


async def opened(visitor: Visitor, query: str = "") -> Page:
    """The console, before or after an agent has told of something."""
    page = await visitor.come(OPERATOR, f"/s/{MOSCOW.tenant_id}/agents{query}")
    await page.locator(".agent-desk, .agent-history, .agents .state").first.wait_for()
    return page


def row(page: Page, text: str) -> Any:
    return page.locator(".agent-row", has_text=text).last


async def works(agent: Agent) -> None:
    """The first part of a run, with a plan, a model, a tool and its graph's nodes."""
    await agent.tell("agent", "receptionist", step_id="root", status="running", source="receptionist")
    await agent.tell("user_input", "Anna writes", source="user", result="Friday at three?", parent_id="root")
    tasks = [{"id": "1", "title": "Find a free time"}, {"id": "2", "title": "Book it"}]
    await agent.tell(
        "plan_update", "plan", source="planner", parent_id="root",
        result={"tasks": tasks, "reason": "The client wants an appointment"},
    )  # fmt: skip
    for number, (node, tool) in enumerate((("plan", "find_slots"), ("act", "read_prices"))):
        common = {"parent_id": "root", "node": node, "source": "planner"}
        await agent.tell(
            "model_call", f"thinks {number}", step_id=f"m{number}", model="qwen3-coder:30b", **common,
            prompt=[
                {"role": "system", "content": "You are the receptionist."},
                {"role": "user", "content": "Can I come on Friday?"},
            ],
            answer=[{"role": "assistant", "content": '{"slot": "15:00"}'}],
            tokens={"input": 120, "output": 20},
        )  # fmt: skip
        await agent.tell(
            "tool_call", tool, step_id=f"t{number}", **common,
            arguments={"day": "2026-11-27"}, result={"stdout": "15:00 is free", "exit_code": 0},
        )  # fmt: skip


async def test_an_operator_watches_a_run_and_looks_at_it_from_every_side(
    new_visitor: NewVisitor, agent: Agent
) -> None:
    visitor = await new_visitor()
    page = await opened(visitor)
    await expect(page.get_by_text("No agent has told of anything yet")).to_be_visible()
    await works(agent)
    await expect(row(page, "read_prices")).to_be_visible(timeout=LIVE)
    await expect(page.locator(".agent-line")).to_contain_text("2 model calls · 2 tool calls", timeout=LIVE)
    await save_picture(page, "agents")

    await row(page, "thinks 1").click()
    detail = page.locator(".agent-detail")
    await expect(detail).to_contain_text("qwen3-coder:30b")
    await expect(detail).to_contain_text("Can I come on Friday?")
    await page.wait_for_url("**event=*")
    await save_picture(page, "agents-detail")
    permalink = page.url
    await row(page, "read_prices").click()
    await expect(detail).to_contain_text("15:00 is free")
    await page.get_by_role("button", name="Close").click()
    await expect(detail).to_have_count(0)

    for view in VIEWS:
        await page.get_by_role("button", name=view, exact=True).click()
        await expect(page.locator(".agent-view")).to_contain_text(
            {"Plan": "The client wants an appointment", "Graph": "act"}.get(view, "read_prices")
        )
        await expect(page.locator(".agent-view .skeleton")).to_have_count(0)
        await save_picture(page, f"agents-{view.lower()}")

    await page.goto(permalink)
    await expect(detail).to_contain_text("Can I come on Friday?")
    assert visitor.complaints == []


async def test_an_agent_is_approved_given_a_task_and_stopped(new_visitor: NewVisitor, agent: Agent) -> None:
    visitor = await new_visitor()
    page = await opened(visitor)
    async with agent.example("steered_agent.py", STEP_SECONDS="0.2"):
        question = page.get_by_role("group", name="receptionist asks for permission")
        await expect(question).to_contain_text("Book Anna at 15:00", timeout=LIVE)
        await expect(question).to_contain_text("Risk: low")
        await expect(question).to_contain_text("2500")
        await save_picture(page, "agents-approval")
        await page.get_by_role("button", name="Plan", exact=True).click()
        await page.get_by_label("New task").fill("Offer a coffee")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.locator(".agent-view")).to_contain_text("Somebody has added a task", timeout=LIVE)
        await question.get_by_label("Comment, if you like").fill("Of course")
        await question.get_by_role("button", name="Approve").click()
        await expect(question).to_have_count(0, timeout=LIVE)
        await page.get_by_role("button", name="Events", exact=True).click()
        await expect(row(page, "book, part 2")).to_be_visible(timeout=LIVE)
        await page.get_by_role("button", name="Stop the run").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
        await expect(page.locator(".agent-title .pill-badge")).to_have_text("stopped", timeout=LIVE)
    log = page.locator(".agent-commands li")
    await expect(log).to_have_count(3)
    for number, words in enumerate(("Stop", "Approved", "Task added")):
        await expect(log.nth(number)).to_contain_text(words)
        await expect(log.nth(number)).to_contain_text("done", timeout=LIVE)
    assert visitor.complaints == []


async def test_two_runs_are_found_and_compared(new_visitor: NewVisitor, agent: Agent) -> None:
    other = agent.again()
    for one in (agent, other):
        await works(one)
    await other.tell("tool_call", "pay", parent_id="root", error={"type": "Refused", "message": "No card"})
    page = await opened(await new_visitor(), "?tab=history")
    await page.get_by_label("Find runs and events").fill("recept")
    await expect(page.locator("tbody tr")).to_have_count(2)
    for box in await page.locator("tbody input").all():
        await box.check()
    await page.get_by_role("button", name="Compare two").click()
    await expect(page.locator(".agent-compare-line.is-odd")).to_have_count(1)
    await expect(page.locator(".agent-compare-line.is-odd")).to_contain_text("pay")
    await page.wait_for_url("**compare=*")
    await save_picture(page, "agents-compare")
    await page.go_back()
    await expect(page.locator("tbody tr")).to_have_count(2)


async def test_two_runs_are_watched_beside_each_other(new_visitor: NewVisitor, agent: Agent) -> None:
    other = agent.again()
    for one, name in ((agent, "cashier"), (other, "receptionist")):
        await one.tell("agent", name, step_id="root", status="running", source=name)
    visitor = await new_visitor()
    page = await opened(visitor)
    await page.get_by_role("button", name="Watch beside the others: cashier").click()
    lanes = {name: page.get_by_role("region", name=name) for name in ("cashier", "receptionist")}
    await agent.tell("tool_call", "take_money", parent_id="root")
    await other.tell("tool_call", "find_slots", parent_id="root")
    await expect(lanes["cashier"].locator(".agent-row", has_text="take_money")).to_be_visible(timeout=LIVE)
    await expect(lanes["receptionist"].locator(".agent-row", has_text="find_slots")).to_be_visible(
        timeout=LIVE
    )
    await expect(lanes["cashier"].locator(".agent-row", has_text="find_slots")).to_have_count(0)
    await save_picture(page, "agents-beside")
    await lanes["receptionist"].get_by_label("How the run is shown").select_option("Timeline")
    await expect(lanes["cashier"].locator(".agent-feed")).to_be_visible()
    await lanes["cashier"].locator(".agent-row", has_text="take_money").click()
    await expect(page.locator(".agent-detail-name")).to_have_text("take_money")
    await page.wait_for_url("**event=2**")
    await page.reload()
    await expect(page.locator(".agent-detail-name")).to_have_text("take_money")
    await page.get_by_role("button", name="Close", exact=True).click()
    await lanes["cashier"].get_by_role("button", name="Take away from here: cashier").click()
    await expect(lanes["cashier"]).to_have_count(0)
    await expect(lanes["receptionist"].locator(".agent-title h2")).to_have_text("receptionist")
    assert visitor.complaints == []


async def test_whatever_an_agent_tells_is_only_text(new_visitor: NewVisitor, agent: Agent) -> None:
    visitor = await new_visitor()
    nasty = {":onclick": "alert(1)", "__proto__": {"x": 1}, "constructor": HOSTILE, HOSTILE: MERMAID}
    for name in (HOSTILE, MERMAID, "__proto__"):
        await agent.tell(
            "model_call", name, source=name, node=name, model=name,
            prompt=[{"role": name, "content": HOSTILE}], attributes=nasty,
            answer=[{"role": "assistant", "content": MERMAID}],
        )  # fmt: skip
        await agent.tell("tool_call", name, source=name, node=name, arguments=nasty, result=HOSTILE)
        await agent.tell("plan_update", name, result={"tasks": [name, nasty], "reason": HOSTILE})
        await agent.tell("log", name, error={"type": name, "message": HOSTILE, "stack": HOSTILE})
    page = await opened(visitor)
    await page.evaluate("() => { window.alert = () => { window.hasRun = true; }; }")
    rows = page.locator(".agent-row")
    await expect(rows).to_have_count(12)
    for number in range(12):
        await rows.nth(number).click()
        await expect(page.locator(".agent-detail-name")).to_be_visible()
    await page.get_by_role("button", name="Close").click()
    for view in VIEWS:
        await page.get_by_role("button", name=view, exact=True).click()
        await page.wait_for_timeout(300)
    await expect(page.locator(".agents img, .agents a[href^='javascript']")).to_have_count(0)
    assert not await page.evaluate("'hasRun' in window")
    assert visitor.complaints == []


async def test_of_a_long_run_few_rows_are_in_the_document(new_visitor: NewVisitor, agent: Agent) -> None:
    for start in range(0, 5_000, 1_000):
        await agent.tell_all([agent.event("log", f"line {start + number}") for number in range(1_000)])
    page = await opened(await new_visitor())
    await expect(row(page, "line 4999")).to_be_visible(timeout=LIVE)
    await expect(page.locator(".agent-foot")).to_have_text("5,000 events", timeout=LIVE)
    assert await page.locator(".agent-row").count() < 100
    await page.locator(".agent-list").focus()
    await page.keyboard.press("Home")
    await expect(row(page, "line 0")).to_be_visible()
    await expect(page.locator(".agent-detail-name")).to_have_text("line 0")
    await agent.tell("log", "one more")
    await expect(page.get_by_role("button", name="1 new event")).to_be_visible(timeout=LIVE)
    await page.get_by_role("button", name="1 new event").click()
    await expect(row(page, "one more")).to_be_visible()
    await page.get_by_label("Find in the events").fill("line 49")
    await expect(page.locator(".agent-foot")).to_contain_text("111 events · of 5,001")


@pytest.mark.parametrize(
    ("viewport", "scheme", "locale"),
    [pytest.param(WIDE, "light", "ru", marks=pytest.mark.long), (PHONE, "dark", "en")],
    ids=["wide", "phone"],
)
async def test_everybody_can_use_it(
    new_visitor: NewVisitor, agent: Agent, viewport: ViewportSize, scheme: str, locale: str
) -> None:
    await works(agent)
    page = await opened(await new_visitor(viewport, scheme=scheme, locale=locale))
    await expect(row(page, "read_prices")).to_be_visible(timeout=LIVE)
    found = {"feed": await violations(page)}
    for number in range(1, 5):
        await page.locator(".agent-ways .segmented button").nth(number).click()
        await page.wait_for_timeout(500)
        found[str(number)] = await violations(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    await page.locator(".agent-ways .segmented button").first.click()
    await row(page, "read_prices").click()
    await expect(page.locator(".agent-detail-name")).to_be_visible()
    found["detail"] = await violations(page)
    assert {name: problems for name, problems in found.items() if problems} == {}
