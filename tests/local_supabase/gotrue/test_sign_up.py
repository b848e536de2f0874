"""Signing up, off unless the settings allow it, and what the signed-in may change of themselves."""

import json
from dataclasses import replace

import asyncpg
import httpx
import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from local_supabase.gotrue.users import User
from local_supabase.settings import Settings
from tests.local_supabase.gotrue.conftest import EMAIL, PASSWORD, Connect

NEW = {"email": "new@example.com", "password": "secret-1"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, signup_enabled=True)


class TestWithoutTheSetting:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, signup_enabled=False)

    async def test_nobody_signs_up(self, http: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
        answer = await http.post("/signup", json=NEW)
        assert (answer.status_code, answer.json()["error_code"]) == (422, "signup_disabled")
        assert await pool.fetchval("select count(*) from auth.users") == 0
        assert (await http.get("/settings")).json()["disable_signup"] is True


async def test_a_new_person_is_signed_in_at_once(connect: Connect, http: httpx.AsyncClient) -> None:
    client = await connect()
    answer = await client.auth.sign_up({"email": "New@Example.com", "password": "secret-1"})
    assert answer.session is not None
    assert answer.user is not None
    assert answer.user.email_confirmed_at is not None
    found = await client.auth.get_user()
    assert found is not None
    assert found.user.email == "new@example.com"
    again = await (await connect()).auth.sign_in_with_password(
        {"email": "new@example.com", "password": "secret-1"}
    )
    assert again.session is not None
    assert (await http.get("/settings")).json()["disable_signup"] is False


async def test_what_is_told_of_oneself_at_sign_up_is_kept(connect: Connect) -> None:
    client = await connect()
    answer = await client.auth.sign_up(
        {"email": "new@example.com", "password": "secret-1", "options": {"data": {"full_name": "Анна"}}}
    )
    assert answer.user is not None
    assert answer.user.user_metadata == {"full_name": "Анна"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": EMAIL, "password": "secret-1"}, 422, "user_already_exists"),
        ({"email": "nonsense", "password": "secret-1"}, 422, "validation_failed"),
        ({"email": "new@example.com", "password": "123"}, 422, "weak_password"),
        ({"phone": "+123456789", "password": "secret-1"}, 400, "phone_provider_disabled"),
        ({"data": {}}, 422, "anonymous_provider_disabled"),
        ({**NEW, "data": {"a": ["\0"]}}, 400, "validation_failed"),
        ({**NEW, "data": {"\ud800": 1}}, 400, "validation_failed"),
        ({**NEW, "data": {"a": r"not a NUL: \u0000", "password": 1}}, 200, None),
        ({**NEW, "role": "service_role"}, 501, "not_implemented"),
    ],
)
async def test_which_sign_ups_are_refused(
    http: httpx.AsyncClient, anna: User, body: dict[str, object], status: int, code: str | None
) -> None:
    answer = await http.post("/signup", content=json.dumps(body))
    assert (answer.status_code, answer.json().get("error_code")) == (status, code)


async def test_a_person_changes_their_password_and_their_other_sessions_end(
    connect: Connect, anna: User
) -> None:
    here, there = await connect(), await connect()
    for client in (here, there):
        await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    with pytest.raises(AuthApiError) as refusal:
        await here.auth.update_user({"password": PASSWORD})
    assert refusal.value.code == "same_password"
    with pytest.raises(AuthWeakPasswordError):
        await here.auth.update_user({"password": "123"})
    await here.auth.update_user({"password": "another one", "data": {"full_name": None, "city": "Рига"}})
    found = await here.auth.get_user()
    assert found is not None
    assert found.user.user_metadata == {"city": "Рига"}
    with pytest.raises(AuthApiError, match="Session from session_id claim"):
        await there.auth.get_user()
    with pytest.raises(AuthApiError, match="Invalid login credentials"):
        await there.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    await there.auth.sign_in_with_password({"email": EMAIL, "password": "another one"})


async def test_an_address_is_not_changed_without_a_mail(connect: Connect, anna: User) -> None:
    client = await connect()
    await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    with pytest.raises(AuthApiError, match="email cannot be set") as refusal:
        await client.auth.update_user({"email": "other@example.com"})
    assert refusal.value.status == 501
