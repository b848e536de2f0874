"""Runs what is due, in processes of its own, for the embedded Prefect server.

In place of `prefect.runner.Runner`, whose import costs the panel 40 MB and a second of slow pages, and which
gives every run the whole environment of the panel. This one asks the same REST API and starts the same
`prefect.engine`. It relies on being the only runner of its server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from errors import AppError
from jobs.child import Child
from jobs.prefect_api import Prefect

logger = logging.getLogger(__name__)

POLL_SECONDS = 10.0
"""How late a run of the timetable may begin; one that was asked for in the panel begins at once."""
RENEW_SECONDS = 30.0
"""How often a run is given its token anew; the minter's are good for a minute at the least."""
MOST_AT_A_TIME = 20

Run = dict[str, Any]


class Runner:
    """`environ` gives what a run is told, at its start; those of its `renewed` names again every 30 s."""

    def __init__(
        self,
        prefect: Prefect,
        environ: Callable[[], Mapping[str, str]],
        log_dir: Path,
        renewed: frozenset[str] = frozenset(),
    ) -> None:
        self._prefect = prefect
        self._environ = environ
        self._log_dir = log_dir
        self._renewed = renewed
        self._deployments: list[str] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        """By deployment: each has at most one."""

    async def end_left_over(self) -> None:
        """Write off runs that were under way when the panel was killed: nobody goes on with them."""
        under_way = {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}
        left = await self._prefect.post("/flow_runs/filter", {"flow_runs": {"state": under_way}})
        for run in left:
            if run["deployment_id"] not in self._running:
                await self._set_state(run["id"], "CRASHED", "The panel ended before the run did.", force=True)

    async def run(self) -> None:
        """Look for due runs until cancelled; then end those under way, and tell the server.

        All jobs have to be registered before.
        """
        try:
            while True:
                try:
                    await self._start_due()
                except AppError as problem:
                    logger.debug("Cannot ask what is due: %s", problem.code)
                await self._until_rung()
        finally:
            under_way = list(self._running.values())
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _until_rung(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._prefect.bell.wait()
        self._prefect.bell.clear()

    async def _start_due(self) -> None:
        if not self._deployments:
            self._deployments = [one["id"] for one in await self._prefect.post("/deployments/filter", {})]
        due: list[Run] = await self._prefect.post(
            "/deployments/get_scheduled_flow_runs",
            {
                "deployment_ids": self._deployments,
                "scheduled_before": datetime.now(UTC).isoformat(),
                "limit": 100,
            },
        )
        due.sort(key=lambda run: (run["deployment_id"], run["next_scheduled_start_time"]))
        for deployment, runs in groupby(due, lambda run: str(run["deployment_id"])):
            await self._start_one(deployment, list(runs))

    async def _start_one(self, deployment: str, due: list[Run]) -> None:
        """Start the first of a deployment's due runs; those of the timetable that came too late are dropped.

        A panel that was off, or a run that lasted, leaves many of them behind: each would do the same work.
        """
        by_timetable = [run for run in due if run["auto_scheduled"]]
        busy = deployment in self._running
        for missed in by_timetable if busy else by_timetable[:-1]:
            await self._prefect.delete(f"/flow_runs/{missed['id']}")
        asked_for = [run for run in due if not run["auto_scheduled"]]
        if busy or len(self._running) >= MOST_AT_A_TIME:
            return
        run = (asked_for or by_timetable[-1:])[0]
        if await self._set_state(run["id"], "PENDING"):
            task = asyncio.create_task(self._carry_out(run), name=f"run {run['name']}")
            self._running[deployment] = task
            task.add_done_callback(lambda _: self._has_ended(deployment))

    def _has_ended(self, deployment: str) -> None:
        del self._running[deployment]
        self._prefect.bell.set()  # another may be waiting for this one

    async def _carry_out(self, run: Run) -> None:
        environ = {**self._environ(), "PREFECT__FLOW_RUN_ID": run["id"]}
        log = self._log_dir / f"{run['deployment_id']}.log"
        message = "The run could not be started."
        try:
            child = await Child.start(["prefect.engine"], environ, log)
            try:
                status = await self._until_ended(child)
                message = f"The run's process ended with status {status}."
                if status != 0:
                    logger.warning("Run %s ended with status %s; see %s", run["name"], status, log)
            except asyncio.CancelledError:
                message = "The panel was stopped during the run."
                raise
            finally:
                await child.stop()
        except OSError:
            logger.exception("A run could not be started")
        finally:
            await asyncio.shield(self._tell_if_unfinished(run["id"], message))

    async def _until_ended(self, child: Child) -> int:
        while True:
            try:
                async with asyncio.timeout(RENEW_SECONDS):
                    return await child.wait()
            except TimeoutError:
                for name, value in self._environ().items():
                    if name in self._renewed:
                        child.renew(name, value)

    async def _tell_if_unfinished(self, run_id: str, message: str) -> None:
        """A process that died has not told the server; one that did is left as it said."""
        try:
            run = await self._prefect.get(f"/flow_runs/{run_id}")
            if run["state_type"] in {"PENDING", "RUNNING"}:
                await self._set_state(run_id, "CRASHED", message)
        except AppError as problem:
            logger.warning("A run's end could not be told: %s", problem.code)

    async def _set_state(
        self, run_id: str, kind: str, message: str | None = None, *, force: bool = False
    ) -> bool:
        state = {"type": kind, "message": message}
        answer = await self._prefect.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": force})
        return bool(answer["status"] == "ACCEPT")
