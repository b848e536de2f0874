"""The plain pages: language, colours, headers, markup, and what hostile input does to them (nothing)."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from errors import AppError
from tests.identity.panel import SignInPanel, sign_in

HOSTILE = [
    "\x00",
    "a\x00b@salon.test",
    "\u202etset.nolas@anna",
    "👩‍👩‍👧@salon.test",
    "<script>alert(1)</script>@x.test",
    "\"onfocus='alert(1)'@x.test",
    "{{7*7}}@x.test",
    "' or 1=1 --@x.test",
    "=HYPERLINK(1)@x.test",
    "%00%ff@x.test",
    "a" * 2000,
    "\ud7ff\ufffe\U0010ffff@x.test",
]


class TestLook:
    @pytest.mark.parametrize(
        ("accepts", "language", "word"),
        [
            ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Войти"),
            ("en-GB,en;q=0.9", "en", "Sign in"),
            ("de", "en", "Sign in"),
            ("", "en", "Sign in"),
            ("ru;q=x;;,,q=,*;*", "ru", "Войти"),
        ],
    )
    async def test_language_is_the_browsers(
        self, panel: SignInPanel, accepts: str, language: str, word: str
    ) -> None:
        await panel.add_person()
        answer = await panel.browser().get("/sign-in", headers={"accept-language": accepts})
        assert f'<html lang="{language}"' in answer.text
        assert word in answer.text

    async def test_language_chosen_by_link_stays(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        page = await browser.get("/reset/nothing?a=1%262")
        link = re.search(r'href="(\?[^"]+)"', page.text)
        assert link
        chosen = await browser.get("/reset/nothing" + link[1].replace("&amp;", "&"))
        assert '<html lang="ru"' in chosen.text
        assert dict(chosen.url.params)["a"] == "1&2"
        assert '<html lang="ru"' in (await browser.get("/sign-in")).text

    async def test_unknown_choices_are_ignored(self, panel: SignInPanel) -> None:
        await panel.add_person()
        browser = panel.browser()
        browser.cookies.set("lang", "../../etc")
        browser.cookies.set("theme", '"><script>')
        answer = await browser.get("/sign-in?lang=xx")
        assert '<html lang="en">' in answer.text
        assert "set-cookie" not in answer.headers

    async def test_persons_own_look_is_remembered_for_the_next_time(self, panel: SignInPanel) -> None:
        await panel.add_person(locale="ru", theme="dark")
        browser = panel.browser()
        await sign_in(browser)
        await browser.post("/sign-out")
        assert '<html lang="ru" data-theme="dark">' in (await browser.get("/sign-in")).text

    async def test_persons_own_look_counts_as_soon_as_it_is_changed(self, panel: SignInPanel) -> None:
        await panel.add_person(locale="en", theme="light")
        browser = panel.browser()
        await sign_in(browser)
        await panel.database.execute("update dashboard.users set locale = 'ru', theme = 'dark'")
        assert '<html lang="ru" data-theme="dark">' in (await browser.get("/account/password")).text


class TestPage:
    async def test_runs_no_script_and_loads_nothing_from_elsewhere(self, panel: SignInPanel) -> None:
        await panel.add_person()
        answer = await panel.browser().get("/sign-in")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"<script|style=| on\w+=|https?://", answer.text)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"

    async def test_fields_are_labelled_and_known_to_password_managers(self, panel: SignInPanel) -> None:
        await panel.add_person()
        page = (await panel.browser().get("/sign-in")).text
        for field, kind in (("email", "username"), ("password", "current-password")):
            assert f'<label for="{field}">' in page
            assert re.search(rf'id="{field}"[^>]*autocomplete="{kind}"', page)
        assert page.count("autofocus") == 1

    def test_style_uses_only_what_the_theme_has(self) -> None:
        static = Path(__file__).parents[2] / "static"
        known = set(re.findall(r"(--[\w-]+):", (static / "theme.css").read_text()))
        used = set(re.findall(r"var\((--[\w-]+)", (static / "forms.css").read_text()))
        assert used <= known


class TestHostileInput:
    async def test_in_every_field_of_every_form(self, panel: SignInPanel) -> None:
        browser = panel.browser(accept="text/html")
        for text in HOSTILE:
            form = dict.fromkeys(("email", "full_name", "password", "repeated", "code", "current"), text)
            answer = await browser.post("/setup", data=form)
            assert answer.status_code in {422, 429}, text
            assert not re.search(r"<script>|\x00|\d='alert|49@x.test", answer.text)
        await panel.add_person()
        for number, text in enumerate(HOSTILE):
            visitor = panel.browser(peer=f"203.0.113.{number}")
            answer = await visitor.post("/sign-in", data={"email": text, "password": text})
            assert answer.status_code in {401, 422}, text
            assert "<script>" not in answer.text
        assert await panel.database.fetchval("select count(*) from dashboard.users") == 1

    async def test_in_addresses_and_headers(self, panel: SignInPanel) -> None:
        await panel.add_person()
        for text in HOSTILE[:8]:
            answer = await panel.browser().get("/sign-in?" + urlencode({"next": text, "notice": text}))
            assert answer.status_code == 200
            assert "<script>" not in answer.text
        browser = panel.browser(**{"user-agent": "x\t<b>" * 3000})
        assert (await sign_in(browser)).status_code == 303

    async def test_bodies_that_are_no_forms(self, panel: SignInPanel) -> None:
        await panel.add_person()
        form = {"content-type": "application/x-www-form-urlencoded"}
        for body, headers, status in (
            (b"", form, 422),
            (b"\xff\xfe\x00", form, 422),
            (b"&" * 10_000, form, 422),
            (b"email=" + b"a" * 100_000, form, 413),
            (b"email=" + b"a" * 10_000_000, form, 413),
            (b"{}", {"content-type": "application/json"}, 422),
            (b"--x\r\n", {"content-type": "multipart/form-data; boundary=x"}, 422),
        ):
            answer = await panel.browser().post("/sign-in", content=body, headers=headers)
            assert answer.status_code == status

    async def test_what_others_tell_is_shown_as_text(self, panel: SignInPanel) -> None:
        browser = panel.browser(origin="http://<script>alert(1)</script>")
        answer = await browser.post("/sign-in", data={"email": "a@b.test"})
        assert answer.status_code == 403
        assert "<script>" not in answer.text


class TestTokensOnTheWire:
    async def test_foreign_and_expired_ones_open_nothing(self, panel: SignInPanel) -> None:
        from data import Supabase
        from identity.store import SignInStore
        from identity.tokens import TokenMinter

        supabase = Supabase("http://supabase.local", "anon", transport=panel.switch)
        foreign = TokenMinter.from_secret("a-secret-of-somebody-else-0123456789ab")
        expired = TokenMinter.from_secret(
            "the-jwt-secret-of-the-test-project-0123456789", lambda: 1_700_000_000.0
        )
        other_role = TokenMinter.from_secret("the-jwt-secret-of-the-test-project-0123456789")
        for token in (
            foreign.machine_source("dashboard_auth"),
            expired.machine_source("dashboard_auth"),
            other_role.machine_source("dashboard_live"),
            lambda: "junk",
        ):
            with pytest.raises(AppError) as refusal:
                await SignInStore(supabase.door(token)).find_account("anna@salon.test")
            assert refusal.value.status in {401, 403} or refusal.value.code == "token_not_trusted"
