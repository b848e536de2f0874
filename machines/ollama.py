"""What one Ollama host tells of itself: its version, its models, and what of them is in memory.

A host is somebody else's machine: it is given little time, its answers are cut off at a size, it leads
nowhere else, and what it says is believed only where it has the form of an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Annotated, TypeVar

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

SECONDS = 2.0
"""How long a host may take for all that it is asked."""
LARGEST_ANSWER = 1_000_000
"""Bytes. Two thousand installed models fit in."""
LONGEST_NAME = 200
_LARGEST_NUMBER = 2**60
_HTTP_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
_FIRST_REAL_YEAR = 2000
"""A model that is not unloaded by itself may have the year 1 in place of a time."""


class Problem(StrEnum):
    """Why nothing is known of a host."""

    SILENT = "silent"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    TOO_LARGE = "too_large"
    NONSENSE = "nonsense"


class MachineError(Exception):
    """A host could not be asked."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


Name = Annotated[str, AfterValidator(lambda text: text[:LONGEST_NAME])]
Bytes = Annotated[int, Field(ge=0, le=_LARGEST_NUMBER)]


class _Answer(BaseModel):
    """Fields of others are none of our business."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LoadedModel(_Answer):
    """A model in memory, which is a running session. `size` is all of it, `size_vram` what the GPU holds."""

    name: Name
    size: Bytes | None = None
    size_vram: Bytes | None = None
    expires_at: datetime | None = None

    @property
    def ram(self) -> int | None:
        """Bytes in the machine's own memory."""
        if self.size is None or self.size_vram is None:
            return None
        return max(0, self.size - self.size_vram)

    @property
    def unloads_at(self) -> datetime | None:
        """When it is unloaded if nobody asks it any more; None where that is not told."""
        if self.expires_at is None or self.expires_at.year < _FIRST_REAL_YEAR:
            return None
        return self.expires_at if self.expires_at.tzinfo else self.expires_at.replace(tzinfo=UTC)


class _Version(_Answer):
    version: Name


class _Loaded(_Answer):
    models: Sequence[LoadedModel] | None


class _InstalledModel(_Answer):
    name: Name


class _Installed(_Answer):
    models: Sequence[_InstalledModel] | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a host told at one moment. What it does not offer is None, which is not nothing."""

    version: str
    loaded: tuple[LoadedModel, ...] | None
    installed: int | None
    gpu_load: float | None = None
    """A share of one. Ollama itself has no place where it would tell."""

    @property
    def vram(self) -> int | None:
        """Bytes that the GPU holds of all loaded models; None if one of them does not tell."""
        return _sum(None if self.loaded is None else [model.size_vram for model in self.loaded])

    @property
    def ram(self) -> int | None:
        """Bytes of them in the machine's own memory."""
        return _sum(None if self.loaded is None else [model.ram for model in self.loaded])


A = TypeVar("A", bound=_Answer)


class Ollama:
    """A host at a base address. Close it when it is not asked any more."""

    def __init__(self, address: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.address = address
        self._client = httpx.AsyncClient(
            base_url=address,
            timeout=SECONDS,
            follow_redirects=False,
            # neither proxies nor passwords of this process's surroundings are for it
            trust_env=False,
            # what it would have us remember has no limit
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # compressed, a small answer may be a large one
            headers={"accept-encoding": "identity", "user-agent": "agent-p-panel"},
            transport=transport,
        )

    async def look(self) -> Look:
        """Ask it. Raises `MachineError` when that gives no answer, of any kind."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._look()
        except (TimeoutError, OSError, UnicodeError, *_HTTP_ERRORS) as error:
            raise MachineError(Problem.SILENT) from error

    async def aclose(self) -> None:
        """End its connections."""
        await self._client.aclose()

    async def _look(self) -> Look:
        version = await self._ask("/api/version", _Version)
        if version is None:
            raise MachineError(Problem.REFUSED)
        # one after the other: a host that is at work is not asked for more at once than it takes
        loaded = await self._ask("/api/ps", _Loaded)
        installed = await self._ask("/api/tags", _Installed)
        return Look(
            version=version.version,
            loaded=None if loaded is None else tuple(loaded.models or ()),
            installed=None if installed is None else len(installed.models or ()),
        )

    async def _ask(self, path: str, answer: type[A]) -> A | None:
        """What is at a path; None where the host, which may be an old one, has no such path."""
        async with self._client.stream("GET", path) as response:
            if response.is_redirect:
                raise MachineError(Problem.REDIRECTED)
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            if response.status_code != httpx.codes.OK:
                raise MachineError(Problem.REFUSED)
            content = await _read(response)
        try:
            return answer.model_validate_json(content)
        except ValidationError as error:
            raise MachineError(Problem.NONSENSE) from error


async def _read(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise MachineError(Problem.NONSENSE)
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise MachineError(Problem.TOO_LARGE)
    return bytes(content)


def _sum(values: Sequence[int | None] | None) -> int | None:
    known = [value for value in values or () if value is not None]
    return None if values is None or len(known) < len(values) else sum(known)
