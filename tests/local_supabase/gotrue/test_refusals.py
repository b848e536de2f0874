"""What Auth answers to what it does not take."""

import time
from typing import Any

import asyncpg
import httpx
import jwt
import pytest

from local_supabase.gotrue import AuthApp
from local_supabase.gotrue.errors import AuthError
from local_supabase.gotrue.users import User, create_user
from local_supabase.settings import Settings
from tests.local_supabase.gotrue.conftest import EMAIL, PASSWORD, SECRET

NEWER = {"X-Supabase-Api-Version": "2024-01-01"}


async def test_both_versions_of_the_error_body(http: httpx.AsyncClient) -> None:
    asked = {"url": "/token?grant_type=password", "json": {"email": EMAIL, "password": "x"}}
    older = await http.post(**asked)  # type: ignore[arg-type]
    newer = await http.post(**asked, headers=NEWER)  # type: ignore[arg-type]
    message = "Invalid login credentials"
    assert older.json() == {"code": 400, "error_code": "invalid_credentials", "msg": message}
    assert newer.json() == {"code": "invalid_credentials", "message": message}
    assert "X-Supabase-Api-Version" not in older.headers
    assert newer.headers["X-Supabase-Api-Version"] == "2024-01-01"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b"[]", 400, "bad_json"),
        (b"\xff\xfe\x00", 400, "bad_json"),
        (b"[" * 50_000, 400, "bad_json"),
        (b"x" * 70_000, 413, "bad_json"),
        (b"{}", 400, "validation_failed"),
        (b'{"email": 1, "password": "x"}', 400, "bad_json"),
        (b'{"email": "a@b.c", "password": []}', 400, "bad_json"),
        (b'{"email": "a\\u0000@b.c", "password": "x"}', 400, "validation_failed"),
        (b'{"email": "a\\ud800@b.c", "password": "x"}', 400, "validation_failed"),
        (b'{"email": "a@b.c", "password": "\\udfff"}', 400, "validation_failed"),
        (b'{"phone": "+491234", "password": "x"}', 422, "phone_provider_disabled"),
    ],
)
async def test_bodies_that_are_not_understood(
    http: httpx.AsyncClient, body: bytes, status: int, code: str
) -> None:
    answer = await http.post("/token?grant_type=password", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/otp"),
        ("GET", "/authorize?provider=google"),
        ("POST", "/factors"),
        ("POST", "/admin/generate_link"),
        ("GET", "/token"),
        ("GET", "/nothing"),
    ],
)
async def test_the_rest_of_auth_is_refused_by_name(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == 501
    assert f"{method} /auth/v1{path.partition('?')[0]} is not part" in answer.json()["msg"]


async def test_other_grants_are_refused(http: httpx.AsyncClient) -> None:
    for grant in ("pkce", "id_token", "", "PASSWORD"):
        answer = await http.post(f"/token?grant_type={grant}", json={})
        assert (answer.status_code, answer.json()["msg"]) == (400, "unsupported_grant_type")


def token(**changes: Any) -> str:
    return jwt.encode({"role": "authenticated", "exp": time.time() + 3600, **changes}, SECRET)


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (None, 401, "no_authorization"),
        ("Bearer", 401, "no_authorization"),
        ("Basic abc", 401, "no_authorization"),
        ("Bearer x.y.z", 403, "bad_jwt"),
        ("Bearer " + token(), 403, "bad_jwt"),
        ("Bearer " + token(sub="7"), 403, "bad_jwt"),
        ("Bearer " + token(sub="6f1cfa3e-6a53-4b1e-9b9a-5f0f0d7a0001"), 403, "user_not_found"),
        ("Bearer " + token(sub="6f1cfa3e-6a53-4b1e-9b9a-5f0f0d7a0001", exp=1), 403, "bad_jwt"),
        ("Bearer " + jwt.encode({"sub": "x", "exp": 9999999999}, "another-secret" * 4), 403, "bad_jwt"),
        ("Bearer " + jwt.encode({"sub": "x", "exp": 9999999999}, "", "none"), 403, "bad_jwt"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/user"), ("POST", "/logout")])
async def test_tokens_that_prove_nothing(
    http: httpx.AsyncClient, method: str, path: str, authorization: str | None, status: int, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = await http.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


async def test_an_unknown_logout_scope(http: httpx.AsyncClient, anna: User) -> None:
    answer = await http.post(
        "/logout?scope=galaxy", headers={"Authorization": f"Bearer {token(sub=str(anna.id))}"}
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("no-at-sign", PASSWORD, "validation_failed"),
        ("two@@example.com", PASSWORD, "validation_failed"),
        ("nul\x00@example.com", PASSWORD, "validation_failed"),
        ("new@example.com", "short", "weak_password"),
        ("new@example.com", "я" * 37, "validation_failed"),
        ("new@example.com", "nul\x00inside", "validation_failed"),
        (EMAIL.upper(), PASSWORD, "email_exists"),
    ],
)
async def test_people_that_cannot_be_created(
    pool: asyncpg.Pool, anna: User, email: str, password: str, code: str
) -> None:
    with pytest.raises(AuthError) as refusal:
        await create_user(pool, email, password)
    assert (refusal.value.status, refusal.value.code) == (422, code)


async def test_an_unreachable_database_is_said(settings: Settings, pool: asyncpg.Pool) -> None:
    app = AuthApp(pool, settings)
    await pool.close()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local") as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "unexpected_failure")


@pytest.mark.parametrize("secret", [None, '{"kty": "EC"}', '{"keys": []}'])
async def test_auth_needs_a_shared_secret(pool: asyncpg.Pool, secret: str | None) -> None:
    with pytest.raises((LookupError, ValueError), match=r"secret|JWK"):
        AuthApp(pool, Settings(db_uri="postgresql://", jwt_secret=secret))


async def test_health_settings_and_keys(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json()["name"] == "GoTrue"
    assert (await http.get("/settings")).json()["external"]["email"] is True
    assert (await http.get("/.well-known/jwks.json")).json() == {"keys": []}
