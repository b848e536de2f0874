"""Opening something that needs the database, again and again until it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui

from components import states
from components.pulse import RETRY_SECONDS
from components.tag import Tag
from errors import Unavailable
from i18n import Translator


def keep_trying(
    tr: Translator, place: Tag, error: Unavailable, attempt: Callable[[], Awaitable[None]]
) -> None:
    """Say in `place` what is away, and call `attempt` by itself and at a press of the button.

    `attempt` fills `place`, or raises `Unavailable` once more. Call it beside `place`, not in it: a
    timer that is cleared away takes what it is doing with it.
    """
    trying = asyncio.Lock()
    has_succeeded = False

    async def again() -> None:
        nonlocal has_succeeded
        async with trying:
            if has_succeeded:
                return
            try:
                await attempt()
            except Unavailable:
                return
            has_succeeded = True
            timer.cancel()

    with place.clear():
        states.failed(tr, error, again)
    timer = ui.timer(RETRY_SECONDS, again, immediate=False)
