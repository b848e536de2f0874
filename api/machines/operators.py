"""Who steers agents over HTTP: a person on a page of this panel, and no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from starlette.requests import HTTPConnection

from api.machines.callers import key_told
from data import Door
from errors import NotAllowed
from identity.origins import OriginPolicy


class Readers(Protocol):
    """`api.machines.callers.Callers`."""

    async def reader(self, connection: HTTPConnection) -> Door:
        """The door of a signed-in person in the salon that the request names. Raises `AppError`."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person in a salon; the database decides what they may do."""

    door: Door
    tenant_id: UUID


class Operators:
    """The people of one panel, as `readers` know them."""

    def __init__(self, readers: Readers, origins: OriginPolicy) -> None:
        self._readers = readers
        self._origins = origins

    async def reading(self, connection: HTTPConnection) -> Operator:
        """Who looks at what people have told agents.

        Raises as `Callers.reader`, and `NotAllowed` for a key: it is nobody who could answer for it.
        """
        if key_told(connection) is not None:
            raise NotAllowed(
                "This is for people, and not for keys.",
                code="person_needed",
                advice="Sign in to the panel, and do it there.",
            )
        door = await self._readers.reader(connection)
        named = connection.query_params.get("tenant") or connection.headers["x-tenant-id"]
        return Operator(door, UUID(named))

    async def writing(self, connection: HTTPConnection) -> Operator:
        """Who tells agents what to do. Raises as `reading`, and `NotAllowed` for a page of another origin:
        browsers send the session's cookie along with whatever page posts."""
        operator = await self.reading(connection)
        self._origins.check_form(connection)
        return operator
