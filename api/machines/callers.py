"""Who calls: a machine with a key, or the browser of a person who is signed in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from uuid import UUID

from starlette.requests import HTTPConnection

from auth import SignedIn, current_identity
from data import Door
from errors import Invalid, NotFound, SignInRequired
from ingest.keys import KeyClaims, Keys, Scope


class Callers:
    """`door_of` opens the door of a signed-in person in a salon."""

    def __init__(self, keys: Keys, door_of: Callable[[SignedIn, UUID], Door]) -> None:
        self._keys = keys
        self._door_of = door_of

    async def key(self, connection: HTTPConnection, scope: Scope) -> KeyClaims:
        """The key of a request, wherever `key_told` finds it.

        Raises `SignInRequired` without a living one, `NotAllowed` for one without the scope, and
        `Unavailable`.
        """
        told = key_told(connection)
        if told is None:
            raise SignInRequired(
                "A key is needed.",
                code="key_missing",
                advice="Send it as Authorization: Bearer, or as x-api-key.",
            )
        claims = await self._keys.claims(told)
        claims.require(scope)
        return claims

    async def reader(self, connection: HTTPConnection) -> Door:
        """The door of whoever may read: a key with the scope `read`, or a session's person in the salon that
        `?tenant=` or `x-tenant-id` names.

        The database decides what the person may see. Raises as `key`, `Invalid` where no salon is named, and
        `NotFound` for one that is not the person's.
        """
        if key_told(connection) is not None:
            return (await self.key(connection, "read")).door
        signed_in = await current_identity(connection)
        salon = connection.query_params.get("tenant") or connection.headers.get("x-tenant-id")
        try:
            tenant_id = UUID(salon or "")
        except ValueError:
            raise Invalid(
                "No salon is named.", code="tenant_missing", advice="Add ?tenant= with the salon's id."
            ) from None
        if signed_in.identity.role_in(tenant_id) is None:
            raise NotFound(
                "There is no such salon, or you are not a member of it.",
                code="no_such_salon",
                advice="Check the address, or choose one of your salons above.",
            )
        return self._door_of(signed_in, tenant_id)


def key_told(connection: HTTPConnection) -> str | None:
    """The key that a request carries, known or not: as a bearer token (RFC 6750), as the password of `Basic`
    (RFC 7617; its user says nothing), or in `x-api-key`."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            return _password(credentials.strip())
        case _:
            return connection.headers.get("x-api-key")


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
