"""How late the event loop is: what blocks it delays every page at once."""

from __future__ import annotations

import asyncio

from prometheus_client import Histogram

SECONDS = 0.1
"""Between two looks. Whatever blocks the loop for longer than that is noticed for certain."""


async def measure(lag: Histogram) -> None:
    """Observe the loop's delay, in seconds, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SECONDS
        await asyncio.sleep(SECONDS)
        lag.observe(max(0.0, loop.time() - due))
