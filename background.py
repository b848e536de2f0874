"""Tasks that run beside something else and end with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

logger = logging.getLogger(__name__)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Have `work` run as a task while the block does; it is cancelled and awaited when the block ends.

    Work that ends by an error before that is told of in the log, under its `name`, and disturbs nothing else.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(tell_of_failure)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def tell_of_failure(task: asyncio.Task[None]) -> None:
    """Put an error that has ended a task into the log, under the task's name: a callback for tasks."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("The %s has ended", task.get_name(), exc_info=error)
