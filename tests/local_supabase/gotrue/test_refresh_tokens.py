"""Rotation of refresh tokens and what happens when one is used twice."""

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest

from local_supabase.gotrue.sessions import RefreshTokenSigner
from local_supabase.gotrue.users import User
from tests.local_supabase.gotrue.conftest import EMAIL, PASSWORD


async def sign_in(http: httpx.AsyncClient) -> str:
    answer = await http.post("/token?grant_type=password", json={"email": EMAIL, "password": PASSWORD})
    return str(answer.json()["refresh_token"])


async def exchange(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/token?grant_type=refresh_token", json={"refresh_token": token})


async def exchanged(http: httpx.AsyncClient, token: str) -> str:
    answer = await exchange(http, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def test_a_lost_answer_can_be_asked_for_again(
    http: httpx.AsyncClient, pool: asyncpg.Pool, anna: User
) -> None:
    first = await sign_in(http)
    second = await exchanged(http, first)
    await pool.execute(
        "update auth.refresh_tokens set revoked_at = now() - interval '1 hour' where parent_id is null"
    )
    assert await exchanged(http, first) == second


async def test_two_tabs_may_use_one_token_at_once(http: httpx.AsyncClient, anna: User) -> None:
    first = await sign_in(http)
    second, third = await asyncio.gather(exchanged(http, first), exchanged(http, first))
    assert second == third


async def test_reuse_within_the_interval_is_allowed(http: httpx.AsyncClient, anna: User) -> None:
    first = await sign_in(http)
    second = await exchanged(http, first)
    await exchanged(http, second)
    await exchanged(http, first)


async def test_late_reuse_ends_the_whole_family(
    http: httpx.AsyncClient, pool: asyncpg.Pool, anna: User
) -> None:
    first = await sign_in(http)
    third = await exchanged(http, await exchanged(http, first))
    await pool.execute("update auth.refresh_tokens set revoked_at = revoked_at - interval '11 seconds'")
    for token in (first, third, first):
        answer = await exchange(http, token)
        assert answer.status_code == 400
        assert answer.json()["error_code"] == "refresh_token_already_used"
    another = await sign_in(http)
    assert await exchanged(http, another)


@pytest.mark.parametrize("token", ["x", "", "я", "A" * 43, "=" * 44, "\x00", "a" * 60_000])
async def test_tokens_that_were_never_issued(http: httpx.AsyncClient, token: str) -> None:
    answer = await exchange(http, token)
    assert answer.status_code == 400
    assert answer.json()["error_code"] in {"refresh_token_not_found", "validation_failed"}


async def test_the_database_alone_signs_nobody_in(
    http: httpx.AsyncClient, pool: asyncpg.Pool, anna: User
) -> None:
    await sign_in(http)
    token_id = await pool.fetchval("select id from auth.refresh_tokens")
    forged = RefreshTokenSigner(b"another key").token(token_id)
    assert (await exchange(http, forged)).json()["error_code"] == "refresh_token_not_found"


def test_a_token_has_one_spelling() -> None:
    signer = RefreshTokenSigner(b"key")
    token_id = uuid4()
    token = signer.token(token_id)
    assert signer.token_id(token) == token_id
    for other in (token + "!", token[:-1], token.swapcase(), token + "="):
        assert signer.token_id(other) is None
