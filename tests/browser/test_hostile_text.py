"""What clients and models may write, on the screen: shown as text or cut short, and never anything else."""

from __future__ import annotations

import html
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import bcrypt
import pytest
from playwright.async_api import Dialog, Page, expect

from local_supabase.postgres import Cluster
from tests.browser.conftest import PHONE, NewVisitor, Visitor
from tests.hostile.values import HACK, JSONS, TEXTS
from tests.panel_process import PanelProcess

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "hostile@salon.test", "a pass phrase of the test"
MARKUP = f"<img src=x onerror={HACK}><script>{HACK}</script>"
CURRENCIES = (
    "<b>",
    "¤¤¤",
    "{x}",
    "EUR",
    "XXX",
    "ZZZ",
    '"><img src=x onerror=window.__hacked=true>',
    "x" * 500,
)
NAMES = (
    MARKUP[:200],
    "{name} {0} {}",
    "'; drop table users; -- \\ \" &lt;b&gt;",
    '=HYPERLINK("http://evil.example","open")',
    "👩\u200d👩\u200d👧\u200d👦" * 20,
    "W" * 200,
    "مرحبا בעולם Z\u0301\u0302\u0303",
)
TRAPS = """() => {
  const strange = document.querySelectorAll(
    'bdi *, script:not([src]), [onerror], [onload], [onclick], [onmouseover], a[href^="javascript:" i]'
  );
  return {
    hacked: window.__hacked,
    strange: [...strange].map(one => one.outerHTML.slice(0, 200)).filter(text => text.includes('__hacked')),
    injected: document.querySelectorAll('img[src="x"], bdi > *, svg[onload]').length,
    polluted: ({}).polluted,
    width: document.documentElement.scrollWidth,
    longest: Math.max(...[...document.querySelectorAll('bdi')].map(one => one.textContent.length)),
  };
}"""


@pytest.fixture(scope="module")
async def salons(panel: PanelProcess) -> AsyncIterator[list[UUID]]:
    """Salons with hostile names, the first with hostile dialogues, members and entries; gone afterwards."""
    connection = await asyncpg.connect(Cluster(panel.data_dir).superuser_uri("demo"))
    names = [MARKUP, *TEXTS]
    made = [uuid4() for _ in names]
    user_ids = [uuid4() for _ in range(len(NAMES) + 1)]
    try:
        await connection.executemany(
            "insert into public.tenants_v2 (id, name, metadata) values ($1, $2, $3)",
            [
                (salon, name, JSONS[index % len(JSONS)])
                for index, (salon, name) in enumerate(zip(made, names, strict=True))
            ],
        )
        await _people(connection, made, user_ids)
        await _dialogues(connection, made[0])
        await connection.executemany(
            "insert into dashboard.audit_log"
            " (tenant_id, actor_id, actor_name, action, subject, details, address)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            [
                (made[0], user_ids[0], text[:200], text, text, json.dumps(_details(text)), text[:64])
                for text in TEXTS
            ],
        )
        yield made
    finally:
        await connection.execute("delete from dashboard.audit_log where tenant_id = any ($1)", made)
        await connection.execute("delete from dashboard.users where user_id = any ($1)", user_ids)
        for table in ("conversation_sessions_v2", "clients_v2"):
            await connection.execute(f"delete from public.{table} where tenant_id = any ($1)", made)
        await connection.execute("delete from public.tenants_v2 where id = any ($1)", made)
        await connection.close()


def _details(text: str) -> dict[str, object]:
    return {"email": text, "role": text, "reason": text, ":onclick": HACK, "from": [text], "to": {":x": text}}


async def _people(
    connection: asyncpg.Connection[asyncpg.Record], salons: list[UUID], user_ids: list[UUID]
) -> None:
    password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    for index, user_id in enumerate(user_ids):
        name = NAMES[index - 1] if index else "Owner of strange salons"
        email = f"{index}-{'w' * 60}@salon.test" if index else EMAIL
        await connection.execute(
            "insert into dashboard.users (user_id, email, full_name, password_hash) values ($1, $2, $3, $4)",
            user_id, email, name, password_hash,
        )  # fmt: skip
        places = salons if index == 0 else salons[:1]
        await connection.executemany(
            "insert into dashboard.memberships (user_id, tenant_id, role, known_as) values ($1, $2, $3, $4)",
            [(user_id, salon, "owner" if index == 0 else "operator", name) for salon in places],
        )


async def _dialogues(connection: asyncpg.Connection[asyncpg.Record], salon: UUID) -> None:
    client = await connection.fetchval(
        "insert into public.clients_v2 (tenant_id, full_name) values ($1, $2) returning id", salon, MARKUP
    )
    statement = (
        "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel, started_at,"
        " final_status, booking_status, booking_amount, booking_currency, meta)"
        " values (gen_random_uuid(), $1, $2, $3, now(), left($3, 600), $4, $5::text::numeric, $6, $7)"
    )
    rows = [
        (salon, client, text, "confirmed", amount, currency, JSONS[1])
        for text, amount in zip(TEXTS, ("1e300", "NaN", "-5", "999999999999", "0.001") * 9, strict=False)
        for currency in CURRENCIES
    ]
    await connection.executemany(statement, rows)


async def sign_in(visitor: Visitor) -> Page:
    page = await visitor.context.new_page()
    await page.goto(f"{visitor.panel.url}/sign-in")
    await page.locator("input[name=email]").fill(EMAIL)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    await page.wait_for_url("**/s/*/overview*")
    return page


async def test_hostile_text_is_only_text(new_visitor: NewVisitor, salons: list[UUID]) -> None:
    visitor = await new_visitor(PHONE, locale="ru")
    dialogs: list[str] = []

    async def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        await dialog.dismiss()

    page = await sign_in(visitor)
    page.on("dialog", dismiss)

    async def look(at: str) -> None:
        found = await page.evaluate(TRAPS)
        assert found["hacked"] is None, at
        assert found["strange"] == [], at
        assert found["injected"] == 0, at
        assert found["polluted"] is None, at
        assert found["width"] <= PHONE["width"], at
        assert found["longest"] <= 501, at

    salon = f"{visitor.panel.url}/s/{salons[0]}"
    ready = {"overview": ".kpi-value", "users": "tbody tr", "audit": "tbody tr", "settings": ".section-name"}
    for name, sign in ready.items():
        await page.goto(f"{salon}/{name}")
        await page.locator(sign).first.wait_for()
        await look(name)
        if name == "overview":
            await page.locator(".js-plotly-plot .bars .point").first.wait_for(state="attached")
        if name == "users":
            for one in NAMES:
                await expect(page.get_by_text(one, exact=True).first).to_be_visible()
        if name == "audit":
            assert html.escape(f"<script>{HACK}</script>") in await page.content()
        if name == "settings":
            await expect(page.get_by_text(MARKUP, exact=True).last).to_be_visible()
    assert MARKUP in await page.title(), "the tab's title is text too"

    await page.locator(".tenant-picker").click()
    await expect(page.locator(".menu-list .menu-link").first).to_be_visible()
    assert await page.locator(".menu-list .menu-link").count() == len(salons)
    for name in await page.locator(".menu-list .menu-title").all_inner_texts():
        assert name.strip(), "every salon can be seen and chosen"
    await look("the tenant picker")
    await page.locator(".menu-search input").fill("<script>")
    await expect(page.locator(".menu-list .menu-link")).to_have_count(3)
    await look("the tenant picker's search")
    await page.keyboard.press("Escape")

    for other in salons[1:3]:
        await page.goto(f"{visitor.panel.url}/s/{other}/overview")
        await page.locator(".state-empty, .state, .kpi-value").first.wait_for()
        await look(f"salon {salons.index(other)}")
    assert dialogs == []
    assert visitor.complaints == []
    assert visitor.strangers == [], "nobody else was asked for anything"
