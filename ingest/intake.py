"""The way of what a machine sends, whichever door it comes by: counted, read, recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from ingest.frames import Job, Kind
from ingest.keys import KeyClaims
from ingest.quotas import Quotas
from ingest.recorder import Recorder
from ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Accepted:
    """What has been committed (or was before), and what was no event."""

    count: int
    rejected: int = 0


class Intake:
    """One process's. `ring` is told of a salon whenever something was committed for it."""

    def __init__(self, quotas: Quotas, ring: Callable[[UUID], None], *, workers: int = 1) -> None:
        self._quotas = quotas
        self._workshop = Workshop(workers)
        self._recorder = Recorder(ring)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs it may be used; then what has come in is committed, and the workers end."""
        try:
            yield
        finally:
            await self._recorder.aclose()
            await self._workshop.aclose()

    async def otlp_traces(
        self, claims: KeyClaims, body: bytes, content_type: str, content_encoding: str
    ) -> Accepted:
        """What was posted to `/v1/traces`. Returns when it is committed.

        Raises `Invalid` and `TooLarge` for what it is, `TooMany` for how much it is, `SignInRequired` and
        `NotAllowed` for the key, and `Unavailable` while it can be committed nowhere.
        """
        return await self._take(claims, "traces", body, content_type, content_encoding)

    async def otlp_logs(
        self, claims: KeyClaims, body: bytes, content_type: str, content_encoding: str
    ) -> Accepted:
        """The same of `/v1/logs`."""
        return await self._take(claims, "logs", body, content_type, content_encoding)

    async def events_json(self, claims: KeyClaims, body: bytes) -> Accepted:
        """The same of events as JSON."""
        return await self._take(claims, "events", body, "application/json", "")

    async def _take(
        self, claims: KeyClaims, kind: Kind, body: bytes, content_type: str, content_encoding: str
    ) -> Accepted:
        claims.require("ingest")
        await self._quotas.count_request(claims.key_id)
        self._quotas.enter(claims.key_id, len(body))
        try:
            job = Job(kind, body, content_type, content_encoding, claims.rules)
            prepared = await self._workshop.prepare(job, claims.tenant_id)
            await self._quotas.count_events(claims.key_id, prepared.count)
            await self._recorder.record(claims.key_id, claims.tenant_id, claims.door, prepared)
        finally:
            self._quotas.leave(claims.key_id, len(body))
        return Accepted(prepared.count, prepared.rejected)
