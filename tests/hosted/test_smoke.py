"""Is this project fit for the panel? Asked of any Supabase over HTTP, and nothing is written there.

`make smoke` runs it against the project that SUPABASE_URL names; without one, against an embedded Supabase.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import jwt
import pytest

from config import Settings
from data import Door, Supabase
from errors import AppError, NotAllowed, SignInRequired, Unavailable
from identity.store import SignInStore
from identity.tokens import TokenMinter
from migrate.inspection import BOT_TABLES
from models import Identity, Membership, Role, SessionTimes, Tenant
from queries import audit, overview, people, tenants

READABLE = ("my_tenants", "tenant_users", "audit_entries", "dialogues")
TODAY = datetime.now(UTC).date()


@pytest.fixture
async def supabase(project: Settings) -> AsyncIterator[Supabase]:
    """The project, as the panel reaches it."""
    opened = Supabase(str(project.supabase_url), project.api_key)
    yield opened
    await opened.aclose()


@pytest.fixture
def minter(project: Settings) -> TokenMinter:
    """Signs as the panel would."""
    return TokenMinter.from_settings(project)


def a_stranger() -> Identity:
    """Somebody whom the project does not know, with a salon that it does not know either."""
    now = datetime.now(UTC)
    soon = now + timedelta(hours=1)
    return Identity(
        user_id=uuid4(),
        email="nobody@smoke.test",
        full_name="Nobody",
        session=SessionTimes(created_at=now, last_seen_at=now, idle_expires_at=soon, expires_at=soon),
        memberships=(Membership(tenant_id=uuid4(), role=Role.OWNER),),
    )


def door_of(supabase: Supabase, minter: TokenMinter, who: Identity) -> Door:
    return supabase.door(minter.token_source(who, who.memberships[0].tenant_id))


def anybody(supabase: Supabase) -> httpx.AsyncClient:
    """What a browser could do that has found the publishable key."""
    headers = {"apikey": supabase.api_key, "accept-profile": "dashboard"}
    return httpx.AsyncClient(base_url=f"{supabase.url}/rest/v1", headers=headers, timeout=10)


async def test_the_schema_is_there_and_served_and_our_signature_trusted(
    supabase: Supabase, minter: TokenMinter
) -> None:
    store = SignInStore(supabase.door(minter.machine_source("dashboard_auth")))
    assert await store.has_users() in {True, False}
    assert await store.session("0" * 64) is None


async def test_no_token_opens_nothing(supabase: Supabase) -> None:
    async with anybody(supabase) as client:
        for view in READABLE:
            assert (await client.get(f"/{view}")).status_code in {401, 403, 404}, view
        answer = await client.get("/rpc/auth_has_users")
        assert answer.status_code in {401, 403, 404}


@pytest.mark.parametrize("schema", ["public", "dashboard"])
async def test_the_bots_tables_are_not_served_to_people(
    supabase: Supabase, minter: TokenMinter, schema: str
) -> None:
    token = minter.person_token(who := a_stranger(), who.memberships[0].tenant_id)
    async with anybody(supabase) as client:
        for table in BOT_TABLES:
            answer = await client.get(
                f"/{table}",
                params={"limit": "1"},
                headers={"accept-profile": schema, "authorization": f"Bearer {token}"},
            )
            shows_nothing = answer.status_code in {401, 403, 404, 406} or answer.json() == []
            assert shows_nothing, f"{schema}.{table} is shown to anybody with a token"


async def test_a_token_of_nobody_sees_nothing(supabase: Supabase, minter: TokenMinter) -> None:
    door = door_of(supabase, minter, a_stranger())
    assert await tenants.mine(door) == []
    assert await people.members(door) == []
    assert await audit.page(door) == ([], False)
    assert await door.rows("my_tenants", Tenant) == []
    with pytest.raises(NotAllowed):
        await overview.read(door, TODAY, TODAY)
    with pytest.raises(NotAllowed):
        await overview.salons(door, TODAY, TODAY)


async def test_a_machines_token_opens_no_door_but_its_own(supabase: Supabase, minter: TokenMinter) -> None:
    machine = supabase.door(minter.machine_source("dashboard_auth"))
    for view in READABLE:
        with pytest.raises(NotAllowed):
            await machine.rows(view, Tenant)


def forged(key: str, **claims: object) -> str:
    now = int(time.time())
    return jwt.encode({"role": "dashboard_auth", "iat": now, "exp": now + 60, **claims}, key, "HS256")


@pytest.mark.parametrize(
    "token",
    ["nonsense", forged("another-project-s-secret-0123456789abcdef"), forged("x" * 40, role="service_role")],
    ids=["no token", "another project's", "a service key of our own making"],
)
async def test_a_foreign_token_is_refused(supabase: Supabase, token: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await supabase.door(lambda: token).read_value("auth_has_users")
    assert refused.value.code == "token_not_trusted"


async def test_an_expired_token_is_refused(supabase: Supabase, project: Settings) -> None:
    def an_hour_ago() -> float:
        return time.time() - 3600

    key, secret = project.supabase_jwt_key, project.supabase_jwt_secret
    if key is not None:
        late = TokenMinter.from_jwk(key.get_secret_value(), an_hour_ago)
    else:
        assert secret is not None
        late = TokenMinter.from_secret(secret.get_secret_value(), an_hour_ago)
    with pytest.raises(SignInRequired):
        await supabase.door(late.machine_source("dashboard_auth")).read_value("auth_has_users")


async def test_an_unsigned_token_is_refused(supabase: Supabase) -> None:
    token = jwt.encode({"role": "dashboard_auth", "exp": int(time.time()) + 60}, "", "none")
    with pytest.raises(AppError) as refused:
        await supabase.door(lambda: token).read_value("auth_has_users")
    assert refused.value.code == "token_not_trusted"


async def test_auth_answers(supabase: Supabase) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.get(f"{supabase.url}/auth/v1/settings", headers={"apikey": supabase.api_key})
    assert answer.status_code == 200
    assert answer.json()["external"]["email"] is True
