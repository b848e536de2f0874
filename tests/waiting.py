"""Waiting for what will be so, however busy the machine: a test never guesses how long something takes."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0
"""Longer than anything takes that is not under measurement."""
LOOK_SECONDS = 0.005


async def until(is_so: Callable[[], object], seconds: float = PATIENCE_SECONDS, what: str = "") -> float:
    """Wait for something, asked of a function or a coroutine function; gives how many seconds it took.

    Raises AssertionError, with `what` was waited for, when it is not so in time.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            while not (await answer if inspect.isawaitable(answer := is_so()) else answer):
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what or inspect.getsource(is_so)}") from None
    return time.monotonic() - began
