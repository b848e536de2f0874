"""Who a socket or a channel speaks for, from its API key or access token.

Unlike the REST side there is no leeway on expiry: a channel closes the second its token ends, as on hosted
projects.
"""

import time
from dataclasses import dataclass

from local_supabase.realtime.refusal import Refused
from local_supabase.settings import SECRET_KEY_PREFIX
from local_supabase.tokens import Claims, JwtError, JwtVerifier


@dataclass(frozen=True, slots=True)
class Access:
    """Verified claims and when they end (seconds since the epoch; None: the API key has no end)."""

    token: str | None
    claims: Claims
    expires_at: float | None

    @property
    def expired_message(self) -> str:
        """What a channel is told when its time is up."""
        return f"Token has expired {max(0, int(time.time() - (self.expires_at or 0)))} seconds ago"

    def is_expired(self) -> bool:
        """Whether the token's time is up."""
        return self.expires_at is not None and self.expires_at <= time.time()


def is_opaque_key(key: str) -> bool:
    """Whether this is one of the newer API keys, which name a project and not a person."""
    return key.startswith(("sb_publishable_", SECRET_KEY_PREFIX))


def access_of_api_key(verifier: JwtVerifier, key: str) -> Access:
    """What the socket's own `apikey` allows; raises Refused. A publishable key is for the anonymous role."""
    if not is_opaque_key(key):
        return access_of_token(verifier, key)
    try:
        return Access(None, verifier.verify(key if key.startswith(SECRET_KEY_PREFIX) else None), None)
    except JwtError as error:
        raise Refused("Unauthorized", error.message) from error


def access_of_token(verifier: JwtVerifier, token: str) -> Access:
    """What a JWT allows; raises Refused with hosted Realtime's codes."""
    try:
        claims = verifier.verify(token)
    except JwtError as error:
        raise _refused(error) from error
    expires_at = claims.raw.get("exp")
    if expires_at is None:
        raise Refused("InvalidJWTToken", "Fields `role` and `exp` are required in JWT")
    access = Access(token, claims, float(expires_at))
    if access.is_expired():
        raise Refused("InvalidJWTToken", access.expired_message)
    return access


def _refused(error: JwtError) -> Refused:
    if error.code == "PGRST303":
        expired = error.message == "JWT expired"
        return Refused("InvalidJWTToken", "Token has expired" if expired else error.message)
    if error.code == "PGRST301" and "key" in error.message:
        return Refused("JwtSignatureError", "Failed to validate JWT signature")
    if error.code == "PGRST301":
        return Refused("MalformedJWT", "The token provided is not a valid JWT")
    return Refused("Unauthorized", error.message)
