"""Tokens: whose are taken, as which role, and how the others are refused."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from local_supabase.settings import Settings, SettingsError
from local_supabase.tokens import CACHED_TOKENS, JwtError, JwtVerifier

SECRET = "reallyreallyreallyreallyverysafe"
URI = "postgresql://x/y"


def verifier(**changes: Any) -> JwtVerifier:
    return JwtVerifier(Settings(URI, **{"anon_role": "anon", "jwt_secret": SECRET, **changes}))


def signed(claims: dict[str, Any], key: Any = SECRET, algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers or None)


def refusal(token: str, **changes: Any) -> JwtError:
    with pytest.raises(JwtError) as raised:
        verifier(**changes).verify(token)
    return raised.value


def test_the_role_is_the_claim_or_the_anonymous_one() -> None:
    assert verifier().verify(signed({"role": "author", "id": 1})).role == "author"
    claims = verifier().verify(signed({"id": "Ж"}))
    assert (claims.role, json.loads(claims.raw_json)) == ("anon", {"id": "Ж", "role": "anon"})
    assert verifier().verify(None).raw == {"role": "anon"}
    assert not verifier().verify(None).authenticated


@pytest.mark.parametrize(
    ("path", "claims", "role"),
    [
        (".role", {"role": "a"}, "a"),
        (".app.role", {"app": {"role": "b"}}, "b"),
        ('."https://x.org/role"', {"https://x.org/role": "c"}, "c"),
        (".roles[1]", {"roles": ["d", "e"]}, "e"),
        (".roles[9]", {"roles": ["d"]}, "anon"),
        ('.roles[?(@ == "admin")]', {"roles": ["user", "admin"]}, "admin"),
        ('.roles[?(@ ^== "db_")]', {"roles": ["user", "db_x"]}, "db_x"),
        (".missing.deep", {"role": "a"}, "anon"),
    ],
)
def test_the_role_may_be_anywhere_in_the_claims(path: str, claims: dict[str, Any], role: str) -> None:
    assert verifier(jwt_role_claim_key=path).verify(signed(claims)).role == role


def test_a_bad_role_path_is_refused_at_start() -> None:
    with pytest.raises(SettingsError, match="ROLE_CLAIM_KEY"):
        verifier(jwt_role_claim_key="role[")


def test_times_have_half_a_minute_of_leeway() -> None:
    now = int(time.time())
    verifier().verify(signed({"exp": now - 20, "nbf": now + 20, "iat": now + 20}))
    assert refusal(signed({"exp": now - 40})).message == "JWT expired"
    assert refusal(signed({"nbf": now + 40})).message == "JWT not yet valid"
    assert refusal(signed({"iat": now + 40})).message == "JWT issued at future"
    assert refusal(signed({"exp": now - 40})).code == "PGRST303"


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["soon", [1], True, {"a": 1}])
def test_times_must_be_numbers(name: str, value: Any) -> None:
    payload = base64.urlsafe_b64encode(json.dumps({name: value}).encode()).decode().rstrip("=")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = algorithm.sign(f"{header}.{payload}".encode(), SECRET.encode())
    token = f"{header}.{payload}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert refusal(token).message == f"The JWT '{name}' claim must be a number"


def test_the_audience() -> None:
    checked = {"jwt_aud": "us"}
    accepted: list[dict[str, Any]] = [{"aud": "us"}, {"aud": ["them", "us"]}, {"aud": []}, {"aud": None}, {}]
    for good in accepted:
        verifier(**checked).verify(signed(good))
    assert refusal(signed({"aud": "them"}), **checked).message == "JWT not in audience"
    assert refusal(signed({"aud": 7}), **checked).message.startswith("The JWT 'aud' claim must be")
    verifier().verify(signed({"aud": "them"}))


def test_what_is_no_token_is_refused() -> None:
    assert refusal("").message == "Empty JWT is sent in Authorization header"
    assert refusal("a.b").message == "Expected 3 parts in JWT; got 2"
    assert refusal("a.b.c").code == "PGRST301"
    wrong = refusal(signed({"role": "author"}, "another-secret-that-is-32-bytes-long"))
    assert (wrong.status, wrong.code, wrong.details) == (
        401,
        "PGRST301",
        "None of the keys was able to decode the JWT",
    )
    assert (
        wrong.challenge
        == 'Bearer error="invalid_token", error_description="No suitable key or wrong key type"'
    )
    none = jwt.encode({"role": "author"}, "", algorithm="none")
    assert refusal(none).message == "Wrong or unsupported encoding algorithm"
    head, body, signature = signed({"role": "anon"}).split(".")
    forged = base64.urlsafe_b64encode(b'{"role":"postgres"}').decode().rstrip("=")
    assert refusal(f"{head}.{forged}.{signature}").code == "PGRST301"
    assert body != forged


def test_no_secret_and_no_anonymous_role() -> None:
    assert (refusal(signed({}), jwt_secret=None).status, refusal(signed({}), jwt_secret=None).code) == (
        500,
        "PGRST300",
    )
    with pytest.raises(JwtError) as raised:
        verifier(anon_role=None).verify(None)
    assert (raised.value.status, raised.value.code, raised.value.challenge) == (401, "PGRST302", "Bearer")
    assert refusal(signed({"id": 1}), anon_role=None).code == "PGRST302"


def test_public_keys_alone_or_in_a_set() -> None:
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    rsa_jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key())) | {
        "kid": "r",
        "alg": "RS256",
    }
    ec_jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec_key.public_key())) | {"kid": "e"}
    both = verifier(jwt_secret=json.dumps({"keys": [rsa_jwk, ec_jwk]}))
    assert both.verify(signed({"role": "a"}, rsa_key, "RS256", kid="r")).role == "a"
    assert both.verify(signed({"role": "b"}, ec_key, "ES256", kid="e")).role == "b"
    assert both.verify(signed({"role": "b"}, ec_key, "ES256")).role == "b"
    alone = verifier(jwt_secret=json.dumps(ec_jwk))
    assert alone.verify(signed({"role": "c"}, ec_key, "ES256")).role == "c"
    with pytest.raises(JwtError, match="No suitable key"):
        alone.verify(signed({"role": "c"}, rsa_key, "RS256"))
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head, body, _ = signed({"role": "postgres"}).split(".")
    signature = hmac.sign(f"{head}.{body}".encode(), json.dumps(ec_jwk).encode())
    with pytest.raises(JwtError):  # the public key must never serve as a shared secret
        alone.verify(f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


def test_unusable_keys_are_refused_at_start() -> None:
    for secret in ("short", json.dumps({"kty": "EC"}), json.dumps({"keys": ["x"]})):
        with pytest.raises(SettingsError):
            verifier(jwt_secret=secret)


def test_a_remembered_token_still_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    one = verifier()
    token = signed({"role": "a", "exp": int(time.time()) + 5})
    assert one.verify(token) is one.verify(token)
    later = time.time() + 60
    monkeypatch.setattr("local_supabase.tokens.time.time", lambda: later)
    with pytest.raises(JwtError, match="JWT expired"):
        one.verify(token)


def test_the_memory_of_tokens_is_bounded() -> None:
    one = verifier()
    for number in range(CACHED_TOKENS + 10):
        one.verify(signed({"id": number}))
    assert len(one._seen) == CACHED_TOKENS


def test_the_secret_key_speaks_for_the_service_role_and_its_like_for_nobody() -> None:
    key = "sb_secret_" + "k" * 30
    for secret in (SECRET, None):
        claims = verifier(secret_key=key, jwt_secret=secret).verify(key)
        assert (claims.role, claims.raw, claims.authenticated) == (
            "service_role",
            {"role": "service_role"},
            True,
        )
    assert refusal(key + "k", secret_key=key).code == "PGRST301"
    assert refusal("ж" * 40, secret_key=key).code == "PGRST301"
    assert refusal(key).code == "PGRST301"
