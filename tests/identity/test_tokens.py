"""Tokens that the panel mints, held against the verifier of the embedded Supabase."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from config import SettingsError, load_settings
from errors import NotAllowed, SignInRequired
from identity.tokens import TokenMinter
from local_supabase.settings import Settings
from local_supabase.tokens import JwtError, JwtVerifier
from models import Role
from tests.identity.fakes import OTHER_SALON, SALON, Clock, person

SECRET = "a-secret-of-the-project-with-enough-characters"


def verifier(secret: str = SECRET) -> JwtVerifier:
    return JwtVerifier(Settings(db_uri="postgresql://none", jwt_secret=secret, jwt_aud="authenticated"))


def new_key() -> dict[str, str]:
    key: dict[str, str] = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return key


def decoded(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(token, SECRET, ["HS256"], options={"verify_signature": False})
    return claims


class TestPersonToken:
    def test_carries_one_person_in_one_tenant(self) -> None:
        anna = person(Role.ADMIN)
        claims = verifier().verify(
            TokenMinter.from_secret(SECRET).person_token(
                anna.model_copy(
                    update={"session": anna.session.model_copy(update={"expires_at": _far_ahead()})}
                ),
                SALON,
            )
        )
        assert claims.role == "authenticated"
        assert claims.raw["sub"] == str(anna.user_id)
        assert claims.raw["app_metadata"] == {
            "tenant_id": str(SALON),
            "app_role": "admin",
            "user_id": str(anna.user_id),
        }

    def test_lasts_ten_minutes_and_never_longer_than_the_session(self) -> None:
        clock = Clock()
        minter = TokenMinter.from_secret(SECRET, clock.timestamp)
        anna = person(lifetime_seconds=700)
        first = decoded(minter.person_token(anna, SALON))
        assert first["exp"] == int(clock.timestamp()) + 600
        clock.seconds = 650
        last = decoded(minter.person_token(anna, SALON))
        assert last["exp"] == int(anna.session.expires_at.timestamp())
        clock.seconds = 700
        with pytest.raises(SignInRequired):
            minter.person_token(anna, SALON)

    def test_is_reused_until_a_minute_before_it_expires(self) -> None:
        clock = Clock()
        minter = TokenMinter.from_secret(SECRET, clock.timestamp)
        anna = person()
        first = minter.person_token(anna, SALON)
        clock.seconds = 539
        assert minter.person_token(anna, SALON) == first
        clock.seconds = 541
        assert minter.person_token(anna, SALON) != first

    @pytest.mark.parametrize("jump", [3600, -3600])
    def test_is_made_anew_when_the_clock_has_jumped(self, jump: int, monkeypatch: pytest.MonkeyPatch) -> None:
        moved = 0.0
        right = time.time
        monkeypatch.setattr(time, "time", lambda: right() + moved)
        minter = TokenMinter.from_secret(SECRET, time.time)  # the moved one, not that of the default
        verifier().verify(minter.machine_token("dashboard_auth"))
        moved = jump
        verifier().verify(minter.machine_token("dashboard_auth"))

    def test_is_not_shared_between_roles_of_the_same_person(self) -> None:
        minter = TokenMinter.from_secret(SECRET, Clock().timestamp)
        owner = person(Role.OWNER)
        demoted = owner.model_copy(
            update={"memberships": (owner.memberships[0].model_copy(update={"role": Role.OPERATOR}),)}
        )
        assert minter.person_token(owner, SALON) != minter.person_token(demoted, SALON)

    def test_is_refused_for_a_salon_of_others(self) -> None:
        minter = TokenMinter.from_secret(SECRET, Clock().timestamp)
        with pytest.raises(NotAllowed):
            minter.token_source(person(), OTHER_SALON)

    def test_platform_admin_may_enter_every_salon(self) -> None:
        minter = TokenMinter.from_secret(SECRET, Clock().timestamp)
        claims = decoded(minter.person_token(person(Role.PLATFORM_ADMIN), OTHER_SALON))
        assert claims["app_metadata"]["app_role"] == "platform_admin"  # type: ignore[index]

    def test_without_a_salon_names_none(self) -> None:
        claims = decoded(TokenMinter.from_secret(SECRET, Clock().timestamp).person_token(person(), None))
        assert claims["app_metadata"]["tenant_id"] is None  # type: ignore[index]


class TestMachineToken:
    def test_carries_only_its_role(self) -> None:
        claims = verifier().verify(TokenMinter.from_secret(SECRET).machine_token("dashboard_auth"))
        assert claims.role == "dashboard_auth"
        assert claims.raw["app_metadata"] == {}

    def test_can_be_of_one_tenant(self) -> None:
        token = TokenMinter.from_secret(SECRET).machine_source("dashboard_live", SALON)()
        assert verifier().verify(token).raw["app_metadata"] == {"tenant_id": str(SALON)}


class TestAsymmetricKey:
    def test_is_named_and_accepted_by_its_public_half_only(self) -> None:
        private = new_key() | {"kid": "key-1"}
        public = {name: private[name] for name in ("kty", "crv", "x", "y", "kid")}
        token = TokenMinter.from_jwk(json.dumps(private)).machine_token("dashboard_worker")
        assert jwt.get_unverified_header(token)["kid"] == "key-1"
        assert verifier(json.dumps({"keys": [public]})).verify(token).role == "dashboard_worker"
        stranger = new_key() | {"kid": "key-1"}
        with pytest.raises(JwtError):
            verifier(json.dumps({"keys": [public]})).verify(
                TokenMinter.from_jwk(json.dumps(stranger)).machine_token("dashboard_worker")
            )


class TestFromSettings:
    def test_takes_whichever_key_there_is(self) -> None:
        project = {"SUPABASE_URL": "https://abc.supabase.co", "SUPABASE_KEY": "sb_publishable_x"}
        key = json.dumps(new_key() | {"kid": "k"})
        for environ, algorithm in (
            ({"SUPABASE_JWT_SECRET": SECRET}, "HS256"),
            ({"SUPABASE_JWT_KEY": key}, "ES256"),
        ):
            minter = TokenMinter.from_settings(load_settings(project | environ))
            assert jwt.get_unverified_header(minter.machine_token("dashboard_auth"))["alg"] == algorithm
        with pytest.raises(SettingsError):
            TokenMinter.from_settings(load_settings({}))


class TestRefusedByTheEmbeddedSupabase:
    def test_foreign_expired_and_unsigned_tokens(self) -> None:
        foreign = TokenMinter.from_secret("another-secret-that-is-long-enough-too").machine_token(
            "dashboard_auth"
        )
        expired = TokenMinter.from_secret(SECRET, lambda: 1_000_000.0).machine_token("dashboard_auth")
        unsigned = jwt.encode({"role": "dashboard_auth"}, "", algorithm="none")
        for token in (foreign, expired, unsigned, "", "junk", "a.b.c"):
            with pytest.raises(JwtError) as refusal:
                verifier().verify(token)
            assert refusal.value.status == 401


def _far_ahead() -> object:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) + timedelta(hours=1)
