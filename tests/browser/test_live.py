"""The live feed in a real browser: what the bot writes appears, and nothing moves under who reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest
from playwright.async_api import Page, ViewportSize, expect

from demo.salons import GOA
from local_supabase.postgres import Cluster
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, WIDE, NewVisitor, save_picture
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

OWNER = "goa@demo.local"
PAGE = f"/s/{GOA.tenant_id}/live"
HOSTILE = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"
TABLET: ViewportSize = {"width": 800, "height": 700}
"""Too narrow for all tools in one line."""
LIVE = 10_000
"""Milliseconds within which a new row is on the screen."""

_TEXTS = "() => [...document.querySelectorAll('.feed-text')].map(one => one.textContent)"
_AT_END = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 2"
_TOP_OF = """(box, text) => {
  const one = [...box.querySelectorAll('.feed-row')].find(row => row.textContent.includes(text));
  return one && one.getBoundingClientRect().top;
}"""
_ENDS_AT = """([end, height]) =>
  document.querySelector(".feed-card").getBoundingClientRect().bottom === end
  && document.documentElement.scrollHeight === height"""
_APART = """rows => rows.map(row => {
  const text = document.createRange();
  text.selectNodeContents(row.querySelector(".feed-time"));
  const [time, icon] = [text, row.querySelector(".feed-icon")].map(one => one.getBoundingClientRect());
  return Math.abs(time.top + time.bottom - icon.top - icon.bottom) / 2;
})"""
_COUNT = "() => { window.connections = 0; window.socket.on('connect', () => window.connections++); }"
_CUT = "() => { window.socket.io.engine.close(); }"


@dataclass
class Bot:
    """Writes in a dialogue of its own."""

    connection: asyncpg.Connection[asyncpg.Record]
    session: UUID
    client: UUID

    async def say(self, *messages: str, role: str = "user", channel: str = "telegram") -> None:
        await self.connection.executemany(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, channel, message)"
            " values ($1, $2, $3, $4, $5, $6)",
            [(GOA.tenant_id, self.client, self.session, role, channel, message) for message in messages],
        )

    async def end(self) -> None:
        await self.connection.execute(
            "insert into public.conversation_sessions_v2"
            " (session_id, tenant_id, user_id, channel, started_at, ended_at, final_status)"
            " values ($1, $2, $3, 'telegram', now(), now(), 'done')",
            self.session, GOA.tenant_id, self.client,
        )  # fmt: skip


@pytest.fixture
async def bot(panel: PanelProcess) -> AsyncIterator[Bot]:
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    client, session = uuid4(), uuid4()
    await connection.execute(
        "insert into public.clients_v2 (id, tenant_id, full_name) values ($1, $2, $3)",
        client, GOA.tenant_id, f"Anna {HOSTILE}",
    )  # fmt: skip
    await connection.execute(
        "insert into public.active_sessions_v2 (session_id, tenant_id, user_id) values ($1, $2, $3)",
        session, GOA.tenant_id, client,
    )  # fmt: skip
    yield Bot(connection, session, client)
    for table in ("recent_history_v2", "active_sessions_v2", "conversation_sessions_v2"):
        await connection.execute(f"delete from public.{table} where user_id = $1", client)
    await connection.close()


async def opened(
    new_visitor: NewVisitor, viewport: ViewportSize = WIDE, *, scheme: str = "light", locale: str = "en"
) -> Page:
    """The page, with the demo's rows."""
    page = await (await new_visitor(viewport, scheme=scheme, locale=locale)).come(OWNER, PAGE)
    await page.locator(".feed-row").first.wait_for()
    return page


async def test_what_is_written_appears_as_text_and_leads_to_its_dialogue(
    new_visitor: NewVisitor, bot: Bot
) -> None:
    page = await opened(new_visitor)
    await page.evaluate("() => { window.alert = () => { window.hasRun = true; }; }")
    await bot.say("Good evening", HOSTILE)
    row = page.locator(".feed-row", has_text=HOSTILE).last
    await expect(row).to_be_visible(timeout=LIVE)
    await expect(page.locator(".feed img")).to_have_count(0)
    assert not await page.evaluate("'hasRun' in window")
    assert await page.locator(".feed-box").evaluate(_AT_END)
    link = page.locator(".feed-row", has_text="Good evening").last.locator("a")
    assert (await link.get_attribute("href") or "").endswith(f"/dialogue?id={bot.session}")
    async with page.context.expect_page() as opening:
        await link.click(button="middle")
    await (await opening.value).wait_for_url(f"**/dialogue?id={bot.session}")
    await row.click()
    await page.wait_for_url(f"**/dialogue?id={bot.session}")
    await page.go_back()
    await expect(row).to_be_visible()


@pytest.mark.parametrize("name", ["constructor", "__proto__", HOSTILE])
async def test_names_that_the_bot_makes_up_are_shown_as_they_are(
    new_visitor: NewVisitor, bot: Bot, name: str
) -> None:
    visitor = await new_visitor()
    page = await visitor.come(OWNER, PAGE)
    await page.locator(".feed-row").first.wait_for()
    await bot.say("from nowhere", role=name, channel=name)
    row = page.locator(".feed-row", has_text="from nowhere").last
    await expect(row.locator(".feed-who")).to_have_text(name, timeout=LIVE)
    await bot.say("an answer", role="assistant")
    await expect(page.locator(".feed-row", has_text="an answer").last).to_be_in_viewport(timeout=LIVE)
    assert visitor.complaints == []


async def test_its_rows_scroll_and_the_page_does_not(new_visitor: NewVisitor, bot: Bot) -> None:
    page = await opened(new_visitor)
    await bot.say(*(f"filler {number}" for number in range(40)))
    await expect(page.locator(".feed-row", has_text="filler 39")).to_be_visible(timeout=LIVE)
    for viewport, below in ((WIDE, 24), (TABLET, 24), (PHONE, 16)):
        await page.set_viewport_size(viewport)
        end = viewport["height"] - below
        # the sidebar moves meanwhile
        await page.wait_for_function(_ENDS_AT, arg=[end, viewport["height"]], timeout=LIVE)
    await page.get_by_role("searchbox").fill("filler 39")
    await expect(page.locator(".feed-row")).to_have_count(1)
    row = await page.locator(".feed-row").evaluate("row => row.getBoundingClientRect().bottom")
    assert end - row < 16, "few rows stand at the end, too"


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
async def test_times_stand_on_the_lines_of_what_they_tell(
    new_visitor: NewVisitor, bot: Bot, viewport: ViewportSize
) -> None:
    page = await opened(new_visitor, viewport)
    await bot.say("Until Friday")
    await bot.end()
    later = page.locator(".feed-row.is-ended:not(.is-head), .feed-row.is-booked:not(.is-head)")
    await later.last.wait_for(timeout=LIVE)
    assert max(await later.evaluate_all(_APART)) <= 1


async def test_it_follows_at_the_end_and_stays_for_who_reads(new_visitor: NewVisitor, bot: Bot) -> None:
    page = await opened(new_visitor)
    box, more = page.locator(".feed-box"), page.locator(".feed-new")
    await bot.say(*(f"line {number}" for number in range(40)))
    await expect(page.locator(".feed-row", has_text="line 39")).to_be_visible(timeout=LIVE)
    assert await box.evaluate(_AT_END)
    await box.evaluate("box => { box.scrollTop -= 500; }")
    await expect(more).to_be_visible()
    before = await box.evaluate(_TOP_OF, "line 20")
    await bot.say(*(f"later {number}" for number in range(30)))
    await expect(more).to_contain_text("30", timeout=LIVE)
    assert await box.evaluate(_TOP_OF, "line 20") == before
    await save_picture(page, "live-reading")
    await more.click()
    await expect(page.locator(".feed-row", has_text="later 29")).to_be_in_viewport()
    await expect(more).to_be_hidden()
    assert await box.evaluate(_AT_END)


async def test_selected_text_stays_until_it_is_let_go(new_visitor: NewVisitor, bot: Bot) -> None:
    page = await opened(new_visitor)
    await bot.say("to be copied")
    text = page.locator(".feed-text", has_text="to be copied").last
    await text.wait_for(timeout=LIVE)
    await text.dblclick()
    before = await text.bounding_box()
    await bot.say("another")
    await expect(page.locator(".feed-new")).to_contain_text("1", timeout=LIVE)
    assert await text.bounding_box() == before
    assert await page.evaluate("String(getSelection()).trim()") in {"to", "be", "copied"}
    await page.evaluate("getSelection().removeAllRanges()")
    await expect(page.locator(".feed-row", has_text="another").last).to_be_in_viewport()


async def test_pause_and_filters(new_visitor: NewVisitor, bot: Bot) -> None:
    page = await opened(new_visitor)
    await page.get_by_role("button", name="Pause").click()
    await bot.say("while paused")
    await expect(page.locator(".feed-new")).to_contain_text("1", timeout=LIVE)
    await expect(page.get_by_text("while paused")).to_have_count(0)
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_text("while paused").last).to_be_in_viewport()
    await page.get_by_role("searchbox").fill("WHILE paused")
    await expect(page.locator(".feed-row")).to_have_count(1)
    await bot.say("something else", "again while paused")
    await expect(page.locator(".feed-row")).to_have_count(2, timeout=LIVE)
    await page.get_by_role("searchbox").fill("nobody says this")
    await page.get_by_role("button", name="Show everything").click()
    await page.get_by_role("button", name="Beginnings and ends").click()
    await expect(page.locator(".feed-row.is-message")).to_have_count(0)
    await expect(page.locator(".feed-row.is-started").last).to_be_visible()


async def test_the_keyboard_moves_through_it(new_visitor: NewVisitor, bot: Bot) -> None:
    page = await opened(new_visitor)
    await bot.say("first of two", "second of two")
    await page.get_by_text("second of two").last.wait_for(timeout=LIVE)
    await page.keyboard.press("k")
    await expect(page.locator(".feed-row", has=page.locator(":focus"))).to_contain_text("second of two")
    await page.keyboard.press("k")
    await expect(page.locator(".feed-row", has=page.locator(":focus"))).to_contain_text("first of two")
    await page.keyboard.press("Home")
    assert await page.locator(".feed-box").evaluate("box => box.scrollTop") == 0
    await page.keyboard.press("End")
    assert await page.locator(".feed-box").evaluate(_AT_END)
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/dialogue?id=*")


@pytest.mark.long
async def test_a_socket_that_drops_misses_repeats_and_disorders_nothing(
    new_visitor: NewVisitor, bot: Bot
) -> None:
    page = await opened(new_visitor)
    await page.evaluate(_COUNT)

    async def write() -> None:
        for number in range(60):
            await bot.say(f"drop {number:03}")
            await asyncio.sleep(0.1)

    writing = asyncio.create_task(write())
    for number in range(5):
        await asyncio.sleep(0.3)
        await page.evaluate(_CUT)
        await page.wait_for_function(f"window.connections > {number}")
    await writing
    await page.get_by_text("drop 059").last.wait_for(timeout=LIVE)
    assert await page.evaluate("window.connections") == 5  # and the page was not loaded anew
    shown = [text for text in await page.evaluate(_TEXTS) if text.startswith("drop ")]
    assert shown == [f"drop {number:03}" for number in range(60)]


@pytest.mark.long
async def test_of_thousands_of_rows_few_are_in_the_document(new_visitor: NewVisitor, bot: Bot) -> None:
    page = await opened(new_visitor)
    box = page.locator(".feed-box")
    await bot.connection.execute(
        "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, channel, message)"
        " select $1, $2, $3, 'user', 'telegram', 'number ' || number"
        " from generate_series(1, 3000) as number",
        GOA.tenant_id, bot.client, bot.session,
    )  # fmt: skip
    await page.get_by_text("number 3000", exact=True).wait_for(timeout=3 * LIVE)
    await page.keyboard.press("Home")
    for _ in range(12):
        await box.evaluate("box => { box.scrollTop += 2000; }")
        await page.wait_for_timeout(30)
        assert await page.evaluate("document.querySelectorAll('.feed *').length") < 2000
    seen = [int(text.split()[1]) for text in await page.evaluate(_TEXTS) if text.startswith("number ")]
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert len(seen) >= 100


@pytest.mark.parametrize(
    ("viewport", "scheme", "locale"),
    [
        (WIDE, "light", "en"),
        pytest.param(PHONE, "dark", "ru", marks=pytest.mark.long),
        pytest.param(WIDE, "dark", "ru", marks=pytest.mark.long),
        pytest.param(PHONE, "light", "en", marks=pytest.mark.long),
    ],
    ids=["wide-light-en", "phone-dark-ru", "wide-dark-ru", "phone-light-en"],
)
async def test_anybody_can_use_it(
    new_visitor: NewVisitor, bot: Bot, viewport: ViewportSize, scheme: str, locale: str
) -> None:
    page = await opened(new_visitor, viewport, scheme=scheme, locale=locale)
    await bot.say("Hello there", HOSTILE * 20)
    await bot.say("What can I do for you?", role="assistant")
    await page.get_by_text("What can I do for you?").last.wait_for(timeout=LIVE)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await save_picture(page, f"live-{'phone' if viewport is PHONE else 'wide'}-{scheme}-{locale}")
    assert await violations(page) == []
    await page.get_by_role("searchbox").fill("nobody says this")
    await page.locator(".feed .state").wait_for()
    await save_picture(page, f"live-none-{'phone' if viewport is PHONE else 'wide'}-{scheme}-{locale}")
    assert await violations(page) == []
