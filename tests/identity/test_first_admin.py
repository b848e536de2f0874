"""The first administrator, over a database with nobody in it."""

from __future__ import annotations

import asyncio
import logging
import re

import httpx
import pytest

from tests.database import DashboardDatabase
from tests.identity.panel import PASSWORD, SignInPanel

FORM = {"email": "anna@salon.test", "full_name": "Анна", "password": PASSWORD, "repeated": PASSWORD}


async def set_up(browser: httpx.AsyncClient, **changed: str) -> httpx.Response:
    return await browser.post("/setup", data=FORM | changed)


class TestFromThisMachine:
    async def test_first_visit_leads_to_the_form_which_leads_in(self, panel: SignInPanel) -> None:
        browser = panel.browser()
        assert (await browser.get("/sign-in")).headers["location"] == "/setup"
        form = await browser.get("/setup")
        assert 'name="full_name"' in form.text
        assert 'name="code"' not in form.text
        answer = await set_up(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await browser.get("/")).text == "anna@salon.test"
        role = await panel.database.fetchval("select role from dashboard.memberships where tenant_id is null")
        assert role == "platform_admin"

    async def test_is_gone_once_there_is_somebody(self, panel: SignInPanel) -> None:
        await panel.add_person("boris@salon.test")
        for answer in (await panel.browser().get("/setup"), await set_up(panel.browser())):
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert await panel.database.fetchval("select count(*) from dashboard.users") == 1

    async def test_of_two_at_the_same_time_one_is_first(self, panel: SignInPanel) -> None:
        answers = await asyncio.gather(
            *(set_up(panel.browser(), email=f"a{number}@salon.test") for number in range(4))
        )
        # Who loses the race is refused; who comes after it is led to the sign-in form.
        entered = [answer for answer in answers if "set-cookie" in answer.headers]
        assert [answer.status_code for answer in entered] == [303]
        for answer in answers:
            if answer not in entered:
                late = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
                assert late or answer.status_code == 409
        assert await panel.database.fetchval("select count(*) from dashboard.users") == 1

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"password": "short", "repeated": "short"}, "at least 10 characters"),
            ({"repeated": "another password"}, "differ"),
            ({"email": "anna"}, "not an e-mail address"),
            ({"full_name": ""}, "Enter your name"),
        ],
    )
    async def test_keeps_what_was_typed_and_marks_what_is_wrong(
        self, panel: SignInPanel, changed: dict[str, str], told: str
    ) -> None:
        answer = await set_up(panel.browser(), **changed)
        assert answer.status_code == 422
        assert told in answer.text
        assert answer.text.count('aria-invalid="true"') == 1
        assert answer.text.count("autofocus") == 1
        if "full_name" not in changed:
            assert 'value="Анна"' in answer.text
        assert PASSWORD not in answer.text


class TestFromElsewhere:
    async def test_takes_the_code_from_the_log(
        self, dashboard_database: DashboardDatabase, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            async with SignInPanel.running(dashboard_database) as panel:
                await self._open_by_code(panel, caplog)

    async def _open_by_code(self, panel: SignInPanel, caplog: pytest.LogCaptureFixture) -> None:
        found = re.search(r"code is (\w{16})", caplog.text)
        assert found
        far = panel.browser("http://panel.test", peer="203.0.113.7")
        assert 'name="code"' in (await far.get("/setup")).text
        for wrong in ("", "A" * 16, found[1][:-1]):
            answer = await set_up(far, code=wrong)
            assert answer.status_code == 403
            assert "not the setup code" in answer.text
        code = f" {found[1][:4]}-{found[1][4:]} ".lower()
        assert (await set_up(far, code=code)).status_code == 303

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-forwarded-for": "127.0.0.1"},
            {"host": "rebound.test:8080", "origin": "http://rebound.test:8080"},
        ],
    )
    async def test_loopback_behind_a_proxy_or_a_foreign_name_is_elsewhere(
        self, panel: SignInPanel, headers: dict[str, str]
    ) -> None:
        assert (await set_up(panel.browser(**headers))).status_code == 403

    async def test_guessing_is_cut_short(self, panel: SignInPanel) -> None:
        far = panel.browser("http://panel.test", peer="203.0.113.7")
        statuses = [(await set_up(far, code=f"{number:016}")).status_code for number in range(11)]
        assert statuses == [403] * 10 + [429]


async def test_database_away_says_so(panel: SignInPanel) -> None:
    panel.switch.is_cut = True
    assert (await panel.browser().get("/setup")).status_code == 503
    assert (await set_up(panel.browser())).status_code == 503
