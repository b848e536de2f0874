"""Short tokens that the panel signs for people and its own machines (RFC 7519, with PostgREST's claims)."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

import jwt

from config import Settings, SettingsError
from errors import NotAllowed, SignInRequired
from models import Identity

LIFETIME_SECONDS = 600
RENEW_BEFORE_SECONDS = 60
"""A cached token is replaced this long before it expires: no request carries one that dies under way."""
CACHED_TOKENS = 4096

MachineRole = Literal["dashboard_auth", "dashboard_worker", "dashboard_live", "dashboard_ingest"]
TokenSource = Callable[[], str]


class TokenMinter:
    """Signs tokens with the project's HS256 secret or an imported ES256 key, and remembers the fresh ones."""

    def __init__(
        self, key: Any, algorithm: str, key_id: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key
        self._algorithm = algorithm
        self._headers = {"kid": key_id} if key_id else None
        self._clock = clock
        self._minted: OrderedDict[tuple[object, ...], tuple[str, float, float]] = OrderedDict()

    @classmethod
    def from_secret(cls, secret: str, clock: Callable[[], float] = time.time) -> TokenMinter:
        """Sign with the shared secret of the project (HS256)."""
        return cls(secret, "HS256", clock=clock)

    @classmethod
    def from_jwk(cls, key: str, clock: Callable[[], float] = time.time) -> TokenMinter:
        """Sign with a private P-256 JSON Web Key (ES256); its `kid` tells the project which key that was."""
        document = json.loads(key)
        return cls(jwt.PyJWK(document, "ES256").key, "ES256", document["kid"], clock=clock)

    @classmethod
    def from_settings(cls, settings: Settings, clock: Callable[[], float] = time.time) -> TokenMinter:
        """Sign as a hosted project is told to: with its secret, or with the key that was imported there."""
        if settings.supabase_jwt_key is not None:
            return cls.from_jwk(settings.supabase_jwt_key.get_secret_value(), clock)
        if settings.supabase_jwt_secret is not None:
            return cls.from_secret(settings.supabase_jwt_secret.get_secret_value(), clock)
        raise SettingsError("set SUPABASE_JWT_SECRET or SUPABASE_JWT_KEY: tokens have to be signed with one")

    def person_token(self, identity: Identity, tenant_id: UUID | None) -> str:
        """A token of one person in one tenant, or in none yet.

        It never outlives the person's session. Raises `NotAllowed` for a tenant in which the person has no
        membership, and `SignInRequired` when the session is over.
        """
        role = identity.role_in(tenant_id) if tenant_id else None
        if tenant_id is not None and role is None:
            raise NotAllowed("You are not a member of this salon.", code="not_a_member")
        ends = identity.session.expires_at.timestamp()
        if ends <= self._clock():
            raise SignInRequired("Your session has ended.", advice="Sign in again.")
        app_metadata = {
            "tenant_id": str(tenant_id) if tenant_id else None,
            "app_role": role,
            "user_id": str(identity.user_id),
        }
        claims = {
            "sub": str(identity.user_id),
            "role": "authenticated",
            "aud": "authenticated",
            "app_metadata": app_metadata,
        }
        return self._cached((identity.user_id, tenant_id, role, ends), claims, ends)

    def machine_token(
        self, role: MachineRole, tenant_id: UUID | None = None, key_id: UUID | None = None
    ) -> str:
        """A token of one of the panel's own narrow database roles; `key_id` names the API key acted for."""
        named = {"tenant_id": tenant_id, "key_id": key_id}
        app_metadata = {name: str(value) for name, value in named.items() if value is not None}
        return self._cached((role, tenant_id, key_id), {"role": role, "app_metadata": app_metadata})

    def token_source(self, identity: Identity, tenant_id: UUID | None) -> TokenSource:
        """What a door asks for a token at each call; refuses at once a tenant that the person is not in.

        Raises as `person_token` does.
        """
        self.person_token(identity, tenant_id)
        return lambda: self.person_token(identity, tenant_id)

    def machine_source(
        self, role: MachineRole, tenant_id: UUID | None = None, key_id: UUID | None = None
    ) -> TokenSource:
        """What a machine's door asks for a token at each call."""
        return lambda: self.machine_token(role, tenant_id, key_id)

    def _cached(
        self, key: tuple[object, ...], claims: dict[str, Any], no_later_than: float = float("inf")
    ) -> str:
        now = self._clock()
        token, minted_at, expires_at = self._minted.get(key, ("", 0.0, 0.0))
        # A clock that was put back makes it a token of the future, which nobody accepts.
        if minted_at <= now < expires_at - RENEW_BEFORE_SECONDS:
            self._minted.move_to_end(key)
            return token
        expires_at = int(min(now + LIFETIME_SECONDS, no_later_than))
        token = jwt.encode(
            {**claims, "iat": int(now), "exp": expires_at},
            self._key,
            algorithm=self._algorithm,
            headers=self._headers,
        )
        self._minted[key] = (token, now, expires_at)
        self._minted.move_to_end(key)
        if len(self._minted) > CACHED_TOKENS:
            self._minted.popitem(last=False)
        return token
