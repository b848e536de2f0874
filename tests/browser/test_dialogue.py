"""A dialogue in a real browser: it follows what is said without moving under the reader, and keys lead on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Page, expect

from demo.salons import GOA
from local_supabase.postgres import Cluster
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, NewVisitor, Visitor
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

OWNER = "goa@demo.local"
CLIENT = uuid4()
SESSION = uuid4()
HOSTILE = "<img src=x onerror=alert(1)>"
LIVE = 10_000
"""Milliseconds within which a new message is on the screen."""

# Where the conversation stands: how far above its end, and where a message is in the box.
_ABOVE_END = "box => -box.scrollTop"
_PLACE_OF = """(box, text) => {
  const one = [...box.querySelectorAll(".message")].find(line => line.innerText.includes(text));
  return one.getBoundingClientRect().top - box.getBoundingClientRect().top;
}"""


async def connected(panel: PanelProcess) -> asyncpg.Connection[asyncpg.Record]:
    """A connection to the panel's demo database."""
    return await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))


@pytest.fixture
async def talk(panel: PanelProcess) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A dialogue of 120 messages that goes on; gone afterwards."""
    connection = await connected(panel)
    await connection.execute(
        "insert into public.clients_v2 (id, tenant_id, full_name) values ($1, $2, $3)",
        CLIENT, GOA.tenant_id, HOSTILE,
    )  # fmt: skip
    await connection.execute(
        "insert into public.active_sessions_v2 (session_id, tenant_id, user_id, created_at)"
        " values ($1, $2, $3, now() - interval '2 hours')",
        SESSION, GOA.tenant_id, CLIENT,
    )  # fmt: skip
    await connection.execute(
        "insert into public.recent_history_v2 (tenant_id, user_id, role, channel, message, created_at)"
        " select $1, $2, case when number % 2 = 1 then 'user' else 'assistant' end, 'telegram',"
        " 'message ' || number || ' <b>' || repeat('word ', number % 9),"
        " now() - (121 - number) * interval '55 seconds' from generate_series(1, 120) as number",
        GOA.tenant_id, CLIENT,
    )  # fmt: skip
    yield connection
    for table, column in (
        ("recent_history_v2", "user_id"),
        ("active_sessions_v2", "user_id"),
        ("clients_v2", "id"),
    ):
        await connection.execute(f"delete from public.{table} where {column} = $1", CLIENT)
    await connection.close()


async def say(talk: asyncpg.Connection[asyncpg.Record], text: str, role: str = "user") -> None:
    await talk.execute(
        "insert into public.recent_history_v2 (tenant_id, user_id, role, channel, message)"
        " values ($1, $2, $3, 'telegram', $4)",
        GOA.tenant_id, CLIENT, role, text,
    )  # fmt: skip


async def open_once(visitor: Visitor, path: str, wanted: str) -> Page:
    """A page of the salon, opened again and again until the index knows what is to be seen there."""
    page = await visitor.come(OWNER, f"/s/{GOA.tenant_id}{path}")
    shown = page.locator(wanted).first
    for _ in range(30):
        await shown.or_(page.locator(".state:visible")).first.wait_for()
        if await shown.is_visible():
            return page
        await page.wait_for_timeout(1000)
        await page.reload()
    raise AssertionError(f"{wanted} is not to be seen at {path}")


async def test_it_follows_what_is_said_and_moves_nothing_under_the_reader(
    new_visitor: NewVisitor, talk: asyncpg.Connection[asyncpg.Record]
) -> None:
    visitor = await new_visitor()
    page = await open_once(visitor, f"/dialogue?id={SESSION}", ".message")
    box = page.locator(".transcript-box")
    last = page.locator(".message-text").last
    await expect(last).to_contain_text("message 120")
    assert await box.evaluate(_ABOVE_END) < 24

    await say(talk, HOSTILE)
    await expect(last).to_have_text(HOSTILE, timeout=LIVE)
    assert await box.evaluate(_ABOVE_END) < 24

    await box.evaluate("box => box.scrollTo({top: -900})")
    before = await box.evaluate(_PLACE_OF, "message 105")
    await say(talk, "an answer", "assistant")
    await expect(last).to_have_text("an answer", timeout=LIVE)
    assert abs(await box.evaluate(_PLACE_OF, "message 105") - before) < 3
    await page.get_by_role("button", name="New messages").click()
    await expect(page.get_by_role("button", name="New messages")).to_have_count(0)
    assert await box.evaluate(_ABOVE_END) < 24

    await box.evaluate("box => box.scrollTo({top: -box.scrollHeight})")
    first = page.locator(".message-text").first
    words = await first.inner_text()
    before = await box.evaluate(_PLACE_OF, words)
    await page.get_by_role("button", name="Show earlier").click()
    await expect(first).not_to_have_text(words)
    assert abs(await box.evaluate(_PLACE_OF, words) - before) < 3
    assert await violations(page) == []
    assert visitor.complaints == []


async def test_keys_lead_to_the_neighbours_but_not_while_one_types(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor()
    # days that are over: nothing comes between two of their dialogues any more
    first, last = (datetime.now(UTC).date() - timedelta(days=ago) for ago in (6, 3))
    page = await open_once(visitor, f"/dialogues?status=done&from={first}&to={last}", "a.row-link")
    rows = page.locator("a.row-link")
    sessions = [str(await row.get_attribute("href")).split("id=")[1][:36] for row in await rows.all()]
    await rows.nth(1).click()
    await page.locator(".message").first.wait_for()
    for key, at in (("ArrowRight", 2), ("k", 1), ("ArrowLeft", 0), ("j", 1)):
        await page.locator("a.stepper-way").first.wait_for()
        await page.keyboard.press(key)
        await page.wait_for_url(f"**id={sessions[at]}*")
        await page.locator(".message").first.wait_for()

    await page.get_by_label("New note").click()
    await page.keyboard.type("jk")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_label("New note")).to_have_value("jk")
    assert sessions[1] in page.url
    await page.get_by_text("Back to the list").click()
    await page.wait_for_url("**/dialogues?*status=done*")
    assert visitor.complaints == []


async def test_on_a_phone_the_cards_are_below_the_conversation(
    new_visitor: NewVisitor, talk: asyncpg.Connection[asyncpg.Record]
) -> None:
    visitor = await new_visitor(PHONE, scheme="dark")
    page = await open_once(visitor, f"/dialogue?id={SESSION}", ".message")
    box = await page.locator(".transcript").bounding_box()
    card = await page.locator(".dialogue-card").first.bounding_box()
    assert box is not None
    assert card is not None
    assert card["y"] >= box["y"] + box["height"]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []
