"""The plain forms' markup, and choosing a language in the middle of filling one in."""

from __future__ import annotations

import re

import httpx
import pytest

from auth import new_reset_token
from tests.identity.panel import PASSWORD, SignInPanel, sign_in

EMAIL = "anna@salon.test"
RUN_TOGETHER = re.compile(r'="[^"]*"[^\s>/]')


async def every_form(panel: SignInPanel) -> dict[str, httpx.Response]:
    """Each form, empty and after a problem."""
    browser = panel.browser()
    forms = {"setup": await browser.get("/setup")}
    forms["setup refused"] = await browser.post("/setup", data={"email": EMAIL, "full_name": "Anna"})
    user_id = await panel.add_person()
    forms["sign-in"] = await browser.get("/sign-in")
    forms["sign-in refused"] = await sign_in(browser, password="wrong pass phrase")
    token, token_hash = new_reset_token()
    await panel.database.execute(
        "insert into dashboard.password_resets (token_hash, user_id, issued_by, expires_at)"
        " values (decode($1, 'hex'), $2, $2, now() + interval '1 hour')",
        token_hash,
        user_id,
    )
    forms["reset"] = await browser.get(f"/reset/{token}")
    forms["reset refused"] = await browser.post(f"/reset/{token}", data={"password": "short"})
    await sign_in(browser)
    forms["password"] = await browser.get("/account/password")
    forms["password refused"] = await browser.post(
        "/account/password", data={"current": "x", "password": "y"}
    )
    return forms


async def test_attributes_stand_apart(panel: SignInPanel) -> None:
    for name, form in (await every_form(panel)).items():
        assert "<form" in form.text, name
        assert RUN_TOGETHER.findall(form.text) == [], name


async def test_another_language_can_be_chosen_on_every_form(panel: SignInPanel) -> None:
    for name, form in (await every_form(panel)).items():
        assert '<html lang="en"' in form.text, name
        assert re.search(r'<button form="form" [^>]*name="lang" value="ru"', form.text), name
        assert '<form method="post" id="form"' in form.text, name


class TestChoosingALanguage:
    async def test_keeps_what_was_typed_and_sends_nothing(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        typed = {"email": EMAIL, "password": PASSWORD, "lang": "ru"}
        answer = await browser.post("/sign-in?notice=ended&next=/clients", data=typed)
        assert answer.status_code == 200
        assert '<html lang="ru"' in answer.text
        assert f'value="{EMAIL}"' in answer.text
        assert PASSWORD not in answer.text
        assert 'role="alert"' not in answer.text
        assert 'role="status"' in answer.text, "how one came here is still said"
        assert await panel.open_sessions() == 0
        assert await panel.audit() == []

    async def test_stays_for_the_next_time(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await browser.post("/sign-in", data={"lang": "ru"})
        assert '<html lang="ru"' in (await browser.get("/sign-in")).text

    async def test_leads_on_to_where_one_wanted_to_go(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await browser.post("/sign-in?next=/clients", data={"email": EMAIL, "lang": "ru"})
        answer = await sign_in(browser, next="/clients")
        assert answer.headers["location"] == "/clients"

    async def test_counts_more_than_one_in_the_address(self, panel: SignInPanel) -> None:
        await panel.add_person()
        answer = await panel.browser().post("/sign-in?lang=en", data={"lang": "ru"})
        assert '<html lang="ru"' in answer.text

    async def test_that_does_not_exist_is_no_choice(self, panel: SignInPanel) -> None:
        await panel.add_person()
        answer = await panel.browser().post("/sign-in", data={"email": EMAIL, "lang": "../x"})
        assert answer.status_code == 422

    @pytest.mark.parametrize("origin", ["http://evil.test", "null"])
    async def test_is_not_for_other_sites(self, panel: SignInPanel, origin: str) -> None:
        await panel.add_person()
        answer = await panel.browser().post("/sign-in", data={"lang": "ru"}, headers={"origin": origin})
        assert answer.status_code == 403

    async def test_keeps_what_was_typed_into_the_setup_form(self, panel: SignInPanel) -> None:
        typed = {"email": EMAIL, "full_name": "Анна", "lang": "ru"}
        answer = await panel.browser().post("/setup", data=typed)
        assert answer.status_code == 200
        assert f'value="{EMAIL}"' in answer.text
        assert 'value="Анна"' in answer.text
