"""Signing in and out, over a real database."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import AsyncExitStack

import pytest

from config import load_settings
from identity.cookies import SessionCookie
from tests.identity.fakes import recorded_checks
from tests.identity.panel import ADDRESS, PASSWORD, SignInPanel, open_socket, sign_in
from tests.waiting import until

COOKIE = "agent_p_session_8080"


class TestSignIn:
    async def test_right_pair_opens_the_panel(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        answer = await sign_in(browser, " Anna@Salon.test ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await browser.get("/")).text == "anna@salon.test"
        assert await panel.audit() == ["sign_in"]

    async def test_cookie_is_out_of_reach_of_scripts_and_other_sites(self, panel: SignInPanel) -> None:
        await panel.add_person()
        cookie = (await sign_in(panel.browser())).headers["set-cookie"]
        assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax", cookie)

    async def test_database_never_sees_the_cookie(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        stored = await panel.database.fetchval(
            "select encode(session_hash, 'hex') from dashboard.auth_sessions"
        )
        assert browser.cookies[COOKIE] not in stored

    async def test_leads_where_one_wanted_to_go(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        asked = await browser.get("/clients?q=a")
        form = await browser.get(asked.headers["location"])
        assert form.status_code == 200
        answer = await sign_in(browser, next="/clients?q=a")
        assert answer.headers["location"] == "/clients?q=a"

    @pytest.mark.parametrize(
        "wanted", ["//evil.test", "https://evil.test", "/\\evil.test", "/\t/evil.test", "/sign-in"]
    )
    async def test_never_leads_elsewhere(self, panel: SignInPanel, wanted: str) -> None:
        await panel.add_person()
        assert (await sign_in(panel.browser(), next=wanted)).headers["location"] == "/"

    async def test_who_is_signed_in_skips_the_form(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        answer = await browser.get("/sign-in?next=/clients")
        assert (answer.status_code, answer.headers["location"]) == (303, "/clients")


class TestWrongPair:
    async def test_one_answer_for_every_kind(
        self, panel: SignInPanel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        await panel.add_person()
        await panel.add_person("off@salon.test", is_active=False)
        await panel.add_person("linked@salon.test", password_hash=None)
        work = recorded_checks(monkeypatch)
        told = set()
        with caplog.at_level(logging.INFO):
            for email, password in (
                ("anna@salon.test", "wrong"),
                ("nobody@salon.test", "wrong"),
                ("off@salon.test", PASSWORD),
                ("linked@salon.test", "wrong"),
                ("anna@salon.test", "x" * 5000),
            ):
                panel.switch.asked.clear()
                answer = await sign_in(panel.browser(), email, password)
                told.add((answer.status_code, answer.text.replace(email, "…"), tuple(panel.switch.asked)))
        assert [status for status, _, _ in told] == [401]
        assert work == ["$2b$04$"] * 5
        assert await panel.audit() == ["sign_in_failed"] * 5
        assert "anna@" not in caplog.text
        assert "***@salon.test" in caplog.text

    async def test_keeps_the_address_and_never_the_password(self, panel: SignInPanel) -> None:
        await panel.add_person()
        answer = await sign_in(panel.browser(), "anna@salon.test", "not-the-password")
        assert 'value="anna@salon.test"' in answer.text
        assert "not-the-password" not in answer.text
        assert 'role="alert"' in answer.text

    async def test_account_is_locked_after_ten_for_everybody(self, panel: SignInPanel) -> None:
        await panel.add_person()
        for number in range(10):
            answer = await sign_in(panel.browser(peer=f"203.0.113.{number}"), password="wrong")
            assert answer.status_code == 401
        answer = await sign_in(panel.browser(peer="198.51.100.1"))
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 900
        assert (await sign_in(panel.browser(), "nobody@salon.test", "wrong")).status_code == 401

    async def test_address_is_locked_after_thirty_over_all_accounts(self, panel: SignInPanel) -> None:
        await panel.add_person()
        for number in range(30):
            browser = panel.browser(peer=f"2001:db8:1:2::{number:x}")
            assert (await sign_in(browser, f"a{number}@salon.test", "wrong")).status_code == 401
        assert (await sign_in(panel.browser(peer="2001:db8:1:2:ffff::1"))).status_code == 429
        assert (await sign_in(panel.browser(peer="2001:db8:1:3::1"))).status_code == 303

    async def test_signing_in_often_is_no_failure(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        for _ in range(12):
            assert (await sign_in(browser)).status_code == 303

    async def test_database_away_says_so_and_locks_nobody_out(self, panel: SignInPanel) -> None:
        await panel.add_person()
        await sign_in(panel.browser(), password="wrong")
        panel.switch.is_cut = True
        for _ in range(12):
            answer = await sign_in(panel.browser())
            assert answer.status_code == 503
            assert "The database does not answer." in answer.text
        panel.switch.is_cut = False
        assert (await sign_in(panel.browser())).status_code == 303


class TestForgery:
    async def test_forms_of_other_origins_are_refused(self, panel: SignInPanel) -> None:
        await panel.add_person()
        owner = panel.browser()
        await sign_in(owner)
        for path in ("/sign-in", "/sign-out", "/setup", f"/reset/{'x' * 43}", "/account/password"):
            for origin in ("http://evil.test", "null", "http://localhost:8081", ""):
                answer = await owner.post(path, data={"password": "x"}, headers={"origin": origin})
                assert answer.status_code == 403
                assert "PUBLIC_URL" in answer.text
        assert await panel.audit() == ["sign_in"]

    async def test_a_program_without_an_origin_is_told_why(self, panel: SignInPanel) -> None:
        browser = panel.browser()
        del browser.headers["origin"]
        answer = await browser.post("/sign-in", data={"email": "a@b.test", "password": "x"})
        assert answer.status_code == 403
        assert "does not say which page it came from" in answer.text

    async def test_a_planted_session_id_is_never_adopted(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        planted = "p" * 43
        browser.cookies.set(COOKIE, planted)
        given = (await sign_in(browser)).cookies[COOKIE]
        assert given != planted
        browser.cookies.clear()
        browser.cookies.set(COOKIE, planted)
        assert (await browser.get("/")).status_code == 303

    async def test_signing_in_again_ends_the_session_before(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser, thief = panel.browser(), panel.browser()
        thief.cookies.set(COOKIE, (await sign_in(browser)).cookies[COOKIE])
        assert (await thief.get("/")).status_code == 200
        await sign_in(browser)
        assert (await thief.get("/")).status_code == 303
        assert (await browser.get("/")).status_code == 200
        assert await panel.open_sessions() == 1


class TestSignOut:
    async def test_ends_the_session_and_its_open_pages_at_once(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        async with open_socket(panel, browser) as sent:
            assert [message["type"] for message in sent] == ["websocket.accept"]
            answer = await browser.post("/sign-out")
            assert answer.headers["location"] == "/sign-in?notice=signed_out"
            assert COOKIE not in browser.cookies
            assert await panel.open_sessions() == 0
            await until(lambda: sent[-1].get("code") == 4401)
        assert "signed out" in (await browser.get(answer.headers["location"])).text
        assert await panel.audit() == ["sign_in", "sign_out"]

    async def test_an_end_elsewhere_reaches_open_pages_within_five_seconds(self, panel: SignInPanel) -> None:
        statements = [
            "update dashboard.auth_sessions set ended_at = now() where user_id = $1",
            "update dashboard.auth_sessions set idle_expires_at = now() where user_id = $1",
            "update dashboard.auth_sessions set idle_expires_at = now(), expires_at = now()"
            " where user_id = $1",
            "update dashboard.users set is_active = false where user_id = $1",
            "delete from dashboard.users where user_id = $1",
        ]
        browsers, sockets = [], []
        async with AsyncExitStack() as opened:
            for number, statement in enumerate(statements):
                email = f"a{number}@salon.test"
                person = await panel.add_person(email)
                browsers.append(panel.browser())
                await sign_in(browsers[-1], email)
                sockets.append(await opened.enter_async_context(open_socket(panel, browsers[-1])))
                await panel.database.execute(statement, person)
            await until(lambda: all(sent[-1]["type"] == "websocket.close" for sent in sockets), 5)
        for browser in browsers:
            assert (await browser.get("/")).status_code == 303
            assert (await browser.get("/session")).status_code == 401

    async def test_of_nobody_leads_to_the_form(self, panel: SignInPanel) -> None:
        assert (await panel.browser().post("/sign-out")).status_code == 303

    async def test_by_a_link_is_not_possible(self, panel: SignInPanel) -> None:
        assert (await panel.browser().get("/sign-out")).status_code == 405

    async def test_with_the_database_away_keeps_the_session_and_says_so(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        panel.switch.is_cut = True
        assert (await browser.post("/sign-out")).status_code == 503
        assert COOKIE in browser.cookies


class TestExpiry:
    async def test_activity_puts_the_idle_end_off(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        await panel.database.execute(
            "update dashboard.auth_sessions set idle_expires_at = now() + interval '1 minute'"
        )
        await browser.get("/")
        await panel.auth.sessions.sweep()
        left = await panel.database.fetchval("select idle_expires_at - now() from dashboard.auth_sessions")
        assert left.total_seconds() > 3600

    async def test_state_of_a_session_is_told_to_pages_that_lost_their_socket(
        self, panel: SignInPanel
    ) -> None:
        await panel.add_person()
        browser = panel.browser()
        assert (await browser.get("/session")).status_code == 401
        await sign_in(browser)
        assert (await browser.get("/session")).status_code == 204
        await asyncio.sleep(2.1)
        panel.switch.is_cut = True
        assert (await browser.get("/session")).status_code == 503


class TestCookieName:
    def test_names_the_port_or_is_bound_to_the_host(self) -> None:
        assert SessionCookie.of(load_settings({"PORT": "8081"})).name == "agent_p_session_8081"
        balanced = load_settings({"PORT": "8081", "PUBLIC_URL": "http://panel.lan:9000"})
        assert SessionCookie.of(balanced).name == "agent_p_session_9000", "one name at all panels behind it"
        secure = SessionCookie.of(load_settings({"PUBLIC_URL": "https://panel.test"}))
        assert (secure.name, secure.is_secure) == ("__Host-agent_p_session", True)
        other_port = SessionCookie.of(load_settings({"PUBLIC_URL": "https://panel.test:8443"}))
        assert other_port.name == "__Host-agent_p_session_8443"

    async def test_secure_behind_tls(self, dashboard_database: object) -> None:
        async with SignInPanel.running(dashboard_database, PUBLIC_URL="https://panel.test") as panel:  # type: ignore[arg-type]
            await panel.add_person()
            browser = panel.browser("https://panel.test")
            answer = await sign_in(browser)
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-agent_p_session=")
            assert "; Secure" in cookie
            assert answer.headers["strict-transport-security"]
            assert (await sign_in(panel.browser(ADDRESS))).status_code == 403
