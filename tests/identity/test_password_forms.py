"""Changing one's password, and setting it by a one-time link."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx

from identity.reset import new_reset_token, reset_path
from tests.identity.panel import PASSWORD, SignInPanel, sign_in

NEW = "another horse stapler"


async def change(browser: httpx.AsyncClient, **changed: str) -> httpx.Response:
    form = {"current": PASSWORD, "password": NEW, "repeated": NEW} | changed
    return await browser.post("/account/password", data=form)


async def issued_link(panel: SignInPanel, person: UUID, minutes: int = 60) -> str:
    token, token_hash = new_reset_token()
    await panel.database.execute(
        "insert into dashboard.password_resets (token_hash, user_id, expires_at)"
        " values (decode($1, 'hex'), $2, now() + $3)",
        token_hash,
        person,
        timedelta(minutes=minutes),
    )
    return reset_path(token)


async def set_password(browser: httpx.AsyncClient, link: str, **changed: str) -> httpx.Response:
    return await browser.post(link, data={"password": NEW, "repeated": NEW} | changed)


class TestChange:
    async def test_sets_it_renews_this_session_and_ends_the_others(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser, phone = panel.browser(), panel.browser()
        before = (await sign_in(browser)).headers["set-cookie"]
        await sign_in(phone)
        answer = await change(browser)
        assert answer.status_code == 303
        assert answer.headers["set-cookie"].split(";")[0] != before.split(";")[0]
        assert "Your password is changed" in (await browser.get(answer.headers["location"])).text
        await asyncio.sleep(2.1)
        assert (await phone.get("/")).status_code == 303
        assert await panel.open_sessions() == 1
        assert (await sign_in(panel.browser())).status_code == 401
        assert (await sign_in(panel.browser(), password=NEW)).status_code == 303
        assert "password.changed" in await panel.audit()

    async def test_takes_the_present_one_and_does_not_let_it_be_guessed(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        statuses = [(await change(browser, current=f"guess {number}")).status_code for number in range(11)]
        assert statuses == [403] * 10 + [429]
        assert (await change(browser)).status_code == 429

    async def test_needs_somebody_signed_in(self, panel: SignInPanel) -> None:
        await panel.add_person()
        answer = await panel.browser().get("/account/password")
        assert answer.headers["location"] == "/sign-in?next=/account/password"
        assert (await change(panel.browser())).status_code == 401

    async def test_refuses_a_weak_one_before_anything_else(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        answer = await change(browser, password="anna@salon.test", repeated="anna@salon.test")
        assert answer.status_code == 422
        assert "too easy to guess" in answer.text


class TestReset:
    async def test_works_once_and_ends_every_session(self, panel: SignInPanel) -> None:
        person = await panel.add_person()
        await sign_in(panel.browser())
        link = await issued_link(panel, person)
        browser = panel.browser()
        form = await browser.get(link)
        assert form.status_code == 200
        assert 'value="anna@salon.test"' in form.text
        answer = await set_password(browser, link)
        assert answer.headers["location"] == "/sign-in?notice=password_reset"
        assert "new password is set" in (await browser.get(answer.headers["location"])).text
        assert await panel.open_sessions() == 0
        assert (await browser.get(link)).status_code == 404
        assert (await set_password(browser, link, password=PASSWORD, repeated=PASSWORD)).status_code == 404
        assert (await sign_in(browser, password=NEW)).status_code == 303

    async def test_of_two_at_the_same_time_one_wins(self, panel: SignInPanel) -> None:
        link = await issued_link(panel, await panel.add_person())
        tries = [
            set_password(panel.browser(), link, password=f"{NEW} {n}", repeated=f"{NEW} {n}")
            for n in range(4)
        ]
        answers = await asyncio.gather(*tries)
        assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]

    async def test_expired_unknown_and_malformed_links_look_the_same(self, panel: SignInPanel) -> None:
        expired = await issued_link(panel, await panel.add_person(), minutes=-1)
        answers = {
            (
                (await panel.browser().get(link)).status_code,
                (await set_password(panel.browser(), link)).status_code,
            )
            for link in (
                expired,
                f"/reset/{'x' * 43}",
                "/reset/x",
                "/reset/%00",
                f"/reset/{'x' * 5000}",
            )
        }
        assert answers == {(404, 404)}

    async def test_a_weak_password_leaves_the_link_good(self, panel: SignInPanel) -> None:
        link = await issued_link(panel, await panel.add_person())
        answer = await set_password(panel.browser(), link, password="short", repeated="short")
        assert answer.status_code == 422
        assert (await set_password(panel.browser(), link)).status_code == 303

    async def test_of_somebody_switched_off_is_not_good(self, panel: SignInPanel) -> None:
        link = await issued_link(panel, await panel.add_person(is_active=False))
        assert (await panel.browser().get(link)).status_code == 404

    async def test_guessing_is_cut_short(self, panel: SignInPanel) -> None:
        good = await issued_link(panel, await panel.add_person())
        browser = panel.browser()
        statuses = [(await set_password(browser, f"/reset/{n:043}")).status_code for n in range(10)]
        statuses += [(await browser.get(f"/reset/{n:043}")).status_code for n in range(10)]
        assert statuses == [404] * 20
        assert (await browser.get(good)).status_code == 429
        assert (await set_password(browser, good)).status_code == 429
        assert (await set_password(panel.browser(peer="203.0.113.7"), good)).status_code == 303

    async def test_database_away_says_so(self, panel: SignInPanel) -> None:
        link = await issued_link(panel, await panel.add_person())
        panel.switch.is_cut = True
        assert (await panel.browser().get(link)).status_code == 503
        assert (await set_password(panel.browser(), link)).status_code == 503
