"""Prefect's REST API, as far as the panel asks it; without Prefect's library, whose import takes a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import httpx

from errors import NotFound, NotReady, Unavailable

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
RETRY_PAUSES = (0.1, 0.3, 0.8)
"""Seconds. Prefect answers 503, and has done nothing, when its SQLite is locked by another request."""


class Prefect:
    """One server. `auth` is its `name:password`.

    Every call raises `Unavailable` when the server does not answer, `NotReady` when it does not know the
    password, `NotFound` for what it does not have.
    """

    def __init__(
        self, api_url: str, auth: str | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.bell = asyncio.Event()
        """A run was asked for from this process; for a runner in it, which clears the bell."""
        name, _, password = (auth or "").partition(":")
        self._client = httpx.AsyncClient(
            base_url=api_url,
            auth=httpx.BasicAuth(name, password) if auth else None,
            timeout=TIMEOUT,
            transport=transport,
        )

    @property
    def api_url(self) -> str:
        """Where it is."""
        return str(self._client.base_url).rstrip("/")

    def move(self, api_url: str) -> None:
        """It is at another address now."""
        self._client.base_url = api_url

    async def get(self, path: str) -> Any:
        """What is at a path."""
        return await self._ask("GET", path)

    async def post(self, path: str, content: Mapping[str, object]) -> Any:
        """Send JSON, and get JSON."""
        return await self._ask("POST", path, content)

    async def create_run(
        self, deployment_id: UUID, idempotency_key: str, parameters: Mapping[str, object]
    ) -> UUID:
        """Ask for a run at once; asked for with the same key before, it is that run. Rings the bell."""
        made = await self.post(
            f"/deployments/{deployment_id}/create_flow_run",
            {"idempotency_key": idempotency_key, "parameters": parameters},
        )
        self.bell.set()
        return UUID(made["id"])

    async def delete(self, path: str) -> None:
        """Remove what is at a path."""
        await self._ask("DELETE", path)

    async def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            await self.get("/health")
        except Unavailable:
            return False
        return True

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(
        self, method: Literal["GET", "POST", "DELETE"], path: str, content: Mapping[str, object] | None = None
    ) -> Any:
        answer = await self._answer(method, path, content)
        if answer.status_code in {401, 403}:
            raise NotReady(
                "The job server does not accept the panel's password.",
                code="prefect_password",
                advice="Whoever runs the panel: set PREFECT_API_AUTH_STRING to what the server was given.",
            )
        if answer.status_code == 404:
            raise NotFound("There is no such run.", advice="Old runs are forgotten after a while.")
        if not answer.is_success:
            raise _away()
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise _away() from error

    async def _answer(self, method: str, path: str, content: Mapping[str, object] | None) -> httpx.Response:
        """What the server says, after it has been asked again where it says to."""
        for pause in RETRY_PAUSES:
            try:
                answer = await self._client.request(method, path, json=content)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
            except httpx.RemoteProtocolError:
                # It closed a kept connection just as the request was sent, and has not read it.
                logger.debug("Prefect has hung up; asking again")
            except httpx.HTTPError as error:
                raise _away() from error
            await asyncio.sleep(pause)
        try:
            return await self._client.request(method, path, json=content)
        except httpx.HTTPError as error:
            raise _away() from error


def _away() -> Unavailable:
    return Unavailable(
        "The job server does not answer.",
        code="prefect_away",
        advice="It may still be starting. Jobs wait meanwhile; figures are not affected.",
    )
