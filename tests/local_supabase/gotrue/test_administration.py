"""What a service_role token does with people's accounts, by supabase-py's admin client."""

import uuid

import httpx
import jwt
import pytest
from supabase_auth import AsyncGoTrueAdminAPI
from supabase_auth.errors import AuthApiError

from local_supabase.gotrue.users import User
from tests.local_supabase.gotrue.conftest import EMAIL, PASSWORD, SECRET, Connect


def token(role: str) -> str:
    return jwt.encode({"role": role, "exp": 9999999999}, SECRET)


@pytest.fixture
def admin(http: httpx.AsyncClient) -> AsyncGoTrueAdminAPI:
    return AsyncGoTrueAdminAPI(
        url="http://local/auth/v1",
        headers={"Authorization": f"Bearer {token('service_role')}"},
        http_client=httpx.AsyncClient(transport=http._transport),
    )


async def test_people_are_listed_in_pages(admin: AsyncGoTrueAdminAPI, anna: User) -> None:
    made = await admin.create_user({"email": "boris@example.com", "password": "secret-1"})
    assert made.user.email_confirmed_at is None
    assert [user.email for user in await admin.list_users()] == ["boris@example.com", EMAIL]
    assert [user.email for user in await admin.list_users(page=2, per_page=1)] == [EMAIL]
    assert await admin.list_users(page=3, per_page=1) == []


async def test_a_person_is_shown_and_changed(
    admin: AsyncGoTrueAdminAPI, connect: Connect, anna: User
) -> None:
    shown = await admin.get_user_by_id(str(anna.id))
    assert shown.user.email == EMAIL
    changed = await admin.update_user_by_id(
        str(anna.id),
        {
            "email": "Anna.New@example.com",
            "password": "another one",
            "user_metadata": {"full_name": None, "city": "Рига"},
            "app_metadata": {"roles": ["owner"]},
        },
    )
    assert changed.user.email == "anna.new@example.com"
    assert changed.user.user_metadata == {"city": "Рига"}
    assert changed.user.app_metadata == {"provider": "email", "providers": ["email"], "roles": ["owner"]}
    client = await connect()
    await client.auth.sign_in_with_password({"email": "anna.new@example.com", "password": "another one"})


async def test_a_new_person_can_be_confirmed_later(admin: AsyncGoTrueAdminAPI, connect: Connect) -> None:
    client = await connect()
    made = await admin.create_user({"email": "new@example.com", "password": "secret-1"})
    with pytest.raises(AuthApiError, match="Email not confirmed"):
        await client.auth.sign_in_with_password({"email": "new@example.com", "password": "secret-1"})
    changed = await admin.update_user_by_id(made.user.id, {"email_confirm": True})
    assert changed.user.email_confirmed_at is not None
    await client.auth.sign_in_with_password({"email": "new@example.com", "password": "secret-1"})


async def test_a_deleted_person_is_signed_out(
    admin: AsyncGoTrueAdminAPI, connect: Connect, anna: User
) -> None:
    client = await connect()
    await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    await admin.delete_user(str(anna.id))
    with pytest.raises(AuthApiError, match="does not exist"):
        await client.auth.get_user()
    with pytest.raises(AuthApiError) as refusal:
        await admin.delete_user(str(anna.id))
    assert (refusal.value.status, refusal.value.code) == (404, "user_not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/id"), ("PUT", "/id"), ("DELETE", "/id")]
)
@pytest.mark.parametrize("role", ["authenticated", "anon", None])
async def test_nobody_else_may(
    http: httpx.AsyncClient, anna: User, method: str, path: str, role: str | None
) -> None:
    headers = {"Authorization": f"Bearer {token(role)}"} if role else {}
    path = "/admin/users" + path.replace("id", str(anna.id))
    answer = await http.request(method, path, headers=headers, json={"password": "taken over"})
    assert answer.status_code == (403 if role else 401)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"/{uuid.UUID(int=1)}", None, 404, "user_not_found"),
        ("PUT", f"/{uuid.UUID(int=1)}", {}, 404, "user_not_found"),
        ("GET", "/nonsense", None, 404, "validation_failed"),
        ("PUT", "/{anna}", {"email": "boris@example.com"}, 422, "email_exists"),
        ("PUT", "/{anna}", {"email": "nonsense"}, 422, "validation_failed"),
        ("PUT", "/{anna}", {"password": "123"}, 422, "weak_password"),
        ("PUT", "/{anna}", {"ban_duration": "24h"}, 501, "not_implemented"),
        (
            "POST",
            "",
            {"email": "n@example.com", "password": "secret-1", "phone": "1"},
            501,
            "not_implemented",
        ),
        ("DELETE", "/{anna}", {"should_soft_delete": True}, 501, "not_implemented"),
        ("GET", "?page=0", None, 400, "validation_failed"),
        ("GET", "?per_page=many", None, 400, "validation_failed"),
    ],
)
async def test_requests_that_are_refused(
    admin: AsyncGoTrueAdminAPI,
    http: httpx.AsyncClient,
    anna: User,
    method: str,
    path: str,
    body: dict[str, object] | None,
    status: int,
    code: str,
) -> None:
    await admin.create_user({"email": "boris@example.com", "password": "secret-1"})
    headers = {"Authorization": f"Bearer {token('service_role')}"}
    path = "/admin/users" + path.format(anna=anna.id)
    answer = await http.request(method, path, headers=headers, json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
