"""The access token: a JWT with the claims that Supabase Auth puts in."""

import json
import time
from typing import Any

import jwt
from jwt.algorithms import HMACAlgorithm

from local_supabase.gotrue.sessions import Session
from local_supabase.settings import Settings

ISSUER_PATH = "/auth/v1"


class AccessTokens:
    """Signs access tokens with the project's shared secret (HS256)."""

    def __init__(self, settings: Settings, lifetime: int) -> None:
        self.lifetime = lifetime  # seconds
        self.key, self._key_id = shared_secret(settings)
        self._issuer = f"http://{settings.host}{ISSUER_PATH}"

    def issue(self, session: Session) -> dict[str, Any]:
        """The answer to a sign-in or a refresh."""
        now = int(time.time())
        user = session.user
        claims = {
            "iss": self._issuer,
            "sub": str(user.id),
            "aud": user.aud,
            "exp": now + self.lifetime,
            "iat": now,
            "email": user.email or "",
            "phone": "",
            "app_metadata": user.app_metadata,
            "user_metadata": user.user_metadata,
            "role": user.role,
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": int(session.created_at.timestamp())}],
            "session_id": str(session.id),
            "is_anonymous": False,
        }
        headers = {"kid": self._key_id} if self._key_id else None
        return {
            "access_token": jwt.encode(claims, self.key, "HS256", headers),
            "token_type": "bearer",
            "expires_in": self.lifetime,
            "expires_at": now + self.lifetime,
            "refresh_token": session.refresh_token,
            "user": user.as_json(),
        }


def shared_secret(settings: Settings) -> tuple[bytes, str | None]:
    """The symmetric key to sign with and its id. Raises `LookupError` when the settings hold none."""
    secret = settings.secret_bytes()
    if secret is None:
        raise LookupError("no JWT secret is set")
    try:
        document = json.loads(secret)
    except ValueError:
        return secret, None
    if not isinstance(document, dict):
        return secret, None
    for key in document.get("keys", [document]):
        if key.get("kty") == "oct":
            return bytes(HMACAlgorithm.from_jwk(key)), key.get("kid")
    raise LookupError("the JWT keys hold no shared secret (kty oct), and Auth signs with nothing else")
