"""Who may follow a salon's events over a socket: a key that may read, or a person on a page of the panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from starlette.websockets import WebSocket

from api.machines.callers import key_told
from auth import SignedIn, current_identity, require
from data import Door
from errors import Invalid, NotAllowed
from identity.origins import OriginPolicy
from ingest.keys import KeyClaims
from ingest.stream_hub import Listener
from models import PERMISSIONS, Permission


class KeyBook(Protocol):
    """`ingest.keys.Keys`."""

    async def claims(self, key: str) -> KeyClaims:
        """Whose key it is. Raises `SignInRequired` or `Unavailable`."""


class Listeners:
    """`door_of` opens the door of a signed-in person in a salon."""

    def __init__(
        self, keys: KeyBook, origins: OriginPolicy, door_of: Callable[[SignedIn, UUID], Door]
    ) -> None:
        self._keys = keys
        self._origins = origins
        self._door_of = door_of

    async def of_request(self, socket: WebSocket) -> Listener | None:
        """Who connects: by a key in a header, or by the session of a page of this panel that names the salon
        with `?tenant=`.

        None for who has brought neither: browsers send the session's cookie along with whatever page opens a
        socket, so that of a page elsewhere says nothing. Raises `SignInRequired`, `NotAllowed`, `Invalid`
        where a page names no salon, and `Unavailable`.
        """
        key = key_told(socket)
        if key is not None:
            return await self.of_key(key)
        if not socket.state.visitor.session_hash or not self._origins.is_own(socket):
            return None
        try:
            tenant_id = UUID(socket.query_params.get("tenant", ""))
        except ValueError:
            raise Invalid(
                "No salon is named.", code="tenant_missing", advice="Add ?tenant= with the salon's id."
            ) from None
        return await self._of_session(socket, tenant_id)

    async def of_key(self, key: str) -> Listener:
        """Who has this key, which needs the scope `read`. Raises as `of_request`."""
        claims = await self._keys.claims(key)
        claims.require("read")

        async def check() -> None:
            (await self._keys.claims(key)).require("read")

        # as `dashboard.sees_contacts` has it: a key is no person
        return Listener(claims.tenant_id, sees_contacts=False, door=claims.door, check=check)

    async def _of_session(self, socket: WebSocket, tenant_id: UUID) -> Listener:
        async def look() -> tuple[SignedIn, bool]:
            signed_in = await current_identity(socket)
            role = require(signed_in.identity, tenant_id, Permission.RUNS_READ)
            return signed_in, Permission.CLIENTS_READ in PERMISSIONS[role]

        signed_in, sees_contacts = await look()

        async def check() -> None:
            _, now_sees = await look()
            if now_sees is not sees_contacts:
                raise NotAllowed("Your rights have changed.", code="rights_changed", advice="Connect again.")

        return Listener(tenant_id, sees_contacts, self._door_of(signed_in, tenant_id), check)
