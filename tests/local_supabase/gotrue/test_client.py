"""supabase-py's password flow against Auth."""

import asyncio

import asyncpg
import httpx
import jwt
import pytest
from supabase_auth.errors import AuthApiError
from supabase_auth.types import SignOutScope

from local_supabase.gotrue.users import User
from tests.local_supabase.gotrue.conftest import EMAIL, PASSWORD, SECRET, Connect


async def test_sign_in_gives_the_claims_that_supabase_gives(connect: Connect, anna: User) -> None:
    client = await connect()
    answer = await client.auth.sign_in_with_password({"email": "  ANNA@Example.com ", "password": PASSWORD})
    assert answer.session is not None
    assert answer.user is not None
    assert answer.user.user_metadata == {"full_name": "Анна"}
    assert answer.session.token_type == "bearer"
    assert answer.session.expires_in == 3600
    claims = jwt.decode(answer.session.access_token, SECRET, ["HS256"], audience="authenticated")
    assert claims["exp"] - claims["iat"] == 3600
    assert answer.session.expires_at == claims["exp"]
    assert {name: claims[name] for name in ("sub", "email", "phone", "role", "aal", "is_anonymous")} == {
        "sub": str(anna.id),
        "email": EMAIL,
        "phone": "",
        "role": "authenticated",
        "aal": "aal1",
        "is_anonymous": False,
    }
    assert claims["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert claims["amr"][0]["method"] == "password"
    assert claims["iss"].endswith("/auth/v1")
    assert len(claims["session_id"]) == 36


async def test_the_signed_in_user_is_told(connect: Connect, anna: User) -> None:
    client = await connect()
    await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    answer = await client.auth.get_user()
    assert answer is not None
    assert (answer.user.id, answer.user.email, answer.user.role) == (str(anna.id), EMAIL, "authenticated")
    assert answer.user.last_sign_in_at is not None
    identities = await client.auth.get_user_identities()
    assert [identity.provider for identity in getattr(identities, "identities", [])] == ["email"]


async def test_claims_can_be_asked_for(connect: Connect, anna: User) -> None:
    client = await connect()
    await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    answer = await client.auth.get_claims()
    assert answer is not None
    assert answer["claims"]["sub"] == str(anna.id)


async def test_refresh_rotates_the_token(connect: Connect, anna: User) -> None:
    client = await connect()
    first = (await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})).session
    second = (await client.auth.refresh_session()).session
    assert first is not None
    assert second is not None
    assert second.refresh_token != first.refresh_token
    before, after = (
        jwt.decode(one.access_token, SECRET, ["HS256"], audience="authenticated") for one in (first, second)
    )
    assert before["session_id"] == after["session_id"]
    assert before["amr"] == after["amr"]


@pytest.mark.parametrize(
    ("scope", "left"), [("local", {"second", "third"}), ("others", {"first"}), ("global", set())]
)
async def test_sign_out_ends_the_sessions_of_its_scope(
    connect: Connect, anna: User, scope: SignOutScope, left: set[str]
) -> None:
    tokens = {}
    clients = {}
    for name in ("first", "second", "third"):
        clients[name] = await connect()
        session = (
            await clients[name].auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        ).session
        assert session is not None
        tokens[name] = session.access_token, session.refresh_token
    await clients["first"].auth.sign_out({"scope": scope})
    for name, (access_token, refresh_token) in tokens.items():
        fresh = await connect()
        if name in left:
            await fresh.auth.get_user(access_token)
            await fresh.auth.refresh_session(refresh_token)
        else:
            with pytest.raises(AuthApiError, match="Session from session_id claim in JWT does not exist"):
                await fresh.auth.get_user(access_token)
            with pytest.raises(AuthApiError, match="Refresh Token Not Found"):
                await fresh.auth.refresh_session(refresh_token)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, " "),
        (EMAIL, "ы" * 40),
        (EMAIL, "p" * 5000),
        ("nobody@example.com", PASSWORD),
        ("' or 1=1 --", PASSWORD),
    ],
)
async def test_wrong_credentials_are_one_and_the_same_refusal(
    connect: Connect, anna: User, email: str, password: str
) -> None:
    client = await connect()
    with pytest.raises(AuthApiError, match=r"^Invalid login credentials$") as refusal:
        await client.auth.sign_in_with_password({"email": email, "password": password})
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_credentials")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("banned_until = now() + interval '1 hour'", "user_banned"),
        ("email_confirmed_at = null", "email_not_confirmed"),
        ("encrypted_password = null", "invalid_credentials"),
    ],
)
async def test_people_who_may_not_sign_in(
    connect: Connect, pool: asyncpg.Pool, anna: User, change: str, code: str
) -> None:
    await pool.execute(f"update auth.users set {change}")
    client = await connect()
    with pytest.raises(AuthApiError) as refusal:
        await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert refusal.value.code == code
    # Without the password nobody learns of a ban or a missing confirmation.
    with pytest.raises(AuthApiError) as refusal:
        await client.auth.sign_in_with_password({"email": EMAIL, "password": "wrong"})
    assert refusal.value.code == "invalid_credentials"


async def test_a_banned_person_cannot_refresh(connect: Connect, pool: asyncpg.Pool, anna: User) -> None:
    client = await connect()
    await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    await pool.execute("update auth.users set banned_until = now() + interval '1 hour'")
    with pytest.raises(AuthApiError, match="User Banned"):
        await client.auth.refresh_session()


async def test_guessing_is_stopped_for_that_account_only(
    connect: Connect, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_supabase.gotrue.attempts.ALLOWED_FAILURES", 3)
    client = await connect()
    for _ in range(3):
        with pytest.raises(AuthApiError, match="Invalid login"):
            await client.auth.sign_in_with_password({"email": "other@example.com", "password": "x"})
    with pytest.raises(AuthApiError) as refusal:
        await client.auth.sign_in_with_password({"email": "Other@example.com", "password": "x"})
    assert (refusal.value.status, refusal.value.code) == (429, "over_request_rate_limit")
    await client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})


async def test_an_admin_creates_people_with_the_service_role(
    connect: Connect, http: httpx.AsyncClient
) -> None:
    client = await connect()
    body = {
        "email": "new@example.com",
        "password": "secret-1",
        "email_confirm": True,
        "user_metadata": {"a": 1},
    }
    for role, status in (("authenticated", 403), ("service_role", 200), ("service_role", 422)):
        token = jwt.encode({"role": role, "exp": 9999999999}, SECRET)
        answer = await http.post("/admin/users", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, answer.text
    signed_in = await client.auth.sign_in_with_password({"email": "new@example.com", "password": "secret-1"})
    assert signed_in.user is not None
    assert signed_in.user.user_metadata == {"a": 1}


async def test_signing_in_holds_up_nobody_else(connect: Connect, anna: User) -> None:
    client = await connect()
    answers = asyncio.gather(
        *(client.auth.sign_in_with_password({"email": EMAIL, "password": "wrong"}) for _ in range(4)),
        return_exceptions=True,
    )
    turns = 0
    while not answers.done():
        await asyncio.sleep(0.001)
        turns += 1
    await answers
    assert turns > 40  # hashing on the loop itself leaves it a handful
