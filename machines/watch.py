"""Looks after the installation's model hosts: one loop for the process, and what it saw last.

Nothing is kept on disk. Of a host that does not answer, nothing is known since then: its last values stay,
with their time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from background import beside
from machines.ollama import Look, MachineError, Ollama, Problem

logger = logging.getLogger(__name__)

WATCHED_SECONDS = 5.0
UNWATCHED_SECONDS = 30.0
SAMPLES = 120
"""Of each host: ten minutes while somebody looks, an hour else."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a host held at a moment; None: it was not known."""

    at: datetime
    vram: int | None


@dataclass(frozen=True, slots=True)
class Machine:
    """A host as it stands. `is_up` is None before the first look has come back.

    `last` is what it told `seen_at`: now, if it is up. `unknown_since` is when it was first found silent.
    """

    address: str
    is_up: bool | None = None
    last: Look | None = None
    seen_at: datetime | None = None
    unknown_since: datetime | None = None
    problem: Problem | None = None
    samples: tuple[Sample, ...] = ()


class MachineWatch:
    """The hosts at these addresses, looked at while `running`."""

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
        watched_seconds: float = WATCHED_SECONDS,
        unwatched_seconds: float = UNWATCHED_SECONDS,
    ) -> None:
        self._now = now
        self._transport = transport
        self._watched_seconds = watched_seconds
        self._unwatched_seconds = unwatched_seconds
        self._machines = {address: Machine(address) for address in addresses}
        self._samples = {address: deque[Sample](maxlen=SAMPLES) for address in addresses}
        self._viewers: set[Callable[[], None]] = set()
        self._somebody_came = asyncio.Event()

    def machines(self) -> tuple[Machine, ...]:
        """All hosts, in the order of the setting."""
        return tuple(self._machines.values())

    def attend(self, on_news: Callable[[], None]) -> Callable[[], None]:
        """Have the hosts looked at often, and `on_news` called after each look.

        Gives back what ends that.
        """

        def leave() -> None:
            self._viewers.discard(told)

        def told() -> None:
            on_news()

        if not self._viewers:
            self._somebody_came.set()
        self._viewers.add(told)
        return leave

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look while the block runs; without hosts there is nothing to do."""
        if not self._machines:
            yield
            return
        async with beside(self._run(), "watch over the model hosts"):
            yield

    async def _run(self) -> None:
        hosts = [Ollama(address, transport=self._transport) for address in self._machines]
        try:
            while True:
                self._somebody_came.clear()
                # each host has its own two seconds, and none waits for another
                await asyncio.gather(*(self._look(host) for host in hosts))
                for told in tuple(self._viewers):
                    _tell(told)
                await self._rest()
        finally:
            await asyncio.gather(*(host.aclose() for host in hosts), return_exceptions=True)

    async def _rest(self) -> None:
        """Until the next look is due, which it is at once when somebody comes."""
        seconds = self._watched_seconds if self._viewers else self._unwatched_seconds
        # not `asyncio.wait_for`: it loses a cancel that comes together with what is waited for (3.11)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._somebody_came.wait()

    async def _look(self, host: Ollama) -> None:
        before = self._machines[host.address]
        samples = self._samples[host.address]
        try:
            look = await self._answer(host)
        except MachineError as error:
            now = self._now()
            samples.append(Sample(now, None))
            self._machines[host.address] = Machine(
                host.address,
                is_up=False,
                last=before.last,
                seen_at=before.seen_at,
                unknown_since=before.unknown_since or now,
                problem=error.problem,
                samples=tuple(samples),
            )
            return
        now = self._now()
        samples.append(Sample(now, look.vram))
        self._machines[host.address] = Machine(
            host.address, is_up=True, last=look, seen_at=now, samples=tuple(samples)
        )

    async def _answer(self, host: Ollama) -> Look:
        try:
            return await host.look()
        except MachineError:
            raise
        except Exception as error:
            # Whatever it was, the loop may not end: hosts would be shown for ever as they were last seen.
            logger.exception("A model host could not be asked")
            raise MachineError(Problem.NONSENSE) from error


def _tell(told: Callable[[], None]) -> None:
    try:
        told()
    except Exception:
        logger.exception("A page could not show the model hosts")
