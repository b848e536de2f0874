"""Verifies the JWT of a request and says as which database role it runs, by PostgREST's rules.

Times are seconds since the epoch; claims about time are given 30 s of leeway.
"""

import base64
import binascii
import hmac
import json
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.algorithms import Algorithm, HMACAlgorithm, get_default_algorithms

from local_supabase.settings import Settings, SettingsError

LEEWAY_SECONDS = 30
CACHED_TOKENS = 512
SHORTEST_SECRET_BYTES = 32
KEY_TYPES = {"HS": "oct", "RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
TIME_CLAIMS = {"exp": "JWT expired", "nbf": "JWT not yet valid", "iat": "JWT issued at future"}
JS_PATH_PART = re.compile(
    r'\.(?:([\w$@]+)|"([^"]*)")|\[(\d+)\]|\[\?\(@ ?(==|!=|\^==|==\^|\*==) ?"([^"]*)"\)\]'
)


class JwtError(Exception):
    """A token that is refused. `status`, `code` and `details` are those of PostgREST's error body."""

    def __init__(self, status: int, code: str, message: str, details: str | None = None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    @property
    def challenge(self) -> str | None:
        """The WWW-Authenticate header that goes with the refusal (RFC 6750, section 3)."""
        if self.code == "PGRST302":
            return "Bearer"
        if self.status == 401:
            return f'Bearer error="invalid_token", error_description="{self.message}"'
        return None


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a request speaks for: the database role, and the claims as given, with `role` filled in."""

    role: str
    raw: dict[str, Any]
    raw_json: str
    authenticated: bool


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One key that may have signed a token; `kid` and `alg` narrow the tokens it is tried on."""

    kty: str
    key: Any
    kid: str | None = None
    alg: str | None = None


class JwtVerifier:
    """Verifies tokens against the configured secret, JWK or JWK set, remembering the ones it has seen.

    The configured opaque secret key is taken in a token's place and speaks for service_role.
    """

    _SERVICE = Claims("service_role", {"role": "service_role"}, '{"role":"service_role"}', authenticated=True)

    def __init__(self, settings: Settings):
        secret = settings.secret_bytes()
        self._keys = _keys(secret) if secret is not None else None
        self._secret_key = settings.secret_key
        self._audience = settings.jwt_aud
        self._role_path = _role_path(settings.jwt_role_claim_key)
        self._algorithms: dict[str, Algorithm] = get_default_algorithms()
        self._seen: OrderedDict[str, Claims] = OrderedDict()
        self._anonymous = settings.anon_role
        self._anonymous_claims = self._claims({}, authenticated=False) if settings.anon_role else None

    def verify(self, token: str | None) -> Claims:
        """The claims of a token, or those of the anonymous role without one; raises JwtError."""
        if token is None:
            if self._anonymous_claims is None:
                raise JwtError(401, "PGRST302", "Anonymous access is disabled")
            return self._anonymous_claims
        if self._secret_key is not None and hmac.compare_digest(token.encode(), self._secret_key.encode()):
            return self._SERVICE
        if (known := self._seen.get(token)) is not None:
            self._check_claims(
                known.raw
            )  # time passes, so a remembered token is checked against the clock again
            self._seen.move_to_end(token)
            return known
        raw = self._decoded(token)
        self._check_claims(raw)
        claims = self._claims(raw, authenticated=True)
        self._seen[token] = claims
        if len(self._seen) > CACHED_TOKENS:
            self._seen.popitem(last=False)
        return claims

    def _claims(self, raw: dict[str, Any], *, authenticated: bool) -> Claims:
        found = _walk(raw, self._role_path)
        if found is None:
            found = self._anonymous
        if found is None:
            raise JwtError(401, "PGRST302", "Anonymous access is disabled")
        role = found if isinstance(found, str) else json.dumps(found)
        raw = {**raw, "role": role}
        text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
        if "\x00" in role or not _is_unicode(text):
            raise JwtError(401, "PGRST303", "Parsing claims failed")
        return Claims(role, raw, text, authenticated)

    def _decoded(self, token: str) -> dict[str, Any]:
        if not token:
            raise JwtError(401, "PGRST301", "Empty JWT is sent in Authorization header")
        if self._keys is None:
            raise JwtError(500, "PGRST300", "Server lacks JWT secret")
        parts = token.split(".")
        if len(parts) != 3:
            raise JwtError(401, "PGRST301", f"Expected 3 parts in JWT; got {len(parts)}")
        header = _json_object(parts[0])
        signature = _unpadded(parts[2])
        if header is None or signature is None:
            raise JwtError(401, "PGRST301", "JWT cryptographic operation failed")
        self._check_signature(header, f"{parts[0]}.{parts[1]}".encode(), signature)
        payload = _json_object(parts[1])
        if payload is None:
            raise JwtError(401, "PGRST303", "Parsing claims failed")
        return payload

    def _check_signature(self, header: dict[str, Any], signed: bytes, signature: bytes) -> None:
        name = header.get("alg")
        algorithm = self._algorithms.get(name) if isinstance(name, str) and name != "none" else None
        if not isinstance(name, str) or algorithm is None:
            detail = "JWT is unsecured but expected 'alg' was not 'none'" if name == "none" else None
            raise JwtError(401, "PGRST301", "Wrong or unsupported encoding algorithm", detail)
        kid = header.get("kid")
        candidates = [
            key
            for key in self._keys or ()
            if key.kty == KEY_TYPES.get(name[:2])
            and key.alg in (None, name)
            and (kid is None or key.kid in (None, kid))
        ]
        if not candidates:
            raise JwtError(
                401,
                "PGRST301",
                "No suitable key or wrong key type",
                "No suitable key was found to decode the JWT",
            )
        if not any(algorithm.verify(signed, key.key, signature) for key in candidates):
            raise JwtError(
                401,
                "PGRST301",
                "No suitable key or wrong key type",
                "None of the keys was able to decode the JWT",
            )

    def _check_claims(self, claims: dict[str, Any]) -> None:
        now = int(time.time())
        for name, message in TIME_CLAIMS.items():
            value = claims.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise JwtError(401, "PGRST303", f"The JWT '{name}' claim must be a number")
            if value < now - LEEWAY_SECONDS if name == "exp" else value > now + LEEWAY_SECONDS:
                raise JwtError(401, "PGRST303", message)
        self._check_audience(claims.get("aud"))

    def _check_audience(self, claimed: Any) -> None:
        audiences = [claimed] if isinstance(claimed, str) else claimed
        if audiences is None:
            return
        if not isinstance(audiences, list) or not all(isinstance(one, str) for one in audiences):
            raise JwtError(401, "PGRST303", "The JWT 'aud' claim must be a string or an array of strings")
        if self._audience is not None and audiences and self._audience not in audiences:
            raise JwtError(401, "PGRST303", "JWT not in audience")


def _keys(secret: bytes) -> list[VerificationKey]:
    """Key material: a JWK set or a JWK when it is such JSON, a plain shared secret otherwise."""
    try:
        document = json.loads(secret)
    except (UnicodeDecodeError, json.JSONDecodeError):
        document = None
    if not isinstance(document, dict):
        if len(secret) < SHORTEST_SECRET_BYTES:
            raise SettingsError("PGRST_JWT_SECRET is too short: it must be at least 32 characters long")
        return [VerificationKey("oct", secret)]
    return [_key(one) for one in document.get("keys", [document])]


def _key(jwk: Any) -> VerificationKey:
    try:
        kty, kid, alg = jwk["kty"], jwk.get("kid"), jwk.get("alg")
        key = HMACAlgorithm.from_jwk(jwk) if kty == "oct" else jwt.PyJWK(jwk, alg or _default(jwk)).key
    except (TypeError, KeyError, AttributeError, jwt.exceptions.PyJWTError) as error:
        raise SettingsError(f"PGRST_JWT_SECRET holds a JWK that cannot be used: {error}") from error
    return VerificationKey(kty, key, kid, alg)


def _default(jwk: dict[str, Any]) -> str:
    curves = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
    return curves.get(jwk.get("crv", ""), "RS256")


def _role_path(text: str) -> list[str | int | tuple[str, str]]:
    """A JSPath such as `.app.roles[0]` or `.roles[?(@ == "admin")]`, as its steps."""
    steps: list[str | int | tuple[str, str]] = []
    position = 0
    while position < len(text):
        if (part := JS_PATH_PART.match(text, position)) is None:
            raise SettingsError(
                f"PGRST_JWT_ROLE_CLAIM_KEY is {text!r}: write a path such as .role or .app.role"
            )
        bare, quoted, index, operator, operand = part.groups()
        if operator is not None:
            steps.append((operator, operand))
        elif index is not None:
            steps.append(int(index))
        else:
            steps.append(bare if bare is not None else quoted)
        position = part.end()
    return steps


def _walk(value: Any, path: list[str | int | tuple[str, str]]) -> Any:
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list):
            value = value[step] if step < len(value) else None
        elif isinstance(step, tuple) and isinstance(value, list):
            value = next((one for one in value if isinstance(one, str) and _matches(one, *step)), None)
        else:
            return None
    return value


def _matches(text: str, operator: str, operand: str) -> bool:
    return {
        "==": text == operand,
        "!=": text != operand,
        "^==": text.startswith(operand),
        "==^": text.endswith(operand),
        "*==": operand in text,
    }[operator]


def _is_unicode(text: str) -> bool:
    """Whether the text can be sent at all: JSON may hold halves of surrogate pairs, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unpadded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _json_object(text: str) -> dict[str, Any] | None:
    decoded = _unpadded(text)
    if decoded is None:
        return None
    try:
        value = json.loads(decoded)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
