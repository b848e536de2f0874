"""Worker processes for what takes a processor: started when they are first needed, replaced when they
fail."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process

from errors import TooLarge, Unavailable
from ingest.fair_turns import FairTurns
from ingest.frames import LENGTHS, Job, Prepared, job_frame, result_of
from jobs.child import HOME, PASSED_ON

logger = logging.getLogger(__name__)

JOB_SECONDS = 20.0
"""A body that takes longer is refused, and its worker replaced."""


class Workshop:
    """`workers` processes, taken in turns that are fair between salons."""

    def __init__(self, workers: int = 1, *, job_seconds: float = JOB_SECONDS) -> None:
        self._turns = FairTurns(workers)
        self._idle: list[Process] = []
        self._job_seconds = job_seconds

    async def prepare(self, job: Job, salon: object) -> Prepared:
        """What the job's body says. `salon` is whose turn it takes.

        Raises `Invalid` and `TooLarge` for what the body is, and `Unavailable` when the worker ended under
        it.
        """
        async with self._turns.turn(salon):
            worker = self._idle.pop() if self._idle else await _started()
            try:
                async with asyncio.timeout(self._job_seconds):
                    head, body = await _ask(worker, job)
            except TimeoutError:
                await _end(worker)
                raise TooLarge(
                    "The export is too large.", advice="Export fewer spans or log records at a time."
                ) from None
            except (asyncio.IncompleteReadError, OSError) as error:
                await _end(worker)
                logger.warning("A worker for events has ended with status %s", worker.returncode)
                raise Unavailable(
                    "This could not be read just now.", advice="Send it again, in smaller parts."
                ) from error
            except BaseException:  # its answer would be taken for the next one's
                await _end(worker)
                raise
            self._idle.append(worker)
        return result_of(head, body)

    async def aclose(self) -> None:
        """End the workers."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(_end, idle))


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ingest.worker",
        stdin=PIPE,
        stdout=PIPE,
        cwd=HOME,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        start_new_session=True,  # Ctrl-C is the panel's; the worker ends with its input
        limit=1 << 20,
    )


async def _ask(worker: Process, job: Job) -> tuple[bytes, bytes]:
    assert worker.stdin is not None and worker.stdout is not None  # noqa: S101, PT018 - both are pipes
    worker.stdin.write(job_frame(job))
    await worker.stdin.drain()
    head_length, body_length = LENGTHS.unpack(await worker.stdout.readexactly(LENGTHS.size))
    return await worker.stdout.readexactly(head_length), await worker.stdout.readexactly(body_length)


async def _end(worker: Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
