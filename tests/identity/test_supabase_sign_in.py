"""Passwords kept by Supabase Auth: the embedded one, and answers that only a hosted one gives."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from errors import TooMany, Unavailable
from identity.supabase_auth import SupabaseAuth
from tests.identity.panel import PASSWORD, PASSWORD_HASH, SignInPanel, sign_in


async def add_auth_user(
    panel: SignInPanel, email: str = "anna@salon.test", *, confirmed: bool = True
) -> UUID:
    return UUID(
        str(
            await panel.database.fetchval(
                "insert into auth.users (email, encrypted_password, email_confirmed_at)"
                " values ($1, $2, case when $3 then now() end) returning id",
                email,
                PASSWORD_HASH,
                confirmed,
            )
        )
    )


class TestSignIn:
    async def test_links_the_person_and_keeps_no_tokens(self, supabase_panel: SignInPanel) -> None:
        panel = supabase_panel
        auth_user = await add_auth_user(panel)
        await panel.add_person(password_hash=None)
        browser = panel.browser()
        assert (await sign_in(browser)).status_code == 303
        assert (await browser.get("/")).text == "anna@salon.test"
        assert await panel.database.fetchval("select auth_user_id from dashboard.users") == auth_user
        assert await panel.database.fetchval("select count(*) from auth.sessions") == 0
        assert (await sign_in(panel.browser())).status_code == 303

    async def test_one_answer_for_wrong_unknown_unconfirmed_and_switched_off(
        self, supabase_panel: SignInPanel
    ) -> None:
        panel = supabase_panel
        await add_auth_user(panel)
        await add_auth_user(panel, "stranger@salon.test")
        await add_auth_user(panel, "hasty@salon.test", confirmed=False)
        await add_auth_user(panel, "off@salon.test")
        for email in ("anna@salon.test", "hasty@salon.test"):
            await panel.add_person(email)
        await panel.add_person("off@salon.test")
        assert (await sign_in(panel.browser(), "off@salon.test")).status_code == 303
        await panel.database.execute(
            "update dashboard.users set is_active = false where email = 'off@salon.test'"
        )
        told = set()
        for email, password in (
            ("anna@salon.test", "wrong"),
            ("nobody@salon.test", PASSWORD),
            ("stranger@salon.test", PASSWORD),
            ("hasty@salon.test", PASSWORD),
            ("off@salon.test", PASSWORD),
        ):
            answer = await sign_in(panel.browser(), email, password)
            told.add((answer.status_code, answer.text.replace(email, "…")))
        assert [status for status, _ in told] == [401]
        assert (await panel.audit()).count("sign_in_failed") == 5

    async def test_own_password_hashes_do_not_count(self, supabase_panel: SignInPanel) -> None:
        await supabase_panel.add_person()
        assert (await sign_in(supabase_panel.browser())).status_code == 401

    async def test_first_admin_is_a_user_of_the_project(self, supabase_panel: SignInPanel) -> None:
        panel = supabase_panel
        form = {"email": "anna@salon.test", "full_name": "Anna", "password": PASSWORD}
        assert (await panel.browser().post("/setup", data=form)).status_code == 401
        await add_auth_user(panel)
        browser = panel.browser()
        assert (await browser.post("/setup", data=form)).status_code == 303
        assert (await sign_in(panel.browser())).status_code == 303

    async def test_password_forms_say_where_passwords_are(self, supabase_panel: SignInPanel) -> None:
        panel = supabase_panel
        await add_auth_user(panel)
        await panel.add_person()
        browser = panel.browser()
        await sign_in(browser)
        for path in ("/account/password", f"/reset/{'x' * 43}"):
            answer = await browser.get(path)
            assert answer.status_code == 409
            assert "Passwords are kept by Supabase Auth" in answer.text


def answering(status: int, json: object = None, headers: dict[str, str] | None = None) -> SupabaseAuth:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/logout"):
            return httpx.Response(204)
        return httpx.Response(status, json=json, headers=headers)

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return SupabaseAuth("http://project.test", "key", http)


class TestHostedAnswers:
    async def test_wrong_password(self) -> None:
        assert await answering(400, {"error_code": "invalid_credentials"}).check("a@b.test", "x") is None

    async def test_its_own_rate_limit_is_passed_on(self) -> None:
        with pytest.raises(TooMany) as refusal:
            await answering(429, {}, {"retry-after": "17"}).check("a@b.test", "x")
        assert refusal.value.retry_after == 17

    @pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
    async def test_any_other_answer_is_no_verdict(self, status: int) -> None:
        with pytest.raises(Unavailable):
            await answering(status, {}).check("a@b.test", "x")

    async def test_second_factor_is_seen(self) -> None:
        user = {"id": str(UUID(int=1)), "email": "a@b.test", "factors": [{"status": "verified"}]}
        found = await answering(200, {"access_token": "t", "user": user}).check("a@b.test", "x")
        assert found is not None
        assert found.has_second_factor

    async def test_no_answer_at_all(self) -> None:
        def away(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectTimeout("away")

        http = httpx.AsyncClient(transport=httpx.MockTransport(away))
        with pytest.raises(Unavailable):
            await SupabaseAuth("http://project.test", "key", http).check("a@b.test", "x")
